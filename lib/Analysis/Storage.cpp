//===- Storage.cpp - how elements lie in memory -----------------------------------------------------------------===//
#include "Storage.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/bit.h"

#include <cmath>
#include <cstring>

using namespace mlir;
using namespace aimc;

std::optional<Storage> aimc::storageOf(Type type) {
  if (type.isF16())
    return Storage::F16;
  if (type.isBF16())
    return Storage::BF16;
  if (type.isF32())
    return Storage::F32;
  if (type.isF64())
    return Storage::F64;
  if (type.isIndex())
    return Storage::I64;
  if (auto integer = dyn_cast<IntegerType>(type))
    switch (integer.getWidth()) {
    case 1:
      return Storage::I1;
    case 4:
    case 8:
      return Storage::I8;
    case 16:
      return Storage::I16;
    case 32:
      return Storage::I32;
    case 64:
      return Storage::I64;
    default:
      break;
    }
  return std::nullopt;
}

int64_t aimc::sizeOf(Storage storage) {
  static const int64_t sizes[] = {2, 2, 4, 8, 1, 1, 2, 4, 8};
  return sizes[static_cast<unsigned>(storage)];
}

float aimc::halfToFloat(uint16_t half) {
  uint32_t sign = (half & 0x8000u) << 16, exponent = (half >> 10) & 31, mantissa = half & 1023;
  if (exponent == 31)
    return llvm::bit_cast<float>(sign | 0x7f800000u | mantissa << 13);
  float magnitude = exponent ? std::ldexp(static_cast<float>(mantissa | 1024), static_cast<int>(exponent) - 25)
                             : std::ldexp(static_cast<float>(mantissa), -24);
  return sign ? -magnitude : magnitude;
}

uint16_t aimc::floatToHalf(float value) {
  uint16_t sign = llvm::bit_cast<uint32_t>(value) >> 31 << 15;
  float magnitude = std::fabs(value);
  if (std::isnan(value))
    return sign | 0x7e00;
  if (magnitude >= 65520.0f)
    return sign | 0x7c00;
  if (magnitude < 6.103515625e-5f) // subnormal: multiples of 2^-24
    return sign | static_cast<uint16_t>(std::nearbyint(std::ldexp(magnitude, 24)));
  int exponent;
  float fraction = std::frexp(magnitude, &exponent); // [0.5, 1)
  auto mantissa = static_cast<uint32_t>(std::nearbyint(std::ldexp(fraction, 11)));
  return sign | static_cast<uint16_t>((static_cast<uint32_t>(exponent + 13) << 10) + mantissa); // the hidden bit adds 1
}

float aimc::bfloatToFloat(uint16_t bits) { return llvm::bit_cast<float>(static_cast<uint32_t>(bits) << 16); }

uint16_t aimc::floatToBfloat(float value) {
  uint32_t bits = llvm::bit_cast<uint32_t>(value);
  if (std::isnan(value))
    return (bits >> 16) | 0x40;
  return (bits + 0x7fffu + ((bits >> 16) & 1)) >> 16;
}

template <typename T> static T read(const char *address) {
  T value;
  std::memcpy(&value, address, sizeof value);
  return value;
}

double aimc::loadNumber(Storage storage, const char *address) {
  switch (storage) {
  case Storage::F16:
    return halfToFloat(read<uint16_t>(address));
  case Storage::BF16:
    return bfloatToFloat(read<uint16_t>(address));
  case Storage::F32:
    return read<float>(address);
  case Storage::F64:
    return read<double>(address);
  case Storage::I1:
    return read<uint8_t>(address) & 1;
  case Storage::I8:
    return read<int8_t>(address);
  case Storage::I16:
    return read<int16_t>(address);
  case Storage::I32:
    return read<int32_t>(address);
  case Storage::I64:
    return static_cast<double>(read<int64_t>(address));
  }
  return 0;
}

template <typename From, typename To, typename Convert>
static void loadAs(const char *from, int64_t stride, To *to, int64_t n, Convert convert) {
  if (stride == 0) {
    std::fill(to, to + n, convert(read<From>(from)));
    return;
  }
  for (int64_t i = 0; i < n; ++i)
    to[i] = convert(read<From>(from + i * stride));
}

void aimc::loadBlock(Storage storage, const char *from, int64_t stride, void *to, int64_t n) {
  auto widen = [](auto value) { return static_cast<int64_t>(value); };
  auto same = [](auto value) { return value; };
  switch (storage) {
  case Storage::F16:
    return loadAs<uint16_t>(from, stride, static_cast<float *>(to), n, halfToFloat);
  case Storage::BF16:
    return loadAs<uint16_t>(from, stride, static_cast<float *>(to), n, bfloatToFloat);
  case Storage::F32:
    return loadAs<float>(from, stride, static_cast<float *>(to), n, same);
  case Storage::F64:
    return loadAs<double>(from, stride, static_cast<double *>(to), n, same);
  case Storage::I1:
    return loadAs<uint8_t>(from, stride, static_cast<int64_t *>(to), n, [](uint8_t v) { return -int64_t(v & 1); });
  case Storage::I8:
    return loadAs<int8_t>(from, stride, static_cast<int64_t *>(to), n, widen);
  case Storage::I16:
    return loadAs<int16_t>(from, stride, static_cast<int64_t *>(to), n, widen);
  case Storage::I32:
    return loadAs<int32_t>(from, stride, static_cast<int64_t *>(to), n, widen);
  case Storage::I64:
    return loadAs<int64_t>(from, stride, static_cast<int64_t *>(to), n, same);
  }
}

template <typename To, typename From, typename Convert>
static void storeAs(const From *from, char *to, int64_t stride, int64_t n, Convert convert) {
  for (int64_t i = 0; i < n; ++i) {
    To value = convert(from[i]);
    std::memcpy(to + i * stride, &value, sizeof value);
  }
}

void aimc::storeBlock(Storage storage, const void *from, char *to, int64_t stride, int64_t n) {
  auto same = [](auto value) { return value; };
  switch (storage) {
  case Storage::F16:
    return storeAs<uint16_t>(static_cast<const float *>(from), to, stride, n, floatToHalf);
  case Storage::BF16:
    return storeAs<uint16_t>(static_cast<const float *>(from), to, stride, n, floatToBfloat);
  case Storage::F32:
    return storeAs<float>(static_cast<const float *>(from), to, stride, n, same);
  case Storage::F64:
    return storeAs<double>(static_cast<const double *>(from), to, stride, n, same);
  case Storage::I1:
    return storeAs<uint8_t>(static_cast<const int64_t *>(from), to, stride, n, [](int64_t v) { return uint8_t(v & 1); });
  case Storage::I8:
    return storeAs<int8_t>(static_cast<const int64_t *>(from), to, stride, n, same);
  case Storage::I16:
    return storeAs<int16_t>(static_cast<const int64_t *>(from), to, stride, n, same);
  case Storage::I32:
    return storeAs<int32_t>(static_cast<const int64_t *>(from), to, stride, n, same);
  case Storage::I64:
    return storeAs<int64_t>(static_cast<const int64_t *>(from), to, stride, n, same);
  }
}
