//===- HostCodeTest.cpp - compiled programs compute what they say -----------------------------------------------===//
#include "HostRunner.h"

#include "aimc/aimc.h"

#include "llvm/Object/ELFObjectFile.h"

#include "gtest/gtest.h"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <functional>

using namespace aimc::test;
using Floats = std::vector<float>;

static const HostRunner::Output matrix{2, 4}, vector{1, 4};

/// relu(x·w + b) on any number of rows; the second output is the input itself.
static const char *const dense = R"mlir(
#id = affine_map<(d0, d1) -> (d0, d1)>
#columns = affine_map<(d0, d1) -> (d1)>
func.func @main(%x: tensor<?x4xf32>) -> (tensor<?x3xf32>, tensor<?x4xf32>) {
  %w = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0], [-1.0, -2.0, -3.0]]> : tensor<4x3xf32>
  %b = arith.constant dense<[0.5, -0.5, -100.0]> : tensor<3xf32>
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %n = tensor.dim %x, %c0 : tensor<?x4xf32>
  %e = tensor.empty(%n) : tensor<?x3xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x3xf32>) -> tensor<?x3xf32>
  %m = linalg.matmul ins(%x, %w : tensor<?x4xf32>, tensor<4x3xf32>) outs(%f : tensor<?x3xf32>) -> tensor<?x3xf32>
  %y = linalg.generic {indexing_maps = [#id, #columns, #id], iterator_types = ["parallel", "parallel"]}
      ins(%m, %b : tensor<?x3xf32>, tensor<3xf32>) outs(%e : tensor<?x3xf32>) {
  ^bb0(%a: f32, %c: f32, %o: f32):
    %s = arith.addf %a, %c : f32
    %r = arith.maximumf %s, %zero : f32
    linalg.yield %r : f32
  } -> tensor<?x3xf32>
  return %y, %x : tensor<?x3xf32>, tensor<?x4xf32>
}
)mlir";

TEST(HostCode, MatmulBiasRelu) {
  HostRunner runner(dense);
  ASSERT_TRUE(runner.ok()) << runner.error();
  Array x = Array::of<float>({2, 4}, {1, 1, 1, 1, 0, 1, 0, 2});
  std::vector<Array> results;
  ASSERT_EQ(runner.run({x}, {matrix, matrix}, results), AIMC_OK);
  EXPECT_EQ(results[0].sizes, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(results[0].as<float>(), (Floats{11.5, 12.5, 0, 2.5, 0.5, 0}));
  EXPECT_EQ(results[1].as<float>(), x.as<float>());
  EXPECT_EQ(runner.contractions, 1);
  EXPECT_EQ(runner.allocations, 0);
}

TEST(HostCode, NoRows) {
  HostRunner runner(dense);
  std::vector<Array> results;
  ASSERT_EQ(runner.run({Array::of<float>({0, 4}, {})}, {matrix, matrix}, results), AIMC_OK);
  EXPECT_EQ(results[0].sizes, (std::vector<int64_t>{0, 3}));
}

TEST(HostCode, FailuresReturnEarlyAndReleaseEverything) {
  Array x = Array::of<float>({1, 4}, {1, 1, 1, 1});
  std::vector<Array> results;
  HostRunner runner(dense);
  ASSERT_EQ(runner.run({x}, {matrix, matrix}, results), AIMC_OK);
  for (int32_t number = 0, count = runner.allocated; number < count; ++number) {
    runner.allocated = 0;
    runner.failAllocation = number;
    EXPECT_EQ(runner.run({x}, {matrix, matrix}, results), AIMC_OUT_OF_MEMORY);
    EXPECT_EQ(runner.allocations, 0);
  }
  runner.failAllocation = -1;
  runner.contractions = runner.failContraction = 0;
  EXPECT_EQ(runner.run({x}, {matrix, matrix}, results), AIMC_FAILED);
  EXPECT_EQ(runner.allocations, 0);
}

TEST(HostCode, ObjectIsClosed) {
  HostRunner runner(dense);
  ASSERT_TRUE(runner.ok()) << runner.error();
  const std::vector<char> &elf = runner.object().elf;
  auto file =
      llvm::object::ObjectFile::createELFObjectFile(llvm::MemoryBufferRef(llvm::StringRef(elf.data(), elf.size()), "elf"));
  ASSERT_TRUE(bool(file));
  auto *object = llvm::cast<llvm::object::ELF64LEObjectFile>(file->get());
  std::vector<std::string> exported;
  for (const llvm::object::ELFSymbolRef symbol : object->getDynamicSymbolIterators()) {
    if (symbol.getName()->empty())
      continue;
    exported.push_back(symbol.getName()->str());
    EXPECT_FALSE(*symbol.getFlags() & llvm::object::SymbolRef::SF_Undefined) << exported.back();
  }
  EXPECT_EQ(exported, std::vector<std::string>{"aimc_entry"});
  auto entries = object->getELFFile().dynamicEntries();
  ASSERT_TRUE(bool(entries));
  for (auto &entry : *entries)
    for (auto forbidden :
         {llvm::ELF::DT_NEEDED, llvm::ELF::DT_INIT, llvm::ELF::DT_INIT_ARRAY, llvm::ELF::DT_FINI, llvm::ELF::DT_TEXTREL})
      EXPECT_NE(entry.getTag(), forbidden);
  auto headers = object->getELFFile().program_headers();
  ASSERT_TRUE(bool(headers));
  for (auto &header : *headers)
    EXPECT_NE(header.p_type, llvm::ELF::PT_TLS);
}

TEST(HostCode, OtherMachines) {
  HostRunner arm(dense, {"aarch64-unknown-linux-gnu", ""});
  EXPECT_EQ(arm.object().cpu, "generic") << arm.error();
  EXPECT_GT(arm.object().elf.size(), 1000u);
  EXPECT_NE(HostRunner(dense, {"vax-dec-bsd", ""}).error().find("host triple 'vax-dec-bsd' is unknown"), std::string::npos);
  EXPECT_NE(HostRunner(dense, {"", "pentium-nine"}).error().find("host cpu 'pentium-nine' is unknown"), std::string::npos);
}

/// y = body(x) elementwise on a vector.
static std::string elementwise(const std::string &body, const std::string &type = "f32") {
  return "#id = affine_map<(d0) -> (d0)>\n"
         "func.func @main(%x: tensor<?x" +
         type + ">, %y: tensor<?x" + type + ">) -> tensor<?x" + type +
         "> {\n"
         "  %c0 = arith.constant 0 : index\n  %n = tensor.dim %x, %c0 : tensor<?x" +
         type +
         ">\n"
         "  %e = tensor.empty(%n) : tensor<?x" +
         type +
         ">\n"
         "  %r = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = [\"parallel\"]}\n"
         "      ins(%x, %y : tensor<?x" +
         type + ">, tensor<?x" + type + ">) outs(%e : tensor<?x" + type +
         ">) {\n"
         "  ^bb0(%a: " +
         type + ", %b: " + type + ", %o: " + type + "):\n    %v = " + body + " : " + type +
         "\n"
         "    linalg.yield %v : " +
         type + "\n  } -> tensor<?x" + type + ">\n  return %r : tensor<?x" + type + ">\n}\n";
}

//===- what programs are made of --------------------------------------------------------------------------------===//

TEST(HostCode, PaddedConvolution) {
  HostRunner runner(R"mlir(
func.func @main(%x: tensor<?x1x2x2xf32>) -> tensor<?x1x2x2xf32> {
  %w = arith.constant dense<[[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]]]> : tensor<1x1x3x3xf32>
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %n = tensor.dim %x, %c0 : tensor<?x1x2x2xf32>
  %p = tensor.pad %x low[0, 0, 1, 1] high[0, 0, 1, 1] {
  ^bb0(%a: index, %b: index, %c: index, %d: index):
    tensor.yield %zero : f32
  } : tensor<?x1x2x2xf32> to tensor<?x1x4x4xf32>
  %e = tensor.empty(%n) : tensor<?x1x2x2xf32>
  %f = linalg.fill ins(%zero : f32) outs(%e : tensor<?x1x2x2xf32>) -> tensor<?x1x2x2xf32>
  %y = linalg.conv_2d_nchw_fchw ins(%p, %w : tensor<?x1x4x4xf32>, tensor<1x1x3x3xf32>)
      outs(%f : tensor<?x1x2x2xf32>) -> tensor<?x1x2x2xf32>
  return %y : tensor<?x1x2x2xf32>
})mlir");
  ASSERT_TRUE(runner.ok()) << runner.error();
  std::vector<Array> results;
  ASSERT_EQ(runner.run({Array::of<float>({1, 1, 2, 2}, {1, 2, 3, 4})}, {{4, 4}}, results), AIMC_OK);
  EXPECT_EQ(results[0].as<float>(), (Floats{77, 67, 47, 37}));
  EXPECT_EQ(runner.allocated, 1); // the output: neither the padding nor the zeros are made
}

TEST(HostCode, LongLoopsAreShared) {
  HostRunner runner(elementwise("arith.addf %a, %b"));
  ASSERT_TRUE(runner.ok()) << runner.error();
  const int64_t count = 100000;
  Floats x(count), y(count, 0.5f);
  for (int64_t i = 0; i < count; ++i)
    x[i] = static_cast<float>(i);
  std::vector<Array> results;
  ASSERT_EQ(runner.run({Array::of<float>({count}, x), Array::of<float>({count}, y)}, {vector}, results), AIMC_OK);
  Floats sums = results[0].as<float>();
  for (int64_t i = 0; i < count; ++i)
    ASSERT_EQ(sums[i], static_cast<float>(i) + 0.5f);
  EXPECT_GT(runner.shares, 1);
  runner.shares = 0;
  ASSERT_EQ(runner.run({Array::of<float>({2}, {1, 2}), Array::of<float>({2}, {3, 4})}, {vector}, results), AIMC_OK);
  EXPECT_EQ(results[0].as<float>(), (Floats{4, 6}));
  EXPECT_EQ(runner.shares, 0);
}

TEST(HostCode, SoftmaxSumsToOne) {
  HostRunner runner(R"mlir(
func.func @main(%x: tensor<?x5xf32>) -> tensor<?x5xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x5xf32>
  %e = tensor.empty(%n) : tensor<?x5xf32>
  %y = linalg.softmax dimension(1) ins(%x : tensor<?x5xf32>) outs(%e : tensor<?x5xf32>) -> tensor<?x5xf32>
  return %y : tensor<?x5xf32>
})mlir");
  ASSERT_TRUE(runner.ok()) << runner.error();
  std::vector<Array> results;
  ASSERT_EQ(runner.run({Array::of<float>({2, 5}, {0, 0, 0, 0, 0, 1, 2, 3, 4, 100})}, {matrix}, results), AIMC_OK);
  Floats y = results[0].as<float>();
  for (int i = 0; i < 5; ++i)
    EXPECT_FLOAT_EQ(y[i], 0.2f);
  EXPECT_FLOAT_EQ(y[9], 1.0f);
  EXPECT_EQ(runner.allocations, 0);
}

/// h ← h + x[t], all h kept: one allocation for h, one for the results, none per step.
TEST(HostCode, LoopsKeepTheirBuffers) {
  HostRunner runner(R"mlir(
#id = affine_map<(d0) -> (d0)>
func.func @main(%x: tensor<?x3xf32>) -> (tensor<?x3xf32>, tensor<3xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %steps = tensor.dim %x, %c0 : tensor<?x3xf32>
  %all = tensor.empty(%steps) : tensor<?x3xf32>
  %e = tensor.empty() : tensor<3xf32>
  %start = linalg.fill ins(%zero : f32) outs(%e : tensor<3xf32>) -> tensor<3xf32>
  %y, %last = scf.for %t = %c0 to %steps step %c1 iter_args(%ys = %all, %h = %start) -> (tensor<?x3xf32>, tensor<3xf32>) {
    %xt = tensor.extract_slice %x[%t, 0] [1, 3] [1, 1] : tensor<?x3xf32> to tensor<3xf32>
    %next = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
        ins(%h, %xt : tensor<3xf32>, tensor<3xf32>) outs(%e : tensor<3xf32>) {
    ^bb0(%a: f32, %b: f32, %o: f32):
      %s = arith.addf %a, %b : f32
      linalg.yield %s : f32
    } -> tensor<3xf32>
    %more = tensor.insert_slice %next into %ys[%t, 0] [1, 3] [1, 1] : tensor<3xf32> into tensor<?x3xf32>
    scf.yield %more, %next : tensor<?x3xf32>, tensor<3xf32>
  }
  return %y, %last : tensor<?x3xf32>, tensor<3xf32>
})mlir");
  ASSERT_TRUE(runner.ok()) << runner.error();
  Floats x;
  for (int t = 0; t < 50; ++t)
    for (int i = 0; i < 3; ++i)
      x.push_back(static_cast<float>(i + 1));
  std::vector<Array> results;
  ASSERT_EQ(runner.run({Array::of<float>({50, 3}, x)}, {matrix, vector}, results), AIMC_OK);
  EXPECT_EQ(results[1].as<float>(), (Floats{50, 100, 150}));
  EXPECT_EQ(results[0].as<float>()[3 * 9 + 2], 30);
  EXPECT_LT(runner.allocated, 8);
  EXPECT_EQ(runner.allocations, 0);
}

/// (a, b) ← (b, a + b): arrays that change places need memory of their own.
TEST(HostCode, LoopsSwapTheirBuffers) {
  HostRunner runner(R"mlir(
#id = affine_map<(d0) -> (d0)>
func.func @main(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c10 = arith.constant 10 : index
  %e = tensor.empty() : tensor<2xf32>
  %a, %b = scf.for %t = %c0 to %c10 step %c1 iter_args(%p = %x, %q = %x) -> (tensor<2xf32>, tensor<2xf32>) {
    %sum = linalg.generic {indexing_maps = [#id, #id, #id], iterator_types = ["parallel"]}
        ins(%p, %q : tensor<2xf32>, tensor<2xf32>) outs(%e : tensor<2xf32>) {
    ^bb0(%u: f32, %v: f32, %o: f32):
      %s = arith.addf %u, %v : f32
      linalg.yield %s : f32
    } -> tensor<2xf32>
    scf.yield %q, %sum : tensor<2xf32>, tensor<2xf32>
  }
  return %a, %b : tensor<2xf32>, tensor<2xf32>
})mlir");
  ASSERT_TRUE(runner.ok()) << runner.error();
  std::vector<Array> results;
  ASSERT_EQ(runner.run({Array::of<float>({2}, {1, 2})}, {vector, vector}, results), AIMC_OK);
  EXPECT_EQ(results[0].as<float>(), (Floats{89, 178}));
  EXPECT_EQ(results[1].as<float>(), (Floats{144, 288}));
  EXPECT_EQ(runner.allocations, 0);
}

/// An array that grows by a row each step.
TEST(HostCode, LoopsGrowTheirArrays) {
  HostRunner runner(R"mlir(
func.func @main(%x: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  %r = scf.for %t = %c0 to %c4 step %c1 iter_args(%all = %x) -> tensor<?xf32> {
    %next = tensor.concat dim(0) %all, %x : (tensor<?xf32>, tensor<?xf32>) -> tensor<?xf32>
    scf.yield %next : tensor<?xf32>
  }
  return %r : tensor<?xf32>
})mlir");
  ASSERT_TRUE(runner.ok()) << runner.error();
  std::vector<Array> results;
  ASSERT_EQ(runner.run({Array::of<float>({1}, {7})}, {vector}, results), AIMC_OK);
  EXPECT_EQ(results[0].as<float>(), (Floats{7, 7, 7, 7, 7}));
  EXPECT_EQ(runner.allocations, 0);
}

TEST(HostCode, GatherAndIntegers) {
  HostRunner runner(R"mlir(
#id = affine_map<(d0) -> (d0)>
func.func @main(%table: tensor<4xf64>, %indices: tensor<?xi64>) -> (tensor<?xf64>, tensor<?xi1>) {
  %c0 = arith.constant 0 : index
  %limit = arith.constant 2 : i64
  %n = tensor.dim %indices, %c0 : tensor<?xi64>
  %e = tensor.empty(%n) : tensor<?xf64>
  %b = tensor.empty(%n) : tensor<?xi1>
  %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%indices : tensor<?xi64>) outs(%e : tensor<?xf64>) {
  ^bb0(%i: i64, %o: f64):
    %at = arith.index_cast %i : i64 to index
    %v = tensor.extract %table[%at] : tensor<4xf64>
    linalg.yield %v : f64
  } -> tensor<?xf64>
  %z = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel"]}
      ins(%indices : tensor<?xi64>) outs(%b : tensor<?xi1>) {
  ^bb0(%i: i64, %o: i1):
    %c = arith.cmpi slt, %i, %limit : i64
    linalg.yield %c : i1
  } -> tensor<?xi1>
  return %y, %z : tensor<?xf64>, tensor<?xi1>
})mlir");
  ASSERT_TRUE(runner.ok()) << runner.error();
  std::vector<Array> results;
  ASSERT_EQ(
      runner.run({Array::of<double>({4}, {0.1, 0.2, 0.3, 0.4}), Array::of<int64_t>({3}, {3, 0, 1})}, {{1, 8}, {1, 1}}, results),
      AIMC_OK);
  EXPECT_EQ(results[0].as<double>(), (std::vector<double>{0.4, 0.1, 0.2}));
  EXPECT_EQ(results[1].as<char>(), (std::vector<char>{0, 1, 1}));
}

TEST(HostCode, ConstantsLieInTheSection) {
  std::string numbers;
  for (int i = 0; i < 300; ++i)
    numbers += (i ? ", " : "") + std::to_string(i) + ".0";
  HostRunner runner(
      "func.func @main(%x: tensor<300xf32>) -> (tensor<300xf32>, tensor<300xf32>) {\n"
      "  %c = arith.constant dense<[" +
      numbers +
      "]> : tensor<300xf32>\n"
      "  %y = linalg.add ins(%x, %c : tensor<300xf32>, tensor<300xf32>) outs(%x : tensor<300xf32>) -> tensor<300xf32>\n"
      "  return %y, %c : tensor<300xf32>, tensor<300xf32>\n}\n");
  ASSERT_TRUE(runner.ok()) << runner.error();
  ASSERT_EQ(runner.program().constants.size(), 1u);
  EXPECT_EQ(runner.program().constants[0].bytes.size(), 1200u);
  std::vector<Array> results;
  ASSERT_EQ(runner.run({Array::of<float>({300}, Floats(300, 0.5f))}, {vector, vector}, results), AIMC_OK);
  EXPECT_EQ(results[0].as<float>()[299], 299.5f);
  EXPECT_EQ(results[1].as<float>()[299], 299.0f);
}

TEST(HostCode, AssertionsReportTheirMessage) {
  HostRunner runner(R"mlir(
func.func @main(%x: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %rest = arith.remui %n, %c2 : index
  %even = arith.cmpi eq, %rest, %c0 : index
  cf.assert %even, "the batch is odd"
  return %x : tensor<?xf32>
})mlir");
  ASSERT_TRUE(runner.ok()) << runner.error();
  std::vector<Array> results;
  EXPECT_EQ(runner.run({Array::of<float>({2}, {1, 2})}, {vector}, results), AIMC_OK);
  EXPECT_EQ(runner.run({Array::of<float>({3}, {1, 2, 3})}, {vector}, results), AIMC_FAILED);
  EXPECT_EQ(runner.message, "the batch is odd");
  EXPECT_EQ(runner.allocations, 0);
}

TEST(HostCode, SizesThatContradictEachOtherEndTheRun) {
  HostRunner runner(R"mlir(
func.func @main(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?xf32>
  %init = tensor.empty(%n) : tensor<?xf32>
  %sum = linalg.add ins(%x, %y : tensor<?xf32>, tensor<?xf32>) outs(%init : tensor<?xf32>) -> tensor<?xf32> loc("add1")
  return %sum : tensor<?xf32>
})mlir");
  ASSERT_TRUE(runner.ok()) << runner.error();
  std::vector<Array> results;
  EXPECT_EQ(runner.run({Array::of<float>({2}, {1, 2}), Array::of<float>({2}, {3, 4})}, {vector}, results), AIMC_OK);
  EXPECT_EQ(runner.run({Array::of<float>({3}, {1, 2, 3}), Array::of<float>({2}, {3, 4})}, {vector}, results), AIMC_FAILED);
  EXPECT_EQ(runner.message, "add1: sizes {} and {} must be equal 2 3");
  EXPECT_EQ(runner.allocations, 0);
}

TEST(HostCode, LayersAreDispatched) {
  HostRunner runner(R"mlir(
analog.crossbar @fc1 node "fc1" [1, 2, 2] {tile_base = 0 : i64,
  grid = #analog.grid<tile_rows = 4, tile_columns = 4, row_tiles = 1, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}
func.func @main(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %x, %c0 : tensor<?x2xf32>
  %init = tensor.empty(%n) : tensor<?x2xf32>
  %y = analog.dispatch @fc1 ins(%x : tensor<?x2xf32>) outs(%init : tensor<?x2xf32>) {
      node = "fc1", site = 7 : i64, x_map = affine_map<(m, g, k) -> (m, k)>, y_map = affine_map<(m, g, n) -> (m, n)>,
      k_sizes = array<i64: 2>, scale_dims = 1 : i64, input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64,
      input_slices = 1 : i64, adc_bits = 0 : i64, adc_unsigned = false, tile_base = 0 : i64} -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
})mlir");
  ASSERT_TRUE(runner.ok()) << runner.error();
  std::vector<Array> results;
  ASSERT_EQ(runner.run({Array::of<float>({2, 2}, {1, 2, 3, 4})}, {matrix}, results), AIMC_OK);
  EXPECT_EQ(results[0].as<float>(), (Floats{8, 9, 10, 11}));
  EXPECT_EQ(runner.dispatches, 1);
}

TEST(HostCode, SumsAndReLUsGoAlongWithALayer) {
  HostRunner runner(R"mlir(
analog.crossbar @fc1 node "fc1" [1, 2, 2] {tile_base = 0 : i64,
  grid = #analog.grid<tile_rows = 4, tile_columns = 4, row_tiles = 1, column_tiles = 1>,
  coding = #analog.coding<weight_bits = 8, cell_bits = 7, slices = 1>}
func.func @main(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  %n = tensor.dim %x, %c0 : tensor<?x2xf32>
  %init = tensor.empty(%n) : tensor<?x2xf32>
  %y = analog.dispatch @fc1 ins(%x : tensor<?x2xf32>) outs(%init : tensor<?x2xf32>) {
      node = "fc1", site = 7 : i64, x_map = affine_map<(m, g, k) -> (m, k)>, y_map = affine_map<(m, g, n) -> (m, n)>,
      k_sizes = array<i64: 2>, scale_dims = 1 : i64, input_bits = 8 : i64, input_signed = true, input_slice_bits = 7 : i64,
      input_slices = 1 : i64, adc_bits = 0 : i64, adc_unsigned = false, tile_base = 0 : i64} -> tensor<?x2xf32>
  %sum = linalg.add ins(%y, %x : tensor<?x2xf32>, tensor<?x2xf32>) outs(%init : tensor<?x2xf32>) -> tensor<?x2xf32>
  %z = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>],
                       iterator_types = ["parallel", "parallel"]}
      ins(%sum : tensor<?x2xf32>) outs(%init : tensor<?x2xf32>) {
  ^bb0(%a: f32, %o: f32):
    %m = arith.maximumf %a, %zero : f32
    linalg.yield %m : f32
  } -> tensor<?x2xf32>
  return %z : tensor<?x2xf32>
})mlir");
  ASSERT_TRUE(runner.ok()) << runner.error();
  std::vector<Array> results;
  ASSERT_EQ(runner.run({Array::of<float>({2, 2}, {1, -9, -3, 4})}, {matrix}, results), AIMC_OK);
  EXPECT_EQ(results[0].as<float>(), (Floats{9, 0, 1, 15}));
  EXPECT_EQ(runner.dispatches, 1);
  EXPECT_EQ(runner.finished, 1);
}

struct MathCase {
  const char *body;
  std::function<double(double, double)> expected;
  double low, high, tolerance; // of x; relative
};

static std::ostream &operator<<(std::ostream &stream, const MathCase &test) { return stream << test.body; }

class Math : public ::testing::TestWithParam<MathCase> {};

TEST_P(Math, IsAccurate) {
  const MathCase &test = GetParam();
  HostRunner runner(elementwise(test.body));
  ASSERT_TRUE(runner.ok()) << runner.error();
  const int64_t count = 4001;
  Floats x(count), y(count);
  for (int64_t i = 0; i < count; ++i) {
    x[i] = static_cast<float>(test.low + (test.high - test.low) * static_cast<double>(i) / (count - 1));
    y[i] = static_cast<float>(static_cast<double>(i % 17) - 8) / 2;
  }
  std::vector<Array> results;
  ASSERT_EQ(runner.run({Array::of<float>({count}, x), Array::of<float>({count}, y)}, {vector}, results), AIMC_OK);
  Floats actual = results[0].as<float>();
  double worst = 0, at = 0;
  for (int64_t i = 0; i < count; ++i) {
    double expected = test.expected(x[i], y[i]);
    if (std::isnan(expected) || std::isinf(static_cast<float>(expected))) {
      EXPECT_EQ(std::isnan(expected), std::isnan(actual[i])) << x[i] << ' ' << y[i];
      if (!std::isnan(expected)) {
        EXPECT_EQ(static_cast<float>(expected), actual[i]) << x[i] << ' ' << y[i];
      }
      continue;
    }
    double error = std::fabs(actual[i] - expected) / std::max(std::fabs(expected), 1e-37);
    if (error > worst || std::isnan(error))
      worst = std::isnan(error) ? INFINITY : error, at = x[i];
  }
  EXPECT_LT(worst, test.tolerance) << "at " << at;
}

INSTANTIATE_TEST_SUITE_P(
    All, Math,
    ::testing::Values(MathCase{"math.exp %a", [](double x, double) { return std::exp(x); }, -87, 95, 2e-7},
                      MathCase{"math.exp2 %a", [](double x, double) { return std::exp2(x); }, -125, 130, 2e-7},
                      MathCase{"math.expm1 %a", [](double x, double) { return std::expm1(x); }, -3, 3, 3e-7},
                      MathCase{"math.log %a", [](double x, double) { return std::log(x); }, -1, 3, 3e-7},
                      MathCase{"math.log %a", [](double x, double) { return std::log(x); }, 0.9, 1.1, 3e-7},
                      MathCase{"math.log1p %a", [](double x, double) { return std::log1p(x); }, -0.9, 1, 3e-7},
                      MathCase{"math.log2 %a", [](double x, double) { return std::log2(x); }, 0.1, 1e6, 4e-7},
                      MathCase{"math.log10 %a", [](double x, double) { return std::log10(x); }, 0.1, 1e6, 4e-7},
                      MathCase{"math.tanh %a", [](double x, double) { return std::tanh(x); }, -12, 12, 4e-7},
                      MathCase{"math.tanh %a", [](double x, double) { return std::tanh(x); }, -0.01, 0.01, 4e-7},
                      MathCase{"math.erf %a", [](double x, double) { return std::erf(x); }, -5, 5, 3e-7},
                      MathCase{"math.erf %a", [](double x, double) { return std::erf(x); }, -0.01, 0.01, 3e-7},
                      MathCase{"math.erfc %a", [](double x, double) { return std::erfc(x); }, -3, 9, 1e-7},
                      MathCase{"math.sin %a", [](double x, double) { return std::sin(x); }, -1e4, 1e4, 1e-7},
                      MathCase{"math.cos %a", [](double x, double) { return std::cos(x); }, -30, 30, 1e-7},
                      MathCase{"math.tan %a", [](double x, double) { return std::tan(x); }, -30, 30, 1e-7},
                      MathCase{"math.asin %a", [](double x, double) { return std::asin(x); }, -1.01, 1.01, 1e-7},
                      MathCase{"math.acos %a", [](double x, double) { return std::acos(x); }, -1.01, 1, 1e-7},
                      MathCase{"math.atan %a", [](double x, double) { return std::atan(x); }, -50, 50, 1e-7},
                      MathCase{"math.atan2 %a, %b", [](double x, double y) { return std::atan2(x, y); }, -5, 5, 1e-7},
                      MathCase{"math.sinh %a", [](double x, double) { return std::sinh(x); }, -20, 90, 1e-7},
                      MathCase{"math.cosh %a", [](double x, double) { return std::cosh(x); }, -20, 90, 1e-7},
                      MathCase{"math.asinh %a", [](double x, double) { return std::asinh(x); }, -20, 1e9, 1e-7},
                      MathCase{"math.acosh %a", [](double x, double) { return std::acosh(x); }, 0.5, 1e9, 1e-7},
                      MathCase{"math.atanh %a", [](double x, double) { return std::atanh(x); }, -1.1, 1, 1e-7},
                      MathCase{"math.cbrt %a", [](double x, double) { return std::cbrt(x); }, -20, 20, 1e-7},
                      MathCase{"math.powf %a, %b", [](double x, double y) { return std::pow(x, y); }, -9, 9, 1e-7},
                      MathCase{"math.sqrt %a", [](double x, double) { return std::sqrt(x); }, -1, 9, 1e-7},
                      MathCase{"math.rsqrt %a", [](double x, double) { return 1 / std::sqrt(x); }, 0, 9, 2e-7},
                      MathCase{"math.round %a", [](double x, double) { return std::round(x); }, -4, 4, 1e-9},
                      MathCase{"math.roundeven %a", [](double x, double) { return std::nearbyint(x); }, -4, 4, 1e-9},
                      MathCase{"math.floor %a", [](double x, double) { return std::floor(x); }, -4, 4, 1e-9},
                      MathCase{"arith.remf %a, %b", [](double x, double y) { return std::fmod(x, y); }, -100, 100, 1e-7}));

//===- trained networks -----------------------------------------------------------------------------------------===//

class Zoo : public ::testing::TestWithParam<const char *> {};

/// The first images of a network of the zoo (AIMC_ZOO names its directory) against the logits that came with it.
TEST_P(Zoo, GivesTheReferenceLogits) {
  const char *zoo = std::getenv("AIMC_ZOO");
  if (!zoo)
    GTEST_SKIP() << "AIMC_ZOO is not set";
  std::string directory = std::string(zoo) + "/trained/" + GetParam();
  std::ifstream images(directory + "/x_1000_u8.npy", std::ios::binary),
      logits(directory + "/logits_1000.f32", std::ios::binary);
  if (!images || !logits)
    GTEST_SKIP() << directory << " is not there";
  const int64_t samples = 3, pixels = 28 * 28, classes = 10;
  std::vector<char> header(10);
  images.read(header.data(), 10);
  images.seekg(10 + static_cast<unsigned char>(header[8]) + 256 * static_cast<unsigned char>(header[9]));
  std::vector<unsigned char> bytes(samples * pixels);
  images.read(reinterpret_cast<char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  Floats x, expected(samples * classes);
  for (unsigned char byte : bytes)
    x.push_back(static_cast<float>(byte) / 255);
  logits.read(reinterpret_cast<char *>(expected.data()), static_cast<std::streamsize>(expected.size() * sizeof(float)));

  std::unique_ptr<HostRunner> runner = HostRunner::fromOnnx(directory + "/model.onnx");
  ASSERT_TRUE(runner->ok()) << runner->error();
  std::vector<Array> results;
  ASSERT_EQ(runner->run({Array::of<float>({samples, 1, 28, 28}, x)}, {matrix}, results), AIMC_OK) << runner->message;
  Floats actual = results[0].as<float>();
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i)
    EXPECT_NEAR(actual[i], expected[i], 1e-3) << i;
  EXPECT_EQ(runner->allocations, 0);
}

INSTANTIATE_TEST_SUITE_P(Trained, Zoo,
                         ::testing::Values("mlp_mnist", "mlp_fmnist", "lenet_mnist", "lenet_fmnist", "dscnn_fmnist",
                                           "resnet14_fmnist", "vit_fmnist", "lstm_fmnist", "gru_fmnist"));
