//===- Environment.h - What host code asks of the runtime -------*- C++ -*-===//
#ifndef AIMC_RUNTIME_ENVIRONMENT_H
#define AIMC_RUNTIME_ENVIRONMENT_H

#include "aimc/driver.h"

namespace aimc {

class Session;

/// The functions of aimc_env. Their `env` belongs to a session that is running.
struct Environment {
  /// A filled table for the session.
  static aimc_env of(Session &session);

  static int32_t dispatch(const aimc_env *env, uint32_t site, const aimc_buffer *x, const aimc_buffer *y);
  static int32_t contract(const aimc_env *env, uint32_t index, const aimc_buffer *a, const aimc_buffer *b,
                          const aimc_buffer *c);
  static int32_t parallelFor(const aimc_env *env, aimc_body body, void *context, int64_t count, int64_t grain);
  static void *allocate(const aimc_env *env, uint64_t bytes);
  static void release(const aimc_env *env, void *allocation);
  static int32_t fail(const aimc_env *env, int32_t status, const char *message);
  static int32_t failWith(const aimc_env *env, const char *text, const int64_t *values, int32_t count);
  static int32_t dispatchFinish(const aimc_env *env, uint32_t site, const aimc_buffer *x, const aimc_buffer *y,
                                const aimc_buffer *addend, int32_t rectify);

private:
  static int32_t runLayer(const aimc_env *env, uint32_t site, const aimc_buffer *x, const aimc_buffer *y, aimc_finish *finish);
};

} // namespace aimc

#endif // AIMC_RUNTIME_ENVIRONMENT_H
