//===- aimc-compile.cpp - a model file in, a container out ------------------------------------------------------===//
#include "aimc/InitAll.h"
#include "aimc/Pipeline/Compile.h"
#include "aimc/Pipeline/Diagnostics.h"
#include "aimc/aimc.h"

#include "mlir/IR/DialectRegistry.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/WithColor.h"

namespace cl = llvm::cl;
using aimc::Stage;

static cl::OptionCategory modelCategory("Model", "What is compiled");
static cl::OptionCategory chipCategory("Chip", "What it is compiled for");
static cl::OptionCategory rangeCategory("Ranges",
                                        "Input scales and ADC ranges: measured on data, given, or data-free defaults");
static cl::OptionCategory hostCategory("Host", "The digital half");

static cl::opt<std::string> input(cl::Positional, cl::desc("MODEL.onnx|IN.mlir"), cl::Required, cl::cat(modelCategory));
static cl::opt<std::string> output("o", cl::desc("Where the container goes (with --emit: the text; - is standard output)"),
                                   cl::value_desc("OUT.aimc"), cl::cat(modelCategory));
static cl::list<std::string> dims("dim", cl::desc("Give a named dimension its size, e.g. --dim N=1; others stay dynamic"),
                                  cl::value_desc("NAME=N"), cl::cat(modelCategory));
static cl::list<std::string>
    inputShape("input-shape",
               cl::desc("Give an input its shape, e.g. --input-shape image=1x3x224x?; a dimension given as ? stays as it is"),
               cl::value_desc("NAME=DxD"), cl::cat(modelCategory));
static cl::list<std::string> constInput(
    "const-input",
    cl::desc("Make a graph input a constant with the value in a file, so that a weight which is fed can go on a crossbar"),
    cl::value_desc("NAME=FILE.npy|FILE.pb"), cl::cat(modelCategory));
static cl::opt<int64_t> batchDim("batch-dim", cl::desc("Dimension of the graph inputs that counts samples (0); -1: none"),
                                 cl::value_desc("D"), cl::init(0), cl::cat(modelCategory));
static cl::list<std::string>
    inputRange("input-range",
               cl::desc("Promise that an input (without NAME: every input) lies in LO..HI; LO >= 0 gives unsigned input codes"),
               cl::value_desc("[NAME=]LO,HI"), cl::cat(modelCategory));
static cl::opt<Stage> emit("emit", cl::desc("Stop at a stage and print it:"), cl::init(Stage::Container),
                           cl::values(clEnumValN(Stage::Onnx, "onnx", "the graph as imported, shapes inferred"),
                                      clEnumValN(Stage::Linalg, "linalg", "what the analog passes see"),
                                      clEnumValN(Stage::Analog, "analog", "crossbars with levels, converters and placement"),
                                      clEnumValN(Stage::Llvm, "llvm", "the host code before it becomes an object")),
                           cl::cat(modelCategory));

static cl::opt<std::string> target("target",
                                   cl::desc("Chip description: generic-pcm (default), generic-rram, hermes, ideal, or a file"),
                                   cl::value_desc("NAME|FILE.yaml"), cl::cat(chipCategory));
static cl::list<std::string> targetSet("target-set", cl::desc("Change a key of the description, e.g. --target-set=adc.bits=6"),
                                       cl::value_desc("KEY=VALUE"), cl::cat(chipCategory));
static cl::opt<int64_t> chips("chips", cl::desc("How many such chips there are (1)"), cl::value_desc("N"), cl::init(1),
                              cl::cat(chipCategory));
static cl::opt<bool> digital("digital", cl::desc("Everything on the host, nothing on crossbars"), cl::cat(chipCategory));
static cl::opt<std::string>
    digitalNodes("digital-nodes", cl::desc("Nodes that stay digital: a regular expression that matches whole ONNX node names"),
                 cl::value_desc("REGEX"), cl::cat(chipCategory));
static cl::opt<std::string> analogNodes("analog-nodes",
                                        cl::desc("Nodes that go on crossbars although the default says no: likewise"),
                                        cl::value_desc("REGEX"), cl::cat(chipCategory));

static cl::opt<std::string>
    weightClip("weight-clip",
               cl::desc("Cuts the largest weights, so that the others conduct more: at K root mean squares "
                        "of those that share a scale, or where the squared error is least"),
               cl::value_desc("K|mse"), cl::cat(chipCategory));

static cl::opt<std::string>
    calibrate("calibrate",
              cl::desc("Measure ranges on these samples; a folder holds one file for each graph input, in name order"),
              cl::value_desc("FILE.npy|DIR"), cl::cat(rangeCategory));
static cl::opt<std::string> inputScale("input-scale", cl::desc("Factor for integer samples of a float input, e.g. 1/255"),
                                       cl::value_desc("FACTOR"), cl::cat(rangeCategory));
static cl::opt<std::string>
    rangeRule("range-rule", cl::desc("How ranges follow from data: percentile[:P] (percentile:99.99), max, mse, l1 or lp:P"),
              cl::value_desc("RULE"), cl::init("percentile"), cl::cat(rangeCategory));
static cl::opt<std::string>
    inputScales("input-scales",
                cl::desc("Measured input scales: one for all DACs of a layer (layer, the default) or for each row tile (tile)"),
                cl::value_desc("layer|tile"), cl::init("layer"), cl::cat(rangeCategory));
static cl::opt<std::string>
    adcRanges("adc-ranges",
              cl::desc("Measured ADC ranges: one for each column of a tile (the default), each tile, or each layer"),
              cl::value_desc("column|tile|layer"), cl::init("column"), cl::cat(rangeCategory));
static cl::opt<std::string> saveRanges("save-ranges", cl::desc("Write the measured ranges"), cl::value_desc("FILE.json"),
                                       cl::cat(rangeCategory));
static cl::opt<std::string> ranges("ranges", cl::desc("Use ranges written before"), cl::value_desc("FILE.json"),
                                   cl::cat(rangeCategory));

static cl::opt<bool> stripReference("strip-reference",
                                    cl::desc("Leave out the float weights: a smaller file that cannot run --fidelity=exact"),
                                    cl::cat(hostCategory));
static cl::opt<bool>
    fastDigital("fast-digital",
                cl::desc("Digital products through the fastest library; their last bits then vary with batch and machine"),
                cl::cat(hostCategory));
static cl::opt<std::string> hostTriple("host-triple", cl::desc("LLVM triple of the host code (x86_64-unknown-linux-gnu)"),
                                       cl::value_desc("TRIPLE"), cl::cat(hostCategory));
static cl::opt<std::string> hostCpu("host-cpu", cl::desc("LLVM cpu of the host code (x86-64-v3, or generic armv8-a)"),
                                    cl::value_desc("CPU"), cl::cat(hostCategory));
static cl::opt<bool> quiet("quiet", cl::desc("No remarks and no progress"), cl::cat(hostCategory));

static const char *const kOverview =
    "aimc-compile: compiles an ONNX network for an analog in-memory-computing chip\n\n"
    "Layers with constant weights go on crossbars, everything else becomes host code; the container holds both and runs\n"
    "with aimc-run. Without calibration data the input scale of every MVM is measured at run time and the ADC ranges follow\n"
    "from the weights; with data both are measured and usually much better.\n\n"
    "  aimc-compile net.onnx -o net.aimc                                  for the default chip, no data\n"
    "  aimc-compile net.onnx -o net.aimc --target=generic-rram --calibrate=images.npy --input-scale=1/255\n"
    "  aimc-compile net.onnx -o net.aimc --digital                        the float network\n"
    "  aimc-compile net.onnx -o net.aimc --input-shape image=1x3x224x224  sizes that the file leaves open\n"
    "  aimc-compile net.onnx --emit=analog --digital-nodes='/head/.*'     see what the passes made of it\n";

/// An option that was given and could do nothing, with the reason; empty when there is none.
static std::string findUselessOption() {
  const cl::Option *ofCrossbars[] = {&digitalNodes, &analogNodes, &weightClip, &calibrate, &ranges, &fastDigital};
  for (const cl::Option *option : ofCrossbars)
    if (digital && option->getNumOccurrences())
      return ("--" + option->ArgStr + " has no use with --digital, which puts nothing on crossbars").str();
  llvm::StringRef file(input.getValue());
  const cl::Option *ofOnnx[] = {std::addressof(dims), std::addressof(inputShape), std::addressof(constInput)};
  for (const cl::Option *option : ofOnnx)
    if ((file.ends_with(".mlir") || file.ends_with(".mlirbc")) && option->getNumOccurrences())
      return ("--" + option->ArgStr + " is for ONNX models; " + file + " has its types").str();
  if (inputScale.getNumOccurrences() && calibrate.getValue().empty())
    return "--input-scale converts the samples of --calibrate; give both or none";
  for (const cl::Option *option : {std::addressof(inputScales), std::addressof(adcRanges)})
    if (option->getNumOccurrences() && calibrate.getValue().empty())
      return ("--" + option->ArgStr + " says what --calibrate measures; give both or none").str();
  return "";
}

/// Reads NAME=N; the last '=' divides, since names may hold one.
static bool parseDim(llvm::StringRef text, llvm::StringMap<int64_t> &dims) {
  auto [name, size] = text.rsplit('=');
  int64_t value;
  if (name.empty() || size.getAsInteger(10, value) || value < 1)
    return false;
  dims[name] = value;
  return true;
}

/// Reads NAME=1x3x?; the last '=' divides. A dimension that is not given is -1.
static bool parseInputShape(llvm::StringRef text, llvm::StringMap<llvm::SmallVector<int64_t, 4>> &shapes) {
  auto [name, sizes] = text.rsplit('=');
  llvm::SmallVector<int64_t, 4> shape;
  for (llvm::StringRef size : llvm::split(sizes, 'x')) {
    int64_t value = -1;
    if (size != "?" && (size.getAsInteger(10, value) || value < 1))
      return false;
    shape.push_back(value);
  }
  return !name.empty() && shapes.try_emplace(name, shape).second;
}

/// Reads NAME=FILE; both may hold an '=', so the file is the longest end that exists, or what stands behind the last one.
static std::pair<llvm::StringRef, llvm::StringRef> splitConstInput(llvm::StringRef text) {
  for (size_t at = text.find('='); at != llvm::StringRef::npos; at = text.find('=', at + 1))
    if (llvm::sys::fs::exists(text.drop_front(at + 1)))
      return {text.take_front(at), text.drop_front(at + 1)};
  return text.rsplit('=');
}

// What follows fills in CompileOptions from the command line; a message says what is wrong with it, none when nothing is.

static std::string readModelOptions(aimc::CompileOptions &options) {
  options.input = input;
  options.output = output;
  options.stage = emit;
  for (const std::string &dim : dims)
    if (!parseDim(dim, options.dims))
      return "--dim takes NAME=N with N >= 1, not '" + dim + "'";
  for (const std::string &shape : inputShape)
    if (!parseInputShape(shape, options.inputShapes))
      return "--input-shape takes NAME=DxD, each D at least 1 or ?, once for an input, not '" + shape + "'";
  for (const std::string &text : constInput) {
    auto [name, file] = splitConstInput(text);
    if (name.empty() || file.empty())
      return "--const-input takes NAME=FILE, not '" + text + "'";
    options.constInputs[name] = file.str();
  }
  options.batchDim = batchDim;
  options.inputRanges.assign(inputRange.begin(), inputRange.end());
  return "";
}

static std::string readChipOptions(aimc::CompileOptions &options) {
  options.target = target;
  options.targetOverrides.assign(targetSet.begin(), targetSet.end());
  if (chips < 1)
    return "--chips takes a number of at least 1, not " + std::to_string(chips);
  options.chips = chips.getNumOccurrences() ? int64_t(chips) : 0;
  options.digital = digital;
  options.digitalNodes = digitalNodes;
  options.analogNodes = analogNodes;
  options.weightClip = weightClip;
  return "";
}

static std::string readRangeOptions(aimc::CompileOptions &options) {
  options.calibrate = calibrate;
  options.inputScale = inputScale;
  auto rule = aimc::parseRangeRule(rangeRule);
  if (!rule)
    return "--range-rule takes percentile, percentile:P with 0 < P <= 100, max, mse, l1 or lp:P with 1 <= P <= 64, not '" +
           rangeRule + "'";
  options.rangeRule = *rule;
  if (inputScales != "layer" && inputScales != "tile")
    return "--input-scales takes layer or tile, not '" + inputScales + "'";
  options.tileScales = inputScales == "tile";
  if (adcRanges == "tile")
    options.adcSharing = aimc::AdcSharing::Tile;
  else if (adcRanges == "layer")
    options.adcSharing = aimc::AdcSharing::Layer;
  else if (adcRanges != "column")
    return "--adc-ranges takes column, tile or layer, not '" + adcRanges + "'";
  options.saveRanges = saveRanges;
  options.ranges = ranges;
  if (!options.calibrate.empty() && !options.ranges.empty())
    return "--calibrate measures ranges and --ranges gives them: choose one";
  return "";
}

static void readHostOptions(aimc::CompileOptions &options) {
  options.stripReference = stripReference;
  options.fastDigital = fastDigital;
  options.hostTriple = hostTriple;
  options.hostCpu = hostCpu;
  options.quiet = quiet;
}

/// What could not be written in the end, found before the work.
static std::string checkOutputs(const aimc::CompileOptions &options) {
  if (!options.saveRanges.empty() && options.calibrate.empty())
    return "--save-ranges writes what --calibrate measures: give --calibrate=FILE.npy";
  if (options.stage == Stage::Container && options.output.empty())
    return "say where the container goes with -o OUT.aimc";
  for (llvm::StringRef path : {llvm::StringRef(options.output), llvm::StringRef(options.saveRanges)})
    if (llvm::StringRef folder = llvm::sys::path::parent_path(path); !folder.empty() && !llvm::sys::fs::is_directory(folder))
      return ("no folder '" + folder + "' to write " + path + " to").str();
  return "";
}

static std::string readOptions(aimc::CompileOptions &options) {
  for (auto read : {readModelOptions, readChipOptions, readRangeOptions})
    if (std::string error = read(options); !error.empty())
      return error;
  readHostOptions(options);
  if (std::string useless = findUselessOption(); !useless.empty())
    return useless;
  return checkOutputs(options);
}

int main(int argc, char **argv) {
  llvm::InitLLVM init(argc, argv);
  cl::SetVersionPrinter([](llvm::raw_ostream &os) { os << "aimc-compile " << aimc_version() << "\n"; });
  cl::HideUnrelatedOptions({&modelCategory, &chipCategory, &rangeCategory, &hostCategory});
  cl::ParseCommandLineOptions(argc, argv, kOverview);

  aimc::CompileOptions options;
  if (std::string error = readOptions(options); !error.empty()) {
    llvm::WithColor::error(llvm::errs(), "aimc-compile") << error << "\n";
    return 1;
  }

  aimc::registerPasses(); // pipelines are written as text
  mlir::DialectRegistry registry;
  aimc::registerDialects(registry);
  mlir::MLIRContext context(registry);
  aimc::DiagnosticPrinter printer(context, llvm::errs(), /*showRemarks=*/!quiet);
  return llvm::failed(aimc::compile(options, context));
}
