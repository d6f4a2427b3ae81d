#if defined(__x86_64__)
#define AIMC_KERNELS kernelsAvx2
#include "Kernels.inc"
#endif
