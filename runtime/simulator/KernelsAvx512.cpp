#if defined(__x86_64__)
#define AIMC_KERNELS kernelsAvx512
#include "Kernels.inc"
#endif
