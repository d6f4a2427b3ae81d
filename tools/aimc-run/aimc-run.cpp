// Runs a container on data: see Options.cpp for what it offers.
#include "LayerDump.h"
#include "LayerReport.h"
#include "Options.h"
#include "Progress.h"
#include "Report.h"

#include <algorithm>
#include <cstdio>

using namespace aimc::tools;

/// Where outputs go; nowhere when something else was asked for.
static std::optional<std::string> outputDirectory(const RunOptions &options) {
  bool asked = options.labels || !options.expect.empty() || options.dumpLayers;
  return options.outputDir || asked ? options.outputDir : std::string(".");
}

/// All settings are of the number of an ADC's bits.
static bool concernConverters(const std::string &settings) {
  for (size_t begin = 0; begin < settings.size(); begin = std::min(settings.find(',', begin), settings.size() - 1) + 1)
    if (settings.compare(begin, 9, "adc.bits=") != 0)
      return false;
  return true;
}

static Status checkCombination(const RunOptions &options) {
  const ChipSettings &chip = options.chip;
  const std::string fidelity = nameOf(fidelities(), chip.fidelity);
  if (chip.driverArgument && chip.driver == "simulator")
    return Failure{"--driver-arg: driver simulator takes none; leave it out"};
  if (options.dumpLayers && chip.fidelity == AIMC_EXACT)
    return Failure{"--dump-layers: fidelity exact has no converters and no codes; choose quantized or noisy"};
  if (options.dumpLayers && chip.driver != "simulator")
    return Failure{"--dump-layers: driver " + chip.driver + " does not show its layers; only the simulator does"};
  if (options.report && chip.fidelity == AIMC_EXACT)
    return Failure{"--report=layers compares with fidelity exact; choose quantized or noisy"};
  if (options.report && chip.driver != "simulator")
    return Failure{"--report=layers: driver " + chip.driver + " does not show its layers; only the simulator does"};
  if (options.report && (options.dumpLayers || options.outputDir || !options.expect.empty()))
    return Failure{"--report=layers replaces --dump-layers, --output-dir and --expect; give it alone"};
  if (chip.recovery != Recovery::None && options.network.calibration.empty())
    return Failure{"--recover: there are no data to fit layers on; add --calibrate=X.npy"};
  if (chip.recovery == Recovery::None && !options.network.calibration.empty())
    return Failure{"--calibrate: nothing is fitted on these data; add --recover=affine or --recover=bias"};
  if (chip.recovery != Recovery::None && chip.fidelity == AIMC_EXACT)
    return Failure{"--recover: fidelity exact is what layers are fitted to; choose quantized or noisy"};
  if (chip.recovery != Recovery::None && chip.driver != "simulator")
    return Failure{"--recover: driver " + chip.driver + " does not show its layers; only the simulator does"};
  if (chip.disabledEffects && chip.fidelity != AIMC_NOISY)
    return Failure{"--disable: fidelity " + fidelity + " has no effects; add --fidelity=noisy"};
  if (!chip.settings.empty() && chip.fidelity == AIMC_EXACT)
    return Failure{"--set: fidelity exact has neither devices nor converters; add --fidelity=noisy"};
  if (chip.fidelity == AIMC_QUANTIZED && !concernConverters(chip.settings))
    return Failure{"--set: fidelity quantized has ideal devices and noiseless converters, only adc.bits makes a difference; "
                   "add --fidelity=noisy"};
  if (chip.timeSeconds > 0 && chip.fidelity != AIMC_NOISY)
    return Failure{"--time: fidelity " + fidelity + " has devices that never change; add --fidelity=noisy"};
  return {};
}

/// Whether what was printed arrived.
static Status finished(Status status) {
  if (status && (std::fflush(stdout) != 0 || std::ferror(stdout)))
    return Failure{"cannot write to standard output"};
  return status;
}

static Status run(const RunOptions &options) {
  if (Status status = checkCombination(options); !status)
    return status;
  Result<Network> network = Network::open(options.network);
  if (!network)
    return network.failure();
  Result<Pool> pool = createPool(options.threads);
  if (!pool)
    return pool.failure();
  for (const DataSet &set : network->dataSets())
    for (const std::string &doubt : set.doubts())
      std::fprintf(stderr, "aimc-run: note: %s\n", doubt.c_str());
  if (options.report)
    return finished(reportLayers(options, *network, pool->get()));
  Result<Report> report = Report::create(options, *network);
  if (!report)
    return report.failure();
  std::optional<LayerDump> dump;
  if (options.dumpLayers) {
    Result<LayerDump> created = LayerDump::create(*options.dumpLayers, options.network.model, options.dumpRows);
    if (!created)
      return created.failure();
    dump = std::move(*created);
  }

  std::optional<std::string> directory = outputDirectory(options);
  {
    Progress progress("running", network->samples() * options.trials);
    for (uint32_t trial = 0; trial < options.trials; ++trial) {
      ChipSettings chip = options.chip;
      chip.trial = trial;
      Result<Trial> result = network->run(chip, pool->get(), dump && trial == 0 ? &*dump : nullptr,
                                          [&](int64_t samples) { progress.update(trial * network->samples() + samples); });
      if (!result)
        return result.failure();
      if (Status status = report->add(*result); !status)
        return status;
      if (trial == 0 && directory) {
        Result<Json> written = writeOutputs(*directory, network->outputs(), result->outputs);
        if (!written)
          return written.failure();
        report->setWritten(*directory, std::move(*written));
      }
    }
  }
  if (dump) {
    Result<size_t> matrices = dump->finish();
    if (!matrices)
      return matrices.failure();
    report->setDump(*options.dumpLayers, *matrices);
  }
  report->print();
  return finished({});
}

int main(int argc, char **argv) {
  int exitStatus = 0;
  std::optional<RunOptions> options = parseOptions(argc, argv, exitStatus);
  if (!options)
    return exitStatus;
  Status status = run(*options);
  if (!status) {
    std::fprintf(stderr, "aimc-run: %s\n", status.error().c_str());
    return 1;
  }
  return 0;
}
