/* out0[i, n] = dispatch site 0 of in0 when the model has one; else contraction 0 of in0 and the constants, doubled by a
 * parallel loop over rows. The shape of everything the compiler emits, by hand. */
#include "aimc/aimc.h"
#include "aimc/env.h"

struct Rows {
  float *data;
  int64_t width;
};

static int32_t doubleRows(const aimc_env *env, void *context, int64_t begin, int64_t end) {
  struct Rows *rows = context;
  (void)env;
  for (int64_t i = begin * rows->width; i < end * rows->width; ++i)
    rows->data[i] *= 2.0f;
  return AIMC_OK;
}

__attribute__((visibility("default"))) int32_t aimc_entry(const aimc_env *env, const aimc_buffer *in, aimc_buffer *out) {
  int64_t m = in[0].sizes[0], k = in[0].sizes[1], n = 3;
  float *y = env->allocate(env, (uint64_t)(m * n) * sizeof(float));
  if (!y)
    return env->fail(env, AIMC_OUT_OF_MEMORY, "no memory for y");
  float *leaked = env->allocate(env, 1000); /* never released: the runtime takes it back */
  leaked[0] = 1;
  out[0].data = out[0].allocation = y;
  out[0].sizes[0] = m;
  out[0].sizes[1] = n;
  out[0].strides[0] = n;
  out[0].strides[1] = 1;
  int64_t sizes[2] = {k, n}, strides[2] = {n, 1};
  aimc_buffer b = {(void *)env->constants, 0, sizes, strides, 2, AIMC_F32};
  int32_t status = env->constants ? env->contract(env, 0, &in[0], &b, &out[0]) : env->dispatch(env, 0, &in[0], &out[0]);
  if (status)
    return status;
  struct Rows rows = {y, n};
  return env->parallel_for(env, doubleRows, &rows, m, 1);
}
