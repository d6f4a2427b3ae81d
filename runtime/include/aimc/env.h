/* The boundary between compiled host code and the runtime.
 *
 * Host code is an ELF shared object without a single undefined symbol; everything it needs from outside reaches it
 * through `aimc_env`, a table of functions. It exports one function, `aimc_entry`.
 *
 * Every function that returns int32_t returns 0 for success and an `aimc_status` otherwise; host code hands the first
 * failure back to its caller and does nothing more.
 */
#ifndef AIMC_ENV_H
#define AIMC_ENV_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Raised when a field changes its meaning; fields added at the end of a struct only raise its `size`. */
#define AIMC_ENV_VERSION 1u

/* A strided array. Sizes and strides are in elements and `rank` entries long; `data` is element (0, ..., 0).
 * For an output the runtime provides `sizes` and `strides` with room for `rank` entries, and host code fills them together
 * with `data` and `allocation`. */
typedef struct aimc_buffer {
  void *data;
  void *allocation; /* what `release` takes; null: not owned (an input, a constant, a part of another buffer) */
  int64_t *sizes;
  int64_t *strides;
  int32_t rank;
  int32_t type; /* aimc_type of aimc.h */
} aimc_buffer;

typedef struct aimc_env aimc_env;

/* One share of a parallel loop: iterations [begin, end). */
typedef int32_t (*aimc_body)(const aimc_env *env, void *context, int64_t begin, int64_t end);

struct aimc_env {
  uint32_t size;    /* of this struct in bytes */
  uint32_t version; /* AIMC_ENV_VERSION */
  void *session;    /* the runtime's own */

  /* Start of the container's `constants` section. Read only. */
  const void *constants;

  /* Runs one analog layer: `site` indexes the container's dispatch table, which says how x is gathered and where the
   * results lie in y. Both are float32. y is written whole. */
  int32_t (*dispatch)(const aimc_env *env, uint32_t site, const aimc_buffer *x, const aimc_buffer *y);

  /* Runs one digital contraction: `index` indexes the container's contraction table. c is overwritten with a·b, or has a·b
   * added to it, as the table says. */
  int32_t (*contract)(const aimc_env *env, uint32_t index, const aimc_buffer *a, const aimc_buffer *b, const aimc_buffer *c);

  /* Runs body over [0, count) in shares of about `grain` iterations, on all threads; returns when all are done. The
   * division into shares never depends on the number of threads. */
  int32_t (*parallel_for)(const aimc_env *env, aimc_body body, void *context, int64_t count, int64_t grain);

  /* 64-byte aligned memory, null when there is none. */
  void *(*allocate)(const aimc_env *env, uint64_t bytes);
  void (*release)(const aimc_env *env, void *allocation);

  /* Records a message for the caller of the session; returns `status`. */
  int32_t (*fail)(const aimc_env *env, int32_t status, const char *message);

  /* `dispatch`, then y = y + addend unless that is null, then the larger of each element of y and 0 if `rectify` is not 0.
   * y and addend are row-major, of the same sizes, and do not overlap. */
  int32_t (*dispatch_finish)(const aimc_env *env, uint32_t site, const aimc_buffer *x, const aimc_buffer *y,
                             const aimc_buffer *addend, int32_t rectify);

  /* `fail` with AIMC_FAILED and a message that has the next of `count` values wherever `text` has {}. */
  int32_t (*fail_with)(const aimc_env *env, const char *text, const int64_t *values, int32_t count);
};

/* The symbol every host code object exports. */
typedef int32_t (*aimc_entry_fn)(const aimc_env *env, const aimc_buffer *in, aimc_buffer *out);
#define AIMC_ENTRY_SYMBOL "aimc_entry"

#ifdef __cplusplus
}
#endif
#endif /* AIMC_ENV_H */
