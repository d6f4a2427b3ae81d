#include "Options.h"

#include "HelpFormatter.h"
#include "Parameters.h"

namespace aimc::tools {

static const char *description = "Runs networks on many simulated chips: every combination of what --vary lists, --trials "
                                 "differently programmed chips of each.\n"
                                 "Writes a table of all runs, one of all combinations, and plots.\n";

static const char *examples =
    R"(A sweep is a grid. Each --vary is an axis; the last one varies fastest. Trials of one seed see the same random
numbers at every point, so that points differ by what was varied and not by luck.

Values
  time=0,1h,1d,30d               written out
  adc.bits=4..8                  4, 5, 6, 7, 8
  noise.output=0LSB..2LSB+0.5    0, 0.5, 1, 1.5, 2 LSB
  time=1s..1d*10                 1 s, 10 s, ... 10000 s: each ten times the last, up to a day
  tile.rows+tile.columns=64,128  both at once: 64 x 64, then 128 x 128

Examples
  How a compiled network ages, with and without drift compensation, 20 chips of each:
    aimc-sweep resnet14.aimc --inputs images_u8.npy --input-scale=1/255 --labels=labels.npy --trials=20 \
        --vary time=0,1h,1d,30d --vary compensate=none,tile

  The same with every column of every layer fitted on calibration data, at each age:
    aimc-sweep resnet14.aimc --inputs images_u8.npy --input-scale=1/255 --labels=labels.npy --trials=20 \
        --vary time=0,1h,1d,30d --vary recover=none,bias,affine --calibrate=training_u8.npy

  Which effect costs what:
    aimc-sweep resnet14.aimc --inputs x.npy --labels=y.npy --set time=1d \
        --vary effects=none,programming,output-noise,drift,flicker,all

  How many bits the ADC needs, by the height of the array; each point is compiled once:
    aimc-sweep net.onnx --inputs x.npy --labels=y.npy --compile='--calibrate=c.npy' \
        --vary adc.bits=4..9 --vary tile.rows=64,128,256

  Several networks or chips:
    aimc-sweep lenet.onnx mlp.onnx --inputs x.npy --labels=y.npy --vary target=generic-pcm,hermes,my-chip.yaml

  Three chips that differ in more than one thing:
    aimc-sweep net.aimc --inputs x.npy --labels=y.npy --vary time=0,1h,1d --variant pcm:device.model=pcm \
        --variant hermes:device.model=pcm-hermes,device.g_max=10.35uS \
        --variant pair:device.model=pcm-hermes,device.g_max=10.35uS,device.per_weight=2

  On four processes, of one machine or of several that share a file system:
    mpirun -n 4 aimc-sweep net.onnx ...

Output directory
  results.csv    one line for each run        journal.jsonl  what is finished: the same command again goes on where a kill
  summary.csv    one line for each point                     stopped it, and with more trials or values reuses what fits
  results.json   both                         models/        what was compiled
  *.svg, *.png   plots: the mean, a band of one deviation, whiskers from the 5 % to the 95 % quantile

A run that fails, or a point that cannot be compiled, leaves the others alone: its row in results.csv has the reason in the
column `error`, and the same command again tries it again.

Results never depend on --jobs, --threads, --batch, the number of processes, or the order in which runs finish.)";

/// Splits at blanks outside of quotes.
static std::vector<std::string> words(const std::string &text) {
  std::vector<std::string> parts;
  std::string part;
  char quote = 0;
  bool began = false;
  for (char c : text) {
    if (quote ? c == quote : c == '\'' || c == '"') {
      quote = quote ? 0 : c;
      began = true;
    } else if (!quote && (c == ' ' || c == '\t' || c == '\n')) {
      if (began)
        parts.push_back(part);
      part.clear();
      began = false;
    } else {
      part += c;
      began = true;
    }
  }
  if (began)
    parts.push_back(part);
  return parts;
}

/// "Parameters" of --help, from the tables.
static std::string parameterHelp() {
  std::string text = "Parameters\n  of the chip (models may be compiled already)\n";
  for (const RunParameter &parameter : runParameters()) {
    std::string line = "    " + std::string(parameter.name) + "=" + parameter.values;
    line.resize(std::max<size_t>(line.size() + 2, 36), ' ');
    text += line + parameter.description + "\n";
  }
  text += "  of the compiler (models are .onnx or .mlir)\n";
  for (const CompileParameter &parameter : compileParameters()) {
    std::string line = "    " + std::string(parameter.name);
    line.resize(36, ' ');
    text += line + parameter.description + "\n";
  }
  return text + R"(  keys of the target (docs/targets.md)
    device.*, noise.*, wires.*, adc.*  of the chip: device.model, device.stuck_at_g_min, noise.output, wires.ir_drop, adc.dnl
    SECTION.KEY                        others of the compiler: weights.bits, tile.rows, input.bits; adc.bits where it compiles

)";
}

std::optional<SweepOptions> parseOptions(int argc, char **argv, bool speaks, int &exitStatus) {
  SweepOptions options;
  CLI::App app(description, "aimc-sweep");
  app.footer(parameterHelp() + examples);
  app.set_version_flag("--version", aimc_version());
  app.formatter(std::make_shared<HelpFormatter>());

  app.add_option("MODEL", options.grid.models, "compiled networks, MODEL.aimc, or ONNX models that the sweep compiles")
      ->required();

  const char *sweep = "Sweep";
  app.add_option("--vary", options.grid.vary, "an axis; give it again for the next one")
      ->group(sweep)
      ->type_name("NAME=VALUE,...")
      ->allow_extra_args(false);
  app.add_option("--variant", options.grid.variants,
                 "one value of an axis of its own, made of several parameters; again for the next")
      ->group(sweep)
      ->type_name("NAME:KEY=VALUE,...")
      ->allow_extra_args(false);
  app.add_option("--set", options.grid.fixed, "a parameter that is the same at every point")
      ->group(sweep)
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  app.add_option("--trials", options.grid.trials, "chips programmed at each point, each with its own noise")
      ->group(sweep)
      ->type_name("N")
      ->capture_default_str()
      ->check(CLI::Range(1u, 1u << 30).description(""));
  app.add_flag("--baseline", options.grid.baseline,
               "also the float network (fidelity exact) of every model: a line in the plots")
      ->group(sweep);

  const char *data = "Data";
  app.add_option("--inputs", options.inputs, "samples; give it again for each further graph input, in the graph's order")
      ->group(data)
      ->type_name("X.npy")
      ->required()
      ->allow_extra_args(false);
  auto *scale = app.add_option("--input-scale", options.inputScaleText, "what multiplies integer data of a float input")
                    ->group(data)
                    ->type_name("A/B|S");
  app.add_option("--labels", options.labels, "class of each sample: top-1 accuracy of the first output")
      ->group(data)
      ->type_name("Y.npy");
  app.add_option("--expect", options.expect, "reference of the first output (given again: of the second ...): SQNR and errors")
      ->group(data)
      ->type_name("OUT.npy")
      ->allow_extra_args(false);
  app.add_option("--batch", options.batch, "samples per run of the network; default: 128, or all when fewer")
      ->group(data)
      ->type_name("N")
      ->check(CLI::Range(int64_t(1), int64_t(1) << 40).description(""));

  app.add_option(
         "--calibrate", options.calibration,
         "data that recover=bias and recover=affine fit layers on, not for compiling; again for each further graph input")
      ->group(data)
      ->type_name("X.npy")
      ->allow_extra_args(false);

  const char *compiling = "Compiling";
  std::vector<std::string> compile;
  app.add_option("--compile", compile,
                 "arguments for aimc-compile at every point, such as '--calibrate=c.npy --input-scale=1/255'")
      ->group(compiling)
      ->type_name("ARGS")
      ->allow_extra_args(false);
  app.add_option("--compiler", options.compiler, "aimc-compile; default: the one beside this program")
      ->group(compiling)
      ->type_name("PATH");
  app.add_option("--cache", options.cache, "where containers are kept; default: models in the output directory")
      ->group(compiling)
      ->type_name("DIR");

  const char *output = "Output";
  app.add_option("--output-dir", options.outputDir, "where everything goes")
      ->group(output)
      ->type_name("DIR")
      ->capture_default_str();
  app.add_flag("--restart", options.restart, "forgets what an earlier sweep in this directory had finished")->group(output);
  app.add_option("--plot", options.plotAxis, "the axis from left to right; default: time, else the one with most numbers")
      ->group(output)
      ->type_name("NAME");

  app.add_flag("--png", options.png, "plots as PNG files too; needs rsvg-convert (Debian: librsvg2-bin)")->group(output);

  const char *running = "Running";
  app.add_option("--jobs", options.jobs,
                 "runs at once, in each process; 0: one for each hardware thread, fewer when memory is scarce")
      ->group(running)
      ->type_name("N")
      ->capture_default_str()
      ->check(CLI::Range(0, 4096).description(""));
  app.add_option("--threads", options.threads, "threads of all runs of a process together; 0: one for each hardware thread")
      ->group(running)
      ->type_name("N")
      ->capture_default_str()
      ->check(CLI::Range(0, 4096).description(""));
  app.add_flag("--fail-fast", options.failFast,
               "ends at the first run that fails; else the others go on, and the exit status is 1 at the end")
      ->group(running);
  app.add_flag("--quiet", options.quiet, "no progress and no table")->group(running);

  auto fail = [&](const std::string &message) {
    if (speaks)
      std::fprintf(stderr, "aimc-sweep: %s\n", message.c_str());
    exitStatus = speaks ? 1 : 0;
    return std::nullopt;
  };
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success &request) {
    exitStatus = speaks ? app.exit(request) : 0;
    return std::nullopt;
  } catch (const CLI::ParseError &error) {
    return fail(std::string(error.what()) + "; --help shows all");
  }
  if (scale->count()) {
    Result<InputScale> parsed = InputScale::parse(options.inputScaleText);
    if (!parsed)
      return fail(parsed.error());
    options.inputScale = *parsed;
  }
  if (!options.labels && options.expect.empty())
    return fail("a sweep judges outputs: give --labels=Y.npy, --expect=OUT.npy, or both");
  for (const std::string &text : compile)
    for (std::string &word : words(text))
      options.grid.compilerArguments.push_back(std::move(word));
  return options;
}

} // namespace aimc::tools
