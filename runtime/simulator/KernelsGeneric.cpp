#define AIMC_KERNELS kernelsGeneric
#include "Kernels.inc"
