/* Has thread-local storage. */
#include <stdint.h>
static _Thread_local volatile int calls;
__attribute__((visibility("default"))) int32_t aimc_entry(const void *env, const void *in, void *out) {
  (void)env, (void)in, (void)out;
  return ++calls;
}
