#include "Types.h"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <type_traits>

namespace aimc::tools {

namespace {
/// 16-bit float storage, told apart from integers by its type.
struct Half {
  uint16_t bits;
};
struct Bfloat {
  uint16_t bits;
};
struct Bool {
  uint8_t byte;
};

struct TypeRow {
  const char *name;
  size_t size;
  bool isFloat;
};
} // namespace

// Indexed by aimc_type.
static const TypeRow typeRows[] = {
    {"float32", 4, true}, {"float64", 8, true}, {"float16", 2, true}, {"bfloat16", 2, true}, {"int8", 1, false},
    {"int16", 2, false},  {"int32", 4, false},  {"int64", 8, false},  {"uint8", 1, false},   {"uint16", 2, false},
    {"uint32", 4, false}, {"uint64", 8, false}, {"bool", 1, false},
};

size_t sizeOf(aimc_type type) { return typeRows[type].size; }
const char *nameOf(aimc_type type) { return typeRows[type].name; }
bool isFloat(aimc_type type) { return typeRows[type].isFloat; }

std::string toString(const std::vector<int64_t> &shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i)
    text += (i ? ", " : "") + (shape[i] < 0 ? std::string("?") : std::to_string(shape[i]));
  return text + "]";
}

int64_t elementCount(const std::vector<int64_t> &shape) {
  int64_t product = 1;
  for (int64_t size : shape)
    if (size < 0 || __builtin_mul_overflow(product, size, &product))
      return -1;
  return product;
}

float halfToFloat(uint16_t bits) {
  uint32_t exponent = (bits >> 10) & 31, mantissa = bits & 1023;
  float magnitude;
  if (exponent == 31)
    magnitude = mantissa ? std::numeric_limits<float>::quiet_NaN() : std::numeric_limits<float>::infinity();
  else if (exponent == 0)
    magnitude = std::ldexp(static_cast<float>(mantissa), -24);
  else
    magnitude = std::ldexp(static_cast<float>(mantissa + 1024), static_cast<int>(exponent) - 25);
  return bits & 0x8000 ? -magnitude : magnitude;
}

float bfloatToFloat(uint16_t bits) {
  uint32_t wide = static_cast<uint32_t>(bits) << 16;
  float value;
  std::memcpy(&value, &wide, sizeof value);
  return value;
}

uint16_t floatToHalf(float value) {
  uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  float magnitude = std::fabs(value);
  if (std::isnan(value))
    return sign | 0x7e00;
  if (magnitude >= 65520.0f) // halfway to what would follow the largest half
    return sign | 0x7c00;
  // Below 2^-14 halves are 2^-24 apart; above, 11 significant bits. nearbyint ties to even.
  int exponent = -14;
  if (magnitude >= 0x1p-14f)
    exponent = std::ilogb(magnitude);
  auto units = static_cast<uint32_t>(std::nearbyint(std::ldexp(magnitude, 10 - exponent)));
  // A carry out of the mantissa runs into the exponent, which is just right.
  return static_cast<uint16_t>(sign + (static_cast<uint32_t>(exponent + 14) << 10) + units);
}

uint16_t floatToBfloat(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  if (std::isnan(value))
    return static_cast<uint16_t>(bits >> 16) | 0x40;
  return static_cast<uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

Result<InputScale> InputScale::parse(const std::string &text) {
  auto number = [](const std::string &word, double &value) {
    char *end = nullptr;
    value = std::strtod(word.c_str(), &end);
    return !word.empty() && *end == '\0' && std::isfinite(value);
  };
  InputScale scale;
  size_t slash = text.find('/');
  bool sound = number(text.substr(0, slash), scale.numerator) &&
               (slash == std::string::npos || number(text.substr(slash + 1), scale.denominator));
  if (!sound || scale.numerator == 0 || scale.denominator == 0)
    return Failure{"input scale '" + text + "' is not a number or a ratio of two, both nonzero, as in 1/255 or 0.5"};
  return scale;
}

template <typename Visitor> static auto visitType(aimc_type type, Visitor visit) {
  switch (type) {
  case AIMC_F32:
    return visit(float());
  case AIMC_F64:
    return visit(double());
  case AIMC_F16:
    return visit(Half());
  case AIMC_BF16:
    return visit(Bfloat());
  case AIMC_I8:
    return visit(int8_t());
  case AIMC_I16:
    return visit(int16_t());
  case AIMC_I32:
    return visit(int32_t());
  case AIMC_I64:
    return visit(int64_t());
  case AIMC_U8:
    return visit(uint8_t());
  case AIMC_U16:
    return visit(uint16_t());
  case AIMC_U32:
    return visit(uint32_t());
  case AIMC_U64:
    return visit(uint64_t());
  case AIMC_BOOL:
    break;
  }
  return visit(Bool());
}

/// The element as a number of a built-in type. Data of a file need not be aligned.
template <typename T> static auto load(const char *at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  if constexpr (std::is_same_v<T, Half>)
    return halfToFloat(value.bits);
  else if constexpr (std::is_same_v<T, Bfloat>)
    return bfloatToFloat(value.bits);
  else if constexpr (std::is_same_v<T, Bool>)
    return static_cast<uint8_t>(value.byte != 0);
  else
    return value;
}

/// `from` is a built-in number. False when it has no counterpart in To.
template <typename To, typename From> static bool convert(From from, const InputScale &scale, To &to) {
  constexpr bool toWide = std::is_same_v<To, double>;
  constexpr bool toFloat = toWide || std::is_same_v<To, float> || std::is_same_v<To, Half> || std::is_same_v<To, Bfloat>;
  if constexpr (toFloat) {
    using Number = std::conditional_t<toWide, double, float>;
    auto number = static_cast<Number>(from);
    if constexpr (std::is_integral_v<From>) {
      number = number * static_cast<Number>(scale.numerator);
      number = number / static_cast<Number>(scale.denominator);
    }
    if constexpr (std::is_same_v<To, Half>)
      to.bits = floatToHalf(number);
    else if constexpr (std::is_same_v<To, Bfloat>)
      to.bits = floatToBfloat(number);
    else
      to = number;
    return true;
  } else if constexpr (std::is_floating_point_v<From>) {
    return false;
  } else if constexpr (std::is_same_v<To, Bool>) {
    to.byte = from != 0;
    return from == 0 || from == 1;
  } else {
    to = static_cast<To>(from);
    return static_cast<From>(to) == from && (to < To(0)) == (from < From(0));
  }
}

Status convertElements(const void *from, aimc_type fromType, int64_t stride, int64_t count, void *to, aimc_type toType,
                       const InputScale &scale) {
  if (isFloat(fromType) && !isFloat(toType))
    return Failure{std::string(nameOf(fromType)) + " data cannot become " + nameOf(toType) + " without losing fractions"};
  if (fromType == toType && stride == 1) {
    std::memcpy(to, from, static_cast<size_t>(count) * sizeOf(toType));
    return {};
  }
  const char *source = static_cast<const char *>(from);
  int64_t step = stride * static_cast<int64_t>(sizeOf(fromType));
  int64_t misfit = visitType(fromType, [&](auto fromTag) {
    return visitType(toType, [&](auto toTag) -> int64_t {
      using From = decltype(fromTag);
      using To = decltype(toTag);
      auto *target = static_cast<To *>(to);
      for (int64_t i = 0; i < count; ++i)
        if (!convert(load<From>(source + i * step), scale, target[i]))
          return i;
      return -1;
    });
  });
  if (misfit < 0)
    return {};
  double value = elementAsDouble(source + misfit * step, fromType, 0);
  return Failure{"value " + std::to_string(static_cast<int64_t>(value)) + " of " + nameOf(fromType) + " data does not fit " +
                 nameOf(toType)};
}

double elementAsDouble(const void *data, aimc_type type, int64_t index) {
  const char *at = static_cast<const char *>(data) + index * static_cast<int64_t>(sizeOf(type));
  return visitType(type, [&](auto tag) { return static_cast<double>(load<decltype(tag)>(at)); });
}

} // namespace aimc::tools
