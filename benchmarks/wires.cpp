// The transfer matrix of an array with wires of 0.35 ohm: rows, columns, threads. Conductances are uniform from 0 to 25
// microsiemens, or 25 everywhere, which is the most that such an array can drop.
#include "Wires.h"
#include "Isa.h"

#include <benchmark/benchmark.h>

#include <atomic>
#include <random>
#include <thread>
#include <vector>

using namespace aimc::simulator;

static void run(benchmark::State &state, const std::vector<double> &cells) {
  const char *error = nullptr;
  const Isa *isa = selectIsa(&error);
  if (!isa) {
    state.SkipWithError(error);
    return;
  }
  int64_t threads = state.range(2);
  auto parallelFor = [&](int64_t count, const std::function<bool(int64_t)> &body) {
    std::atomic<int64_t> next{0};
    std::atomic<bool> fine{true};
    auto work = [&] {
      for (int64_t i; (i = next++) < count;)
        if (!body(i))
          fine = false;
    };
    std::vector<std::thread> others;
    for (int64_t t = 1; t < threads; ++t)
      others.emplace_back(work);
    work();
    for (std::thread &thread : others)
      thread.join();
    return bool(fine);
  };
  WireArray array = {state.range(0), state.range(1), cells.data(), 0.35, 0.35};
  std::vector<double> transfer(cells.size());
  WireReport report;
  for (auto _ : state)
    if (solveWires(array, isa->kernels(), parallelFor, transfer.data(), &report) != WireStatus::Solved)
      state.SkipWithError("not solved");
  state.counters["sweeps"] = double(report.sweeps);
  state.counters["residual"] = report.residual;
}

static void wires(benchmark::State &state) {
  std::mt19937 random(1);
  std::vector<double> cells(size_t(state.range(0) * state.range(1)));
  for (double &cell : cells)
    cell = 25.0 * double(random()) / 4294967296.0;
  run(state, cells);
}
BENCHMARK(wires)->Args({256, 512, 1})->Args({256, 512, 2})->Args({512, 256, 2})->Unit(benchmark::kMillisecond)->UseRealTime();

static void wiresAtFullScale(benchmark::State &state) {
  run(state, std::vector<double>(size_t(state.range(0) * state.range(1)), 25.0));
}
BENCHMARK(wiresAtFullScale)->Args({256, 512, 2})->Unit(benchmark::kMillisecond)->UseRealTime();
