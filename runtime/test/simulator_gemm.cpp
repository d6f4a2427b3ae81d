// Integer products are exact on every instruction set, also where 8-bit hardware saturates.
#include "IntegerGemm.h"
#include "Isa.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

using namespace aimc::simulator;

static std::vector<const Isa *> availableSets() {
  std::vector<const Isa *> sets;
  for (const char *name : {"generic", "avx2", "onednn", "vnni"})
    if (const Isa *isa = findIsa(name))
      sets.push_back(isa);
  return sets;
}

struct Product {
  int64_t m, n, k;
  bool isSigned, columnMajor;
};

static void check(const Isa &isa, const Product &p, const std::vector<uint8_t> &a, const std::vector<int8_t> &b) {
  const IntegerGemm &gemm = isa.gemm();
  std::vector<int8_t> packed(gemm.packedBytes(p.k, p.n) + 64);
  gemm.pack(b.data(), p.k, p.n, p.n, packed.data());
  std::vector<int32_t> c(size_t(p.m * p.n), -1);
  std::vector<uint64_t> scratch(gemm.scratchBytes(p.m, p.k) / 8 + 8);
  const int64_t columnStride = p.columnMajor ? p.m : 1;
  std::vector<uint8_t> given = a;
  if (gemm.bytewise && p.isSigned)
    for (uint8_t &digit : given)
      digit ^= 128;
  given.resize(given.size() + 3);
  InputDigits digits = {given.data(), p.columnMajor ? 1 : p.k, columnStride, 4 * columnStride, p.isSigned};
  SingleThreadedLibrary guard;
  ASSERT_TRUE(gemm.multiply(p.m, p.n, p.k, digits, packed.data(), c.data(), p.n, scratch.data()));
  for (int64_t r = 0; r < p.m; ++r)
    for (int64_t j = 0; j < p.n; ++j) {
      int64_t sum = 0;
      for (int64_t i = 0; i < p.k; ++i) {
        uint8_t byte = a[size_t(r * digits.rowStride + i * digits.columnStride)];
        sum += (p.isSigned ? int64_t(int8_t(byte)) : int64_t(byte)) * b[size_t(i * p.n + j)];
      }
      ASSERT_EQ(c[size_t(r * p.n + j)], sum)
          << isa.name << " row " << r << " column " << j << " of " << p.m << "x" << p.n << "x" << p.k;
    }
}

TEST(IntegerGemm, MatchesPlainSums) {
  const int64_t shapes[][3] = {{1, 1, 1}, {3, 5, 7}, {4, 16, 2}, {17, 33, 9}, {64, 40, 256}, {5, 10, 65}};
  std::mt19937 random(1);
  for (const Isa *isa : availableSets())
    for (const auto &shape : shapes)
      for (bool isSigned : {false, true})
        for (bool columnMajor : {false, true}) {
          Product p = {shape[0], shape[1], shape[2], isSigned, columnMajor};
          std::vector<uint8_t> a(size_t(p.m * p.k));
          std::vector<int8_t> b(size_t(p.k * p.n));
          for (uint8_t &value : a)
            value = uint8_t(random());
          for (int8_t &value : b)
            value = int8_t(random());
          check(*isa, p, a, b);
        }
}

TEST(IntegerGemm, DoesNotSaturate) {
  for (const Isa *isa : availableSets())
    for (bool isSigned : {false, true})
      for (int8_t weight : {int8_t(127), int8_t(-128)}) {
        Product p = {3, 20, 256, isSigned, false};
        std::vector<uint8_t> a(size_t(p.m * p.k), isSigned ? 0x80 : 0xff);
        std::vector<int8_t> b(size_t(p.k * p.n), weight);
        check(*isa, p, a, b); // unsigned, 127: 255 * 127 * 256 = 8290560
      }
}
