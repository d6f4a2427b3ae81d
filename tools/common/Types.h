// Element types, shapes and numbers as the tools read, convert and print them.
#ifndef AIMC_TOOLS_COMMON_TYPES_H
#define AIMC_TOOLS_COMMON_TYPES_H

#include "Result.h"
#include "aimc/aimc.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace aimc::tools {

/// Bytes of one element.
size_t sizeOf(aimc_type type);
/// "float32", "uint8", … as NumPy says it; "bfloat16" too.
const char *nameOf(aimc_type type);
bool isFloat(aimc_type type);

/// "[1000, 28, 28]"; −1 prints as "?".
std::string toString(const std::vector<int64_t> &shape);

/// Product of the entries, −1 when an entry is negative or the product does not fit.
int64_t elementCount(const std::vector<int64_t> &shape);

float halfToFloat(uint16_t bits);
float bfloatToFloat(uint16_t bits);
/// Round to nearest, ties to even.
uint16_t floatToHalf(float value);
uint16_t floatToBfloat(float value);

/// What multiplies integer data on their way into a float input: numerator / denominator. The value of an element v is
/// float32(v) · numerator / denominator, each step rounded to float32, so that 1/255 gives the very bits of v / 255.
struct InputScale {
  double numerator = 1;
  double denominator = 1;

  /// "1/255", "0.5", "2e-3".
  static Result<InputScale> parse(const std::string &text);
};

/// Converts `count` elements, `stride` elements apart, to dense ones. Floats become floats; integers and booleans become
/// floats (scaled), or integers and booleans when every value fits. The error names the first value that does not fit, or the
/// types when floats should become integers.
Status convertElements(const void *from, aimc_type fromType, int64_t stride, int64_t count, void *to, aimc_type toType,
                       const InputScale &scale);

/// One element as a double (integers beyond 2^53 are rounded).
double elementAsDouble(const void *data, aimc_type type, int64_t index);

} // namespace aimc::tools

#endif // AIMC_TOOLS_COMMON_TYPES_H
