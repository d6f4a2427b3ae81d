/* Runs code when it is loaded. */
#include <stdint.h>
static volatile int ran;
__attribute__((constructor)) static void runFirst(void) { ran = 1; }
__attribute__((visibility("default"))) int32_t aimc_entry(const void *env, const void *in, void *out) {
  (void)env, (void)in, (void)out;
  return ran;
}
