#include "Options.h"

#include "HelpFormatter.h"

namespace aimc::tools {

static const char *description =
    "Runs a compiled network, MODEL.aimc, on the samples in .npy files, on a simulated or another chip.\n";

static const char *examples =
    R"(Inputs are given in the graph's order (aimc-inspect lists them).
A file holds one array [samples, ...]: when each sample has the right number of elements it is reshaped, integers become floats.
A model compiled for a fixed batch runs as often as needed; its last batch is filled up and the filling's results are dropped.

Examples
  Accuracy of the noiseless chip on 1000 byte images, divided by 255:
    aimc-run resnet14.aimc images_1000_u8.npy --input-scale=1/255 --labels=labels_1000.npy

  The same with programming and output noise, mean and deviation over 10 differently programmed chips:
    aimc-run resnet14.aimc images_1000_u8.npy --input-scale=1/255 --labels=labels_1000.npy --fidelity=noisy --trials=10

  What the converters cost, against a float reference:
    aimc-run resnet14.aimc images_1000_u8.npy --input-scale=1/255 --expect=logits_1000.npy

  Only output noise, one seed, results to a directory:
    aimc-run resnet14.aimc x.npy --fidelity=noisy --seed=7 --disable=programming --output-dir=out

  The same network on devices with 1% stuck cells and 2% noise on every input, which its target leaves out:
    aimc-run resnet14.aimc x.npy --fidelity=noisy --set=device.stuck_at_g_min=0.01,noise.input=0.02

  A chip that was programmed a day ago, with one drift compensation factor per column:
    aimc-run resnet14.aimc x.npy --fidelity=noisy --time=1d --compensate=column

  Which layer loses how much to which effect, a day after programming:
    aimc-run resnet14.aimc x.npy --labels=y.npy --fidelity=noisy --time=1d --report=layers

  The same chip with every column fitted to the float network on calibration data, which were not seen before:
    aimc-run resnet14.aimc x.npy --fidelity=noisy --time=1d --recover=affine --calibrate=calibration.npy

  Every input, ADC code and result of each layer, for 100 rows, to recompute them elsewhere:
    aimc-run resnet14.aimc x.npy --dump-layers=dump --dump-rows=100

Fidelities
  exact      float32 weights and inputs, no converters: the digital network up to the order of sums
  quantized  DAC, integer levels, ADC: bit-exact to docs/numerics.md, whatever threads, batch and machine
  noisy      plus the effects that the target lists, drawn from (seed, trial, place, sample): as reproducible

Results never depend on --threads and --batch. Exit status: 0, or 1 with one line that says what is wrong.)";

namespace {
/// Options whose words become values once the whole line is read.
struct Words {
  std::string fidelity, time = "0", compensation, recovery;
  std::optional<std::string> scale;
  std::vector<std::string> disabled, settings;
};
} // namespace

static void addResultOptions(CLI::App &app, RunOptions &options) {
  const char *group = "Results";
  app.add_option("--output-dir", options.outputDir,
                 "where output_0.npy ... (of the first trial) and outputs.json go; default: the current directory, or nowhere "
                 "when --labels, --expect or --dump-layers asks for something else")
      ->group(group)
      ->type_name("DIR");
  app.add_option("--labels", options.labels, "class of each sample: prints the top-1 accuracy of the first output")
      ->group(group)
      ->type_name("Y.npy");
  app.add_option("--expect", options.expect,
                 "reference of the first output (given again: of the second ...): prints SQNR in dB, "
                 "10 log10(sum ref^2 / sum (ref - out)^2), and the largest error relative to the reference's range")
      ->group(group)
      ->type_name("OUT.npy")
      ->allow_extra_args(false);
  app.add_option("--dump-layers", options.dumpLayers,
                 "writes what recomputes a layer, one directory per weight matrix: x, levels, weight_scale, adc_range, alpha, "
                 "bias, codes, y as .npy and layer.json; first trial, rows in the order of the calls")
      ->group(group)
      ->type_name("DIR");
  app.add_option("--dump-rows", options.dumpRows, "at most so many rows of each matrix")
      ->group(group)
      ->type_name("N")
      ->capture_default_str()
      ->check(CLI::Range(int64_t(1), int64_t(1) << 40).description(""));
  app.add_option("--report", options.report,
                 "layers: instead of results, how far each layer is from the float network in dB: with the converters alone, "
                 "with each effect of --fidelity=noisy alone, with all")
      ->group(group)
      ->type_name("layers")
      ->check(CLI::IsMember({"layers"}).description(""));
  app.add_flag("--json", options.json, "prints one JSON object instead of text")->group(group);
}

static void addChipOptions(CLI::App &app, RunOptions &options, Words &words) {
  const char *group = "Chip";
  ChipSettings &chip = options.chip;
  words.fidelity = nameOf(fidelities(), chip.fidelity);
  words.compensation = nameOf(compensations(), chip.compensation);
  words.recovery = nameOf(recoveries(), chip.recovery);
  app.add_option("--driver", chip.driver, "simulator, trace, or a shared library (a path with a '/')")
      ->group(group)
      ->type_name("NAME|PATH.so")
      ->capture_default_str();
  app.add_option("--driver-arg", chip.driverArgument, "handed to the driver; trace: the file that receives the events")
      ->group(group)
      ->type_name("ARG");
  app.add_option("--fidelity", words.fidelity, "exact, quantized or noisy")
      ->group(group)
      ->type_name("NAME")
      ->capture_default_str()
      ->check(CLI::IsMember(namesOf(fidelities())).description(""));
  app.add_option("--seed", chip.seed, "of everything random")->group(group)->type_name("N")->capture_default_str();
  app.add_option("--trials", options.trials, "chips programmed one after the other, each with its own noise")
      ->group(group)
      ->type_name("N")
      ->capture_default_str()
      ->check(CLI::Range(1u, 1u << 30).description(""));
  app.add_option("--disable", words.disabled, "noisy: effects left out: " + listOf(namesOf(effects())))
      ->group(group)
      ->type_name("EFFECT,...")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(CLI::IsMember(namesOf(effects())).description(""));
  app.add_option("--set", words.settings,
                 "changes the target's device, noise, converters or wires; keys, values and units as in docs/targets.md, "
                 "such as noise.input=0.01, \"noise.output=0.3 LSB\", device.model=rram-milo, adc.bits=6")
      ->group(group)
      ->type_name("KEY=VALUE,...")
      ->delimiter(',')
      ->allow_extra_args(false);
  app.add_option("--time", words.time, "noisy: since programming, in seconds or with a unit: 90, 10s, 5min, 1h, 1d")
      ->group(group)
      ->type_name("TIME")
      ->capture_default_str();
  app.add_option("--compensate", words.compensation,
                 "noisy: drift is compensated by a factor for each tile, each column of a tile, or not: tile, column, none")
      ->group(group)
      ->type_name("NAME")
      ->capture_default_str()
      ->check(CLI::IsMember(namesOf(compensations())).description(""));
  app.add_option("--recover", words.recovery,
                 "after programming, layers are fitted to the float network on the data of --calibrate, column by column: bias "
                 "(the mean), affine (least squares), none")
      ->group(group)
      ->type_name("NAME")
      ->capture_default_str()
      ->check(CLI::IsMember(namesOf(recoveries())).description(""));
  app.add_option("--calibrate", options.network.calibration, "data for --recover; given again: of the second input ...")
      ->group(group)
      ->type_name("X.npy")
      ->allow_extra_args(false);
}

static void addRunningOptions(CLI::App &app, RunOptions &options, Words &words) {
  const char *group = "Running";
  app.add_option("--threads", options.threads, "0: one per hardware thread")
      ->group(group)
      ->type_name("N")
      ->capture_default_str()
      ->check(CLI::Range(0, 4096).description(""));
  app.add_option("--batch", options.network.batch,
                 "samples per run of a model whose batch is free; default: 128, or all when fewer")
      ->group(group)
      ->type_name("N")
      ->check(CLI::Range(int64_t(1), int64_t(1) << 40).description(""));
  app.add_option("--input-scale", words.scale,
                 "integer data of a float input are multiplied: A/B computes float32(v) * A / B, a decimal "
                 "S float32(v) * S, each step rounded to float32")
      ->group(group)
      ->type_name("A/B|S");
}

static Status readWords(const Words &words, RunOptions &options) {
  if (words.scale) {
    Result<InputScale> scale = InputScale::parse(*words.scale);
    if (!scale)
      return scale.failure();
    options.network.inputScale = *scale;
  }
  ChipSettings &chip = options.chip;
  chip.recovery = find(recoveries(), words.recovery)->value;
  chip.fidelity = find(fidelities(), words.fidelity)->value;
  chip.compensation = find(compensations(), words.compensation)->value;
  for (const std::string &name : words.disabled)
    chip.disabledEffects |= 1u << find(effects(), name)->value;
  for (const std::string &setting : words.settings)
    chip.settings += (chip.settings.empty() ? "" : ",") + setting;
  Result<double> seconds = parseSeconds(words.time);
  if (!seconds)
    return Failure{"--time: " + seconds.error()};
  chip.timeSeconds = *seconds;
  return {};
}

std::optional<RunOptions> parseOptions(int argc, char **argv, int &exitStatus) {
  RunOptions options;
  Words words;
  CLI::App app(description, "aimc-run");
  app.footer(examples);
  app.set_version_flag("--version", aimc_version());
  app.formatter(std::make_shared<HelpFormatter>());
  app.add_option("MODEL", options.network.model, "the compiled network, MODEL.aimc")->required();
  app.add_option("INPUT", options.network.inputs, "one .npy file per graph input");
  addResultOptions(app, options);
  addChipOptions(app, options, words);
  addRunningOptions(app, options, words);

  auto fail = [&](const std::string &message) {
    std::fprintf(stderr, "aimc-run: %s\n", message.c_str());
    exitStatus = 1;
    return std::nullopt;
  };
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success &request) {
    exitStatus = app.exit(request);
    return std::nullopt;
  } catch (const CLI::ParseError &error) {
    return fail(std::string(error.what()) + "; --help shows all");
  }
  if (Status status = readWords(words, options); !status)
    return fail(status.error());
  return options;
}

} // namespace aimc::tools
