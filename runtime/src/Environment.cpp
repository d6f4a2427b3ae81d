#include "Environment.h"

#include "LastError.h"
#include "Session.h"
#include "container/Verify.h"
#include "contract/Contract.h"

#include <algorithm>
#include <string>

using namespace aimc;

static Session &sessionOf(const aimc_env *env) { return *static_cast<Session *>(env->session); }

aimc_env Environment::of(Session &session) {
  aimc_env env = {};
  env.size = sizeof env;
  env.version = AIMC_ENV_VERSION;
  env.session = &session;
  env.constants = session.chip().model().constants();
  env.dispatch = dispatch;
  env.contract = contract;
  env.parallel_for = parallelFor;
  env.allocate = allocate;
  env.release = release;
  env.fail = fail;
  env.dispatch_finish = dispatchFinish;
  env.fail_with = failWith;
  return env;
}

static Status checkArray(const char *name, const aimc_buffer &array, uint32_t rank, int32_t type) {
  if (array.rank != static_cast<int32_t>(rank) || array.type != type)
    return error(AIMC_FAILED, "%s has rank %d and type %d; the container says rank %u and type %d", name, array.rank,
                 array.type, rank, type);
  for (uint32_t i = 0; i < rank; ++i)
    if (array.sizes[i] < 0 || array.sizes[i] > maxExtent)
      return error(AIMC_FAILED, "%s has extent %lld in dimension %u", name, static_cast<long long>(array.sizes[i]), i);
  return Status();
}

/// The arrays agree with the dispatch's maps: y is written within its extents, and rows divide into samples.
static Status checkDispatch(const fb::Dispatch &dispatch, const fb::Crossbar &crossbar, const aimc_buffer &x,
                            const aimc_buffer &y) {
  AIMC_TRY(checkArray("x", x, dispatch.x()->offsets()->size(), AIMC_F32));
  AIMC_TRY(checkArray("y", y, dispatch.y()->offsets()->size(), AIMC_F32));
  uint32_t rowDims = dispatch.row_dims(), dims = rowDims + 2;
  int64_t extents[maxDims];
  AffineView map = view(*dispatch.y(), dims);
  for (uint32_t dim = 0; dim < rowDims; ++dim)
    extents[dim] = y.sizes[drivenAxis(map, dim)];
  extents[rowDims] = crossbar.groups();
  extents[rowDims + 1] = crossbar.columns();
  if (!staysWithin(map, extents, y.sizes))
    return error(AIMC_FAILED, "the results do not fit in y of %s", formatDims(y.sizes, y.rank).c_str());
  if (dispatch.batch_dim() >= 0) {
    int64_t rows = extents[dispatch.batch_dim()], inner = dispatch.batch_outer() * dispatch.batch_inner();
    if (rows % inner != 0)
      return error(AIMC_FAILED, "%lld rows do not divide into samples of %lld", static_cast<long long>(rows),
                   static_cast<long long>(inner));
  }
  return Status();
}

int32_t Environment::runLayer(const aimc_env *env, uint32_t site, const aimc_buffer *x, const aimc_buffer *y,
                              aimc_finish *finish) {
  Session &session = sessionOf(env);
  const fb::Model &model = session.chip().model().metadata();
  if (site >= model.dispatches()->size())
    return report(error(AIMC_FAILED, "dispatch %u of %u", site, model.dispatches()->size()));
  const fb::Dispatch &table = *model.dispatches()->Get(site);
  if (Pool::inside())
    return report(error(AIMC_FAILED, "%s: an analog layer inside a parallel loop", table.node()->c_str()));
  if (Status status = checkDispatch(table, *model.crossbars()->Get(table.crossbar()), *x, *y); !status.ok())
    return report(std::move(status).in(table.node()->str()));
  aimc_dispatch_context context = {};
  context.size = sizeof context;
  context.version = AIMC_DRIVER_VERSION;
  context.site = site;
  context.invocation = session.invocations[site]++;
  context.run = session.runOptions;
  context.scratch = session.scratch;
  context.finish = finish;
  return session.chip().driver().dispatch(session.chip().driverChip(), &context, x, y);
}

int32_t Environment::dispatch(const aimc_env *env, uint32_t site, const aimc_buffer *x, const aimc_buffer *y) {
  return runLayer(env, site, x, y, nullptr);
}

/// y and the addend are row-major and have the same sizes. Hands out how many elements that are.
static Status checkFinish(const aimc_buffer &y, const aimc_buffer *addend, int64_t &count) {
  count = 1;
  for (const aimc_buffer *array : {&y, addend ? addend : &y}) {
    if (array->rank != y.rank || array->type != AIMC_F32)
      return error(AIMC_FAILED, "what is added has rank %d and type %d; y has rank %d and type %d", array->rank, array->type,
                   y.rank, AIMC_F32);
    int64_t stride = 1;
    for (int32_t axis = y.rank; axis-- > 0;) {
      const int64_t size = array->sizes[axis];
      if (size != y.sizes[axis])
        return error(AIMC_FAILED, "what is added has extent %lld in dimension %d, y has %lld", static_cast<long long>(size),
                     axis, static_cast<long long>(y.sizes[axis]));
      if ((size > 1 && array->strides[axis] != stride) || size < 0 || __builtin_mul_overflow(stride, size, &stride))
        return error(AIMC_FAILED, "results that are finished in place are not row-major in dimension %d", axis);
    }
    count = stride;
  }
  return Status();
}

int32_t Environment::dispatchFinish(const aimc_env *env, uint32_t site, const aimc_buffer *x, const aimc_buffer *y,
                                    const aimc_buffer *addend, int32_t rectify) {
  int64_t count = 0;
  if (Status status = checkFinish(*y, addend, count); !status.ok())
    return report(std::move(status));
  aimc_finish finish = {};
  finish.size = sizeof finish;
  finish.version = AIMC_DRIVER_VERSION;
  finish.addend = addend ? static_cast<const float *>(addend->data) : nullptr;
  finish.rectify = rectify;
  if (int32_t status = runLayer(env, site, x, y, &finish))
    return status;
  if (finish.taken)
    return AIMC_OK;
  constexpr int64_t share = 16384;
  float *results = static_cast<float *>(y->data);
  return sessionOf(env).chip().pool().parallel()((count + share - 1) / share, [&](int64_t i) {
    for (int64_t at = i * share, end = std::min(at + share, count); at < end; ++at) {
      float result = finish.addend ? results[at] + finish.addend[at] : results[at];
      results[at] = rectify && result <= 0 ? 0.0f : result;
    }
    return AIMC_OK;
  });
}

int32_t Environment::contract(const aimc_env *env, uint32_t index, const aimc_buffer *a, const aimc_buffer *b,
                              const aimc_buffer *c) {
  Session &session = sessionOf(env);
  const auto &table = *session.chip().model().metadata().contractions();
  if (index >= table.size())
    return report(error(AIMC_FAILED, "contraction %u of %u", index, table.size()));
  const fb::Contraction &contraction = *table.Get(index);
  auto run = [&]() -> Status {
    AIMC_TRY(checkArray("a", *a, contraction.a()->offsets()->size(), contraction.type()));
    AIMC_TRY(checkArray("b", *b, contraction.b()->offsets()->size(), contraction.type()));
    AIMC_TRY(checkArray("c", *c, contraction.c()->offsets()->size(), contraction.type()));
    CachedPlan *plan = Pool::inside() ? nullptr : &session.plans[index];
    return aimc::contract(contraction, *a, *b, *c, session.chip().pool().parallel(), plan);
  };
  return report(run().in(contraction.node()->str()));
}

int32_t Environment::parallelFor(const aimc_env *env, aimc_body body, void *context, int64_t count, int64_t grain) {
  struct Loop {
    const aimc_env *env;
    aimc_body body;
    void *context;
    int64_t count, grain;
  };
  if (count <= 0)
    return AIMC_OK;
  // Many tiny shares cost more than they balance; the bound does not depend on the number of threads.
  constexpr int64_t maxShares = 4096;
  grain = std::max<int64_t>({grain, 1, count / maxShares});
  Loop loop = {env, body, context, count, grain};
  auto share = [](void *context, int64_t i) -> aimc_status {
    const Loop &loop = *static_cast<const Loop *>(context);
    int64_t begin = i * loop.grain, end = begin + std::min(loop.grain, loop.count - begin);
    return knownStatus(loop.body(loop.env, loop.context, begin, end));
  };
  return sessionOf(env).chip().pool().run((count - 1) / grain + 1, share, &loop);
}

void *Environment::allocate(const aimc_env *env, uint64_t bytes) { return sessionOf(env).arena.allocate(bytes); }

void Environment::release(const aimc_env *env, void *allocation) {
  if (allocation)
    sessionOf(env).arena.release(allocation);
}

int32_t Environment::fail(const aimc_env *, int32_t status, const char *message) {
  lastError() = message ? message : "";
  return status == AIMC_OK ? AIMC_FAILED : status;
}

int32_t Environment::failWith(const aimc_env *, const char *text, const int64_t *values, int32_t count) {
  std::string message(text);
  size_t at = 0;
  for (int32_t i = 0; i < count && (at = message.find("{}", at)) != std::string::npos; ++i) {
    const std::string value = std::to_string(values[i]);
    message.replace(at, 2, value);
    at += value.size();
  }
  lastError() = message;
  return AIMC_FAILED;
}
