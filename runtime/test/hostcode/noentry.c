/* Exports another function than the one that is called. */
#include <stdint.h>
__attribute__((visibility("default"))) int32_t another_entry(void) { return 0; }
