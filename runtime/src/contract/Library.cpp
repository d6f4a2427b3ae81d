// The one place that calls oneDNN's float matrix product.
#include "contract/Contract.h"
#include "contract/OneThread.h"

#include <oneapi/dnnl/dnnl.h>

using namespace aimc;

bool aimc::librarySgemm(bool transposeB, int64_t m, int64_t n, int64_t k, const float *a, int64_t aStride, const float *b,
                        int64_t bStride, bool accumulate, float *c, int64_t cStride) {
  OneThread one;
  return dnnl_sgemm('N', transposeB ? 'T' : 'N', m, n, k, 1.0f, a, aStride, b, bStride, accumulate ? 1.0f : 0.0f, c, cStride) ==
         dnnl_success;
}
