// Speed of the digital contractions on one core, own kernel and library, and of checksums. Rates are multiply-adds per second.
#include "contract/Contract.h"
#include "container/Checksum.h"

#include <benchmark/benchmark.h>

using namespace aimc;

static std::unique_ptr<fb::AffineIndexT> affine(std::vector<int64_t> offsets, std::vector<int64_t> coefficients) {
  auto index = std::make_unique<fb::AffineIndexT>();
  index->offsets = std::move(offsets);
  index->coefficients = std::move(coefficients);
  return index;
}

namespace {
struct Tensor {
  std::vector<float> data;
  std::vector<int64_t> sizes, strides;
  aimc_buffer buffer;
  explicit Tensor(std::vector<int64_t> extents) : sizes(extents), strides(extents.size()) {
    int64_t stride = 1;
    for (size_t i = sizes.size(); i-- > 0; stride *= sizes[i])
      strides[i] = stride;
    data.assign(stride, 0.5f);
    buffer = {data.data(), nullptr, sizes.data(), strides.data(), static_cast<int32_t>(sizes.size()), AIMC_F32};
  }
};
} // namespace

static void run(benchmark::State &state, fb::ContractionT &table, Tensor &a, Tensor &b, Tensor &c, int64_t multiplyAdds) {
  flatbuffers::FlatBufferBuilder builder;
  builder.Finish(fb::Contraction::Pack(builder, &table));
  const auto &contraction = *flatbuffers::GetRoot<fb::Contraction>(builder.GetBufferPointer());
  for (auto _ : state)
    if (!contract(contraction, a.buffer, b.buffer, c.buffer, Parallel::inlined()).ok())
      state.SkipWithError("failed");
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()) * multiplyAdds);
}

/// m, n, k, library, b transposed.
static void matmul(benchmark::State &state) {
  int64_t m = state.range(0), n = state.range(1), k = state.range(2);
  bool transposed = state.range(4);
  fb::ContractionT table;
  table.node = "matmul";
  table.m_dims = table.n_dims = table.k_dims = 1;
  table.a = affine({0, 0}, {1, 0, 0, 0, 0, 1});
  table.b = transposed ? affine({0, 0}, {0, 1, 0, 0, 0, 1}) : affine({0, 0}, {0, 0, 1, 0, 1, 0});
  table.c = affine({0, 0}, {1, 0, 0, 0, 1, 0});
  table.library = state.range(3);
  Tensor a({m, k}), b(transposed ? std::vector<int64_t>{n, k} : std::vector<int64_t>{k, n}), c({m, n});
  run(state, table, a, b, c, m * n * k);
}
BENCHMARK(matmul)
    ->ArgNames({"m", "n", "k", "library", "transposed"})
    ->ArgsProduct({{256}, {1024}, {1024}, {0, 1}, {0, 1}})
    ->ArgsProduct({{1}, {1024}, {1024}, {0, 1}, {0, 1}})
    ->ArgsProduct({{1000}, {64}, {64}, {0, 1}, {0}});

/// A 3 × 3 convolution NCHW with padding 1: batch, channels in and out, height and width, library.
static void convolution(benchmark::State &state) {
  int64_t batch = state.range(0), channels = state.range(1), extent = state.range(2);
  fb::ContractionT table;
  table.node = "conv";
  table.m_dims = 3;
  table.n_dims = 1;
  table.k_dims = 3;
  table.a = affine({0, 0, -1, -1}, {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1});
  table.b = affine({0, 0, 0, 0}, {0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1});
  table.c = affine({0, 0, 0, 0}, {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0});
  table.library = state.range(3);
  Tensor a({batch, channels, extent, extent}), b({channels, channels, 3, 3}), c({batch, channels, extent, extent});
  run(state, table, a, b, c, batch * extent * extent * channels * channels * 9);
}
BENCHMARK(convolution)->ArgNames({"batch", "channels", "extent", "library"})->ArgsProduct({{8}, {16, 64}, {28}, {0, 1}});

static void checksum(benchmark::State &state) {
  std::vector<uint8_t> bytes(64 << 20, 1);
  for (auto _ : state)
    benchmark::DoNotOptimize(xxh64(bytes.data(), bytes.size()));
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * bytes.size()));
}
BENCHMARK(checksum);
