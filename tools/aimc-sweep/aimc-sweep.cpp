// Runs networks on a grid of chips: see Options.cpp for what it offers.
#include "Compile.h"
#include "Options.h"
#include "Plot.h"
#include "Progress.h"
#include "Results.h"
#include "Schedule.h"

#include <algorithm>
#include <cstdio>
#include <dlfcn.h>
#include <filesystem>
#include <set>
#include <thread>

using namespace aimc::tools;
namespace fs = std::filesystem;

namespace {
/// All that every rank has.
struct Sweep {
  SweepOptions options;
  Grid grid;
  Judge judge;
  std::vector<Result<Network>> networks; // by container
  std::vector<Run> runs;                 // cell after cell with all its trials, then the baselines
  int jobs = 1, threads = 1;             // of this process
};
} // namespace

static int hardwareThreads() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

static void chooseThreads(Sweep &sweep, const Ranks &ranks) {
  int share = std::max(1, hardwareThreads() / ranks.onThisMachine());
  sweep.threads = sweep.options.threads > 0 ? sweep.options.threads : share;
  sweep.jobs = sweep.options.jobs > 0 ? sweep.options.jobs : sweep.threads;
}

/// "time=1 d, compensate=none, trial 3": where an error happened.
static std::string placeOf(const Grid &grid, const Cell &cell, uint32_t trial) {
  std::string place;
  for (size_t i = 0; i < cell.choice.size(); ++i)
    place += grid.axes[i].label() + "=" + displayOf(grid.axes[i], cell.choice[i]) + ", ";
  return place + (cell.choice.empty() && cell.chip.fidelity == AIMC_EXACT ? "baseline" : "trial " + std::to_string(trial));
}

using Containers = std::vector<Result<std::string>>; // paths

static Result<Network> openNetwork(const Sweep &sweep, const Result<std::string> &container) {
  const SweepOptions &options = sweep.options;
  if (!container)
    return container.failure();
  Result<Network> network = Network::open({*container, options.inputs, options.inputScale, options.batch, options.calibration});
  if (!network)
    return network.failure();
  if (Status status = sweep.judge.fit(*network); !status)
    return status.failure();
  return network;
}

/// Opens every container on the data and lists the runs. The error: none can be opened, or with --fail-fast one.
static Status prepare(Sweep &sweep, const Containers &containers) {
  size_t opened = 0;
  std::optional<Failure> failure;
  for (const Result<std::string> &container : containers) {
    sweep.networks.push_back(openNetwork(sweep, container));
    opened += bool(sweep.networks.back());
    if (!sweep.networks.back() && !failure)
      failure = sweep.networks.back().failure();
  }
  if (failure && (opened == 0 || sweep.options.failFast))
    return *failure;
  auto add = [&](const Cell &cell) {
    Result<Network> &network = sweep.networks[cell.container];
    for (uint32_t trial = 0; trial < cell.trials; ++trial) {
      sweep.runs.push_back({network ? &*network : nullptr, network ? "" : network.error(), cell.container, cell.chip,
                            placeOf(sweep.grid, cell, trial)});
      sweep.runs.back().chip.trial = trial;
    }
  };
  for (const Cell &cell : sweep.grid.cells)
    add(cell);
  for (const Cell &cell : sweep.grid.baselines)
    add(cell);
  return {};
}

/// The file of the runtime with its simulator: another build may compute other numbers.
static std::string runtimePath() {
  Dl_info info;
  return dladdr(reinterpret_cast<void *>(&aimc_chip_create), &info) && info.dli_fname ? info.dli_fname : "/proc/self/exe";
}

/// What all outcomes of a journal have in common.
static Result<Json> journalHeader(const SweepOptions &options) {
  Json header;
  header["aimc_sweep"] = 1;
  header["version"] = aimc_version();
  Result<uint64_t> runtime = hashFile(runtimePath());
  if (!runtime)
    return runtime.failure();
  header["runtime"] = hashText(*runtime);
  auto hashes = [&](const char *name, const std::vector<std::string> &files) -> Status {
    header[name] = Json::array();
    for (const std::string &file : files) {
      Result<uint64_t> hash = hashFile(file);
      if (!hash)
        return hash.failure();
      header[name].push_back(hashText(*hash));
    }
    return {};
  };
  if (Status status = hashes("inputs", options.inputs); !status)
    return status.failure();
  header["input_scale"] = options.inputScaleText;
  if (Status status = hashes("labels", options.labels ? std::vector<std::string>{*options.labels} : std::vector<std::string>());
      !status)
    return status.failure();
  if (Status status = hashes("expect", options.expect); !status)
    return status.failure();
  if (Status status = hashes("calibrate", options.calibration); !status)
    return status.failure();
  return header;
}

/// The results in the grid's order, whatever order they were found in.
static SweepResults gather(const Sweep &sweep, const std::vector<std::string> &keys, const Journal &journal) {
  SweepResults results;
  results.grid = &sweep.grid;
  for (const Result<Network> &network : sweep.networks)
    if (network)
      results.samples = network->samples();
  results.metrics = metricsOf(sweep.options.labels.has_value(), sweep.options.expect.size());
  size_t run = 0;
  for (const Cell &cell : sweep.grid.cells) {
    results.cells.emplace_back();
    for (uint32_t trial = 0; trial < cell.trials; ++trial)
      results.cells.back().push_back(journal.outcomes().at(keys[run++]));
  }
  while (run < sweep.runs.size())
    results.baselines.push_back(journal.outcomes().at(keys[run++]));
  return results;
}

namespace {
/// What rank 0 knows before anything runs.
struct Plan {
  std::vector<std::string> keys; // of each run
  Journal journal;
  std::vector<size_t> pending; // runs that the journal lacks, equal ones once
};
} // namespace

static Result<Plan> makePlan(const Sweep &sweep, const Containers &containers) {
  std::vector<uint64_t> hashes, sizes;
  for (const Result<std::string> &container : containers) {
    // Runs without a container fail, and are not looked for in the journal.
    Result<uint64_t> hash = container ? hashFile(*container) : hashBytes(container.error());
    if (!hash)
      return hash.failure();
    std::error_code error;
    hashes.push_back(*hash);
    sizes.push_back(container ? fs::file_size(*container, error) : 0);
  }
  Result<Json> header = journalHeader(sweep.options);
  if (!header)
    return header.failure();
  Result<Journal> journal = Journal::open(sweep.options.outputDir + "/journal.jsonl", *header, sweep.options.restart);
  if (!journal)
    return journal.failure();
  Plan plan{{}, std::move(*journal), {}};
  std::set<std::string> planned;
  for (const Run &run : sweep.runs) {
    plan.keys.push_back(runKey(hashes[run.container], run.chip));
    if (!plan.journal.outcomes().count(plan.keys.back()) && planned.insert(plan.keys.back()).second)
      plan.pending.push_back(plan.keys.size() - 1);
  }
  // The largest container first: what its run takes says how many fit the memory.
  auto largest = std::max_element(plan.pending.begin(), plan.pending.end(), [&](size_t a, size_t b) {
    return sizes[sweep.runs[a].container] < sizes[sweep.runs[b].container];
  });
  if (!plan.pending.empty())
    std::rotate(plan.pending.begin(), largest, largest + 1);
  return plan;
}

static std::string counted(size_t count, const std::string &noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

static void announce(const Sweep &sweep, const Ranks &ranks, const Plan &plan) {
  std::string text = counted(sweep.grid.cells.size(), "point") + ", " + counted(plan.pending.size(), "run");
  if (ranks.count() > 1)
    text += " in " + std::to_string(ranks.count()) + " processes";
  std::set<std::string> distinct(plan.keys.begin(), plan.keys.end());
  if (size_t done = distinct.size() - plan.pending.size(); done > 0)
    text += ", " + std::to_string(done) + " done before";
  std::fprintf(stderr, "aimc-sweep: %s\n", text.c_str());
  std::set<std::string> doubts;
  for (const Result<Network> &network : sweep.networks)
    if (network)
      for (const DataSet &set : network->dataSets())
        doubts.insert(set.doubts().begin(), set.doubts().end());
  for (const std::string &doubt : doubts)
    std::fprintf(stderr, "aimc-sweep: note: %s\n", doubt.c_str());
}

static Status report(const Sweep &sweep, const SweepResults &results) {
  const std::string &directory = sweep.options.outputDir;
  if (Status status = writeTables(results, directory); !status)
    return status;
  Result<std::vector<std::string>> plots = writePlots(results, sweep.options.plotAxis, directory, sweep.options.png);
  if (!plots)
    return plots.failure();
  if (sweep.options.quiet)
    return {};
  constexpr size_t mostLines = 200;
  if (results.cells.size() <= mostLines)
    std::printf("%s", summaryText(results).c_str());
  std::string files = "results.csv, summary.csv, results.json";
  for (const std::string &plot : *plots)
    files += ", " + plot;
  std::printf("wrote %s to %s\n", files.c_str(), directory.c_str());
  if (std::fflush(stdout) != 0 || std::ferror(stdout))
    return Failure{"cannot write to standard output"};
  return {};
}

/// How many runs failed, and why the first of them did; success when none.
static Status failures(const Sweep &sweep, const Plan &plan) {
  size_t failed = 0;
  const std::string *first = nullptr;
  for (const std::string &key : plan.keys)
    if (const Outcome &outcome = plan.journal.outcomes().at(key); !outcome.ran()) {
      first = first ? first : &outcome.failure;
      ++failed;
    }
  if (!first)
    return {};
  return Failure{std::to_string(failed) + " of " + counted(plan.keys.size(), "run") + " failed, see " +
                 sweep.options.outputDir + "/results.csv; the first: " + *first};
}

/// Runs what the journal lacks and writes everything.
static Status leadSweep(Sweep &sweep, Ranks &ranks, Plan &plan) {
  if (!sweep.options.quiet)
    announce(sweep, ranks, plan);
  {
    int jobs = std::min(sweep.jobs, std::max(1, static_cast<int>(plan.pending.size())));
    Engine engine(sweep.runs, sweep.judge, jobs, sweep.threads, ranks.onThisMachine());
    std::optional<Progress> progress;
    if (!sweep.options.quiet)
      progress.emplace("aimc-sweep", static_cast<int64_t>(plan.pending.size()), Progress::Elsewhere::Lines);
    int64_t done = 0;
    Status status = lead(ranks, &engine, plan.pending, [&](size_t run, Outcome outcome) -> Status {
      if (progress)
        progress->update(++done);
      if (!outcome.ran() && sweep.options.failFast)
        return Failure{outcome.failure};
      return plan.journal.add(plan.keys[run], outcome);
    });
    progress.reset();
    if (!engine.remark().empty() && !sweep.options.quiet)
      std::fprintf(stderr, "aimc-sweep: note: %s\n", engine.remark().c_str());
    if (!status)
      return status;
  }
  if (Status status = report(sweep, gather(sweep, plan.keys, plan.journal)); !status)
    return status;
  return failures(sweep, plan);
}

/// Rank 0 makes what all read: folders and containers. Its answer is the same on every rank: the containers.
static Result<Containers> shareContainers(Sweep &sweep, Ranks &ranks) {
  const SweepOptions &options = sweep.options;
  Json message;
  if (ranks.rank() == 0) {
    std::error_code error;
    fs::create_directories(options.outputDir, error);
    CompileSettings settings;
    settings.compiler = options.compiler.value_or(findCompiler());
    settings.cache = options.cache.value_or(options.outputDir + "/models");
    settings.jobs = sweep.options.jobs > 0 ? sweep.options.jobs : hardwareThreads();
    settings.quiet = options.quiet;
    settings.failFast = options.failFast;
    if (error)
      message["failure"] = options.outputDir + ": cannot create: " + error.message();
    else
      for (Result<std::string> &container : compileAll(sweep.grid.containers, settings))
        message["containers"].push_back(container ? Json{{"path", *container}} : Json{{"failure", container.error()}});
  }
  Json shared = Json::parse(ranks.share(message.dump(-1, ' ', false, Json::error_handler_t::replace)));
  if (shared.contains("failure"))
    return Failure{shared["failure"].get<std::string>()};
  Containers containers;
  for (const Json &container : shared["containers"])
    if (container.contains("path"))
      containers.emplace_back(container["path"].get<std::string>());
    else
      containers.emplace_back(Failure{container["failure"].get<std::string>()});
  return containers;
}

/// Recovery needs data, and data for it need recovery.
static Status checkRecovery(const Sweep &sweep) {
  bool recovers = std::any_of(sweep.grid.cells.begin(), sweep.grid.cells.end(),
                              [](const Cell &cell) { return cell.chip.recovery != Recovery::None; });
  if (recovers && sweep.options.calibration.empty())
    return Failure{"recover: there are no data to fit layers on; add --calibrate=X.npy"};
  if (!recovers && !sweep.options.calibration.empty())
    return Failure{"--calibrate: nothing is fitted on these data; vary or set recover=bias or recover=affine"};
  return {};
}

static Status run(Sweep &sweep, Ranks &ranks) {
  Result<Judge> judge = Judge::open(sweep.options.labels, sweep.options.expect);
  if (judge)
    sweep.judge = std::move(*judge);
  Result<Grid> grid = Grid::build(sweep.options.grid);
  // Every rank reads the same command line: what fails here fails everywhere.
  if (!grid)
    return grid.failure();
  sweep.grid = std::move(*grid);
  if (Status status = checkPlotAxis(sweep.grid, sweep.options.plotAxis); !status)
    return status;
  if (Status status = checkRecovery(sweep); !status)
    return status;
  if (Status status = sweep.options.png && ranks.rank() == 0 ? checkPng() : Status(); !status)
    return status;
  chooseThreads(sweep, ranks);
  Result<Containers> containers = shareContainers(sweep, ranks);
  if (!containers)
    return containers.failure();
  Status status = judge ? prepare(sweep, *containers) : Status(judge.failure());
  if (ranks.rank() == 0) {
    Result<Plan> plan = status ? makePlan(sweep, *containers) : Result<Plan>(status.failure());
    if (plan)
      return leadSweep(sweep, ranks, *plan);
    // The others wait for an answer, and what they say cannot matter more.
    static_cast<void>(lead(ranks, nullptr, {}, {}));
    return plan.failure();
  }
  if (!status) {
    follow(ranks, nullptr, status);
  } else {
    Engine engine(sweep.runs, sweep.judge, sweep.jobs, sweep.threads, ranks.onThisMachine());
    follow(ranks, &engine, status);
  }
  return {};
}

int main(int argc, char **argv) {
  Result<std::unique_ptr<Ranks>> ranks = Ranks::join();
  if (!ranks) {
    std::fprintf(stderr, "aimc-sweep: %s\n", ranks.error().c_str());
    return 1;
  }
  bool isFirst = (*ranks)->rank() == 0;
  int exitStatus = 0;
  std::optional<SweepOptions> options = parseOptions(argc, argv, isFirst, exitStatus);
  if (!options)
    return exitStatus;
  Sweep sweep;
  sweep.options = std::move(*options);
  Status status = run(sweep, **ranks);
  if (status || !isFirst)
    return 0;
  std::fprintf(stderr, "aimc-sweep: %s\n", status.error().c_str());
  return 1;
}
