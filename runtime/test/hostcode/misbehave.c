/* Does what the first input's only element says: what host code must not do, or may. The output is a scalar. */
#include "aimc/aimc.h"
#include "aimc/env.h"

static int32_t failAtSeven(const aimc_env *env, void *context, int64_t begin, int64_t end) {
  (void)context;
  for (int64_t i = begin; i < end; ++i)
    if (i >= 7)
      return env->fail(env, AIMC_UNSUPPORTED, i == 7 ? "iteration 7" : "a later iteration");
  return AIMC_OK;
}

static int32_t addIndices(const aimc_env *env, void *context, int64_t begin, int64_t end) {
  int64_t *marks = context;
  (void)env;
  for (int64_t i = begin; i < end; ++i)
    marks[i] += 1;
  return AIMC_OK;
}

static int32_t nest(const aimc_env *env, void *context, int64_t begin, int64_t end) {
  int64_t *marks = context;
  for (int64_t i = begin; i < end; ++i) {
    int32_t status = env->parallel_for(env, addIndices, marks + i * 100, 100, 7);
    if (status)
      return status;
  }
  return AIMC_OK;
}

static int32_t dispatchInside(const aimc_env *env, void *context, int64_t begin, int64_t end) {
  (void)begin, (void)end;
  return env->dispatch(env, 0, context, context);
}

static int32_t countMarks(const aimc_env *env, float *result) {
  int64_t count = 100 * 100, *marks = env->allocate(env, (uint64_t)count * sizeof *marks);
  for (int64_t i = 0; i < count; ++i)
    marks[i] = 0;
  int32_t status = env->parallel_for(env, nest, marks, 100, 3);
  *result = 0;
  for (int64_t i = 0; i < count; ++i)
    *result += marks[i] == 1;
  env->release(env, marks);
  return status;
}

__attribute__((visibility("default"))) int32_t aimc_entry(const aimc_env *env, const aimc_buffer *in, aimc_buffer *out) {
  int what = (int)*(const float *)in[0].data;
  out[0].data = in[0].data; /* not ours: the runtime copies it */
  float *result = env->allocate(env, sizeof *result);
  switch (what) {
  case 1:
    return 77; /* no status of aimc.h, and no message */
  case 2:
    return env->parallel_for(env, failAtSeven, 0, 1000, 1);
  case 3:
    if (env->allocate(env, UINT64_MAX))
      return AIMC_OK;
    return AIMC_OUT_OF_MEMORY;
  case 4:
    return env->dispatch(env, 12345, &in[0], &in[0]);
  case 5:
    return env->contract(env, 12345, &in[0], &in[0], &in[0]);
  case 6:
    return env->dispatch(env, 0, &in[0], &in[0]);
  case 7:
    return env->parallel_for(env, dispatchInside, (void *)&in[0], 8, 1);
  case 8:
    out[0].data = out[0].allocation = result;
    return countMarks(env, result);
  case 9:;
    int64_t sizes[2] = {1, -1}, strides[2] = {1, 1};
    aimc_buffer negative = {result, 0, sizes, strides, 2, AIMC_F32};
    return env->dispatch(env, 0, &negative, &negative);
  default:
    return AIMC_OK;
  }
}
