//===- Storage.h - how elements lie in memory -------------------------------------------------------------------===//
#ifndef AIMC_ANALYSIS_STORAGE_H
#define AIMC_ANALYSIS_STORAGE_H

#include "mlir/IR/Types.h"

#include <cstdint>
#include <optional>

namespace aimc {

/// How an element lies in memory.
enum class Storage : uint8_t { F16, BF16, F32, F64, I1, I8, I16, I32, I64 };
/// The storage of an element type; nothing for types that we do not compute with.
std::optional<Storage> storageOf(mlir::Type elementType);
int64_t sizeOf(Storage storage);
/// The element at `address`, converted.
double loadNumber(Storage storage, const char *address);

/// `n` elements, `stride` bytes apart, to or from consecutive floats (f16, bf16, f32), doubles (f64) or sign-extended int64_t
/// (integers and index; true is -1). Floats round to nearest, ties to even.
void loadBlock(Storage storage, const char *from, int64_t stride, void *to, int64_t n);
void storeBlock(Storage storage, const void *from, char *to, int64_t stride, int64_t n);

/// Bits of 16-bit floats to and from float, to nearest, ties to even.
float halfToFloat(uint16_t half);
uint16_t floatToHalf(float value);
float bfloatToFloat(uint16_t bits);
uint16_t floatToBfloat(float value);

} // namespace aimc

#endif // AIMC_ANALYSIS_STORAGE_H
