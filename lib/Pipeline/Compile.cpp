//===- Compile.cpp ----------------------------------------------------------------------------------------------===//
//
// The way, in the order of the functions below:
//   load → toLinalg → toCrossbars (select, partition, quantize) → toDispatches (converters, placement) → host code → container.
// Calibration builds and runs everything from toDispatches on before the ranges are known, and once more when they are.
//
//===------------------------------------------------------------------------------------------------------------===//
#include "aimc/Pipeline/Compile.h"

#include "DataSets.h"
#include "aimc/Codegen/Codegen.h"
#include "aimc/Dialect/Analog/IR/Analog.h"
#include "aimc/Dialect/Analog/Transforms/Passes.h"
#include "aimc/Import/Import.h"
#include "aimc/Pipeline/Calibration.h"
#include "aimc/Target/Container.h"
#include "aimc/Target/TargetDescription.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Support/FileUtilities.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/ToolOutputFile.h"

using namespace aimc;
using namespace mlir;

/// From ONNX to what the analog passes see: one function, since dispatches are counted in the order of one program.
static constexpr StringLiteral kToLinalg = "func.func(onnx-fold-constants,onnx-canonicalize,onnx-widen-floats,onnx-fold-batch-"
                                           "norm,onnx-canonicalize),convert-onnx-to-linalg,inline,"
                                           "canonicalize,cse";
/// What host code still needs of constant expressions is computed when the analog passes have taken theirs.
static constexpr StringLiteral kFoldForHost = "fold-constant-expressions,canonicalize,cse";

static InFlightDiagnostic failWith(MLIRContext &context, const Twine &message) {
  return emitError(UnknownLoc::get(&context)) << message;
}

static LogicalResult run(ModuleOp module, function_ref<LogicalResult(OpPassManager &)> populate) {
  PassManager pm(module->getContext());
  pm.enableVerifier(true);
  return failure(failed(populate(pm)) || failed(pm.run(module)));
}

static LogicalResult run(ModuleOp module, StringRef pipeline) {
  return run(module, [&](OpPassManager &pm) { return parsePassPipeline(pipeline, pm); });
}

//===----------------------------------------------------------------------===//
// Loading
//===----------------------------------------------------------------------===//

static OwningOpRef<ModuleOp> load(const CompileOptions &options, MLIRContext &context) {
  StringRef path = options.input;
  if (path.ends_with(".mlir") || path.ends_with(".mlirbc"))
    return parseSourceFile<ModuleOp>(path, ParserConfig(&context));
  ImportOptions importOptions;
  importOptions.dims = options.dims;
  importOptions.inputShapes = options.inputShapes;
  importOptions.constInputs = options.constInputs;
  return importOnnx(path, importOptions, context);
}

static func::FuncOp findMain(ModuleOp module) {
  auto main = module.lookupSymbol<func::FuncOp>("main");
  if (!main)
    module.emitError() << "no function 'main': name the network's entry so";
  return main;
}

static StringRef nameOfInput(func::FuncOp main, unsigned index) {
  auto name = main.getArgAttrOfType<StringAttr>(index, "onnx.name");
  return name ? name.getValue() : StringRef();
}

/// Reads "[NAME=]LO,HI" and notes it at the inputs it names.
static LogicalResult promiseRange(func::FuncOp main, StringRef text) {
  auto [name, range] = text.contains('=') ? text.rsplit('=') : std::pair<StringRef, StringRef>("", text);
  auto [low, high] = range.split(',');
  double lo, hi;
  if (low.getAsDouble(lo) || high.getAsDouble(hi) || !(lo <= hi))
    return failWith(*main.getContext(), "--input-range takes [NAME=]LO,HI with LO <= HI, not '" + text + "'");
  bool found = false;
  Builder builder(main.getContext());
  for (unsigned i = 0; i < main.getNumArguments(); ++i) {
    if (!name.empty() && nameOfInput(main, i) != name)
      continue;
    main.setArgAttr(i, "analog.input_range", builder.getF64ArrayAttr({lo, hi}));
    found = true;
  }
  if (found)
    return success();
  auto diagnostic = failWith(*main.getContext(), "--input-range names '" + name + "', which is no input; inputs are");
  for (unsigned i = 0; i < main.getNumArguments(); ++i)
    diagnostic << " '" << nameOfInput(main, i) << "'";
  return diagnostic;
}

/// Notes at the inputs which dimension counts samples; -1: none.
static LogicalResult setBatchDim(func::FuncOp main, int64_t dim) {
  auto getRank = [](Type type) { return isa<RankedTensorType>(type) ? cast<RankedTensorType>(type).getRank() : 0; };
  if (dim < -1 || (dim >= 0 && llvm::all_of(main.getArgumentTypes(), [&](Type type) { return dim >= getRank(type); }))) {
    auto diagnostic = failWith(*main.getContext(), "--batch-dim=" + Twine(dim) + ": no input has that dimension;");
    for (auto [i, type] : llvm::enumerate(main.getArgumentTypes()))
      diagnostic << (i ? ", '" : " '") << nameOfInput(main, i) << "' has " << getRank(type);
    return diagnostic;
  }
  Builder builder(main.getContext());
  for (unsigned i = 0; i < main.getNumArguments(); ++i)
    main.setArgAttr(i, "analog.batch_dim", builder.getI64IntegerAttr(dim));
  return success();
}

/// Notes at the inputs which dimension counts samples and what is promised of their values.
static LogicalResult annotateInputs(ModuleOp module, const CompileOptions &options) {
  func::FuncOp main = findMain(module);
  if (!main)
    return failure();
  if (options.batchDim != 0 && failed(setBatchDim(main, options.batchDim)))
    return failure();
  for (const std::string &range : options.inputRanges)
    if (failed(promiseRange(main, range)))
      return failure();
  return success();
}

//===----------------------------------------------------------------------===//
// Printing
//===----------------------------------------------------------------------===//

static LogicalResult print(ModuleOp module, const CompileOptions &options) {
  std::string error;
  auto file = openOutputFile(options.output.empty() ? "-" : options.output, &error);
  if (!file)
    return failWith(*module->getContext(), error);
  OpPrintingFlags flags;
  if (options.output.empty() || options.output == "-") // for reading; a file can be compiled further
    flags.elideLargeResourceString(64).elideLargeElementsAttrs(64);
  flags.enableDebugInfo(true, false);
  module.print(file->os(), flags);
  file->keep();
  return success();
}

//===----------------------------------------------------------------------===//
// Analog
//===----------------------------------------------------------------------===//

/// Fills the module attribute in, unless the file has one. `yaml` receives the description's text.
static LogicalResult setTarget(ModuleOp module, const CompileOptions &options, std::string &yaml) {
  StringRef attribute = analog::AnalogDialect::getTargetAttrName();
  if (module->hasAttr(attribute)) {
    if (options.target.empty() && options.targetOverrides.empty() && options.chips == 0)
      return success();
    return failWith(*module->getContext(), "the file names its own target: remove its attribute '" + attribute +
                                               "' or leave --target, --target-set and --chips out");
  }
  auto description = loadTarget(options.target.empty() ? "generic-pcm" : options.target);
  if (description)
    description = withOverrides(std::move(*description), options.targetOverrides);
  if (!description)
    return failWith(*module->getContext(), llvm::toString(description.takeError()));
  auto target = toAttribute(*description, module->getContext(), std::max<int64_t>(options.chips, 1));
  if (!target)
    return failWith(*module->getContext(), llvm::toString(target.takeError()));
  yaml = description->text;
  module->setAttr(attribute, *target);
  return success();
}

static LogicalResult toCrossbars(ModuleOp module, const CompileOptions &options) {
  analog::AnalogSelectPassOptions select;
  select.digitalNodes = options.digitalNodes;
  select.analogNodes = options.analogNodes;
  return run(module, [&](OpPassManager &pm) {
    pm.addPass(analog::createAnalogSelectPass(select));
    pm.addPass(analog::createAnalogPartitionPass());
    pm.addPass(analog::createAnalogQuantizeWeightsPass({options.weightClip}));
    return success();
  });
}

/// `rangesFile` may be empty. With `lower`, down to one dispatch a layer.
static LogicalResult toDispatches(ModuleOp module, StringRef rangesFile, bool lower) {
  analog::AnalogInsertConvertersPassOptions converters;
  converters.ranges = rangesFile.str();
  return run(module, [&](OpPassManager &pm) {
    pm.addPass(analog::createAnalogInsertConvertersPass(converters));
    pm.addPass(analog::createAnalogPlacePass());
    if (lower) {
      pm.addPass(analog::createAnalogLowerToDispatchPass());
      pm.addPass(analog::createAnalogColumnsLastPass());
    }
    return lower ? parsePassPipeline(kFoldForHost, pm) : success();
  });
}

//===----------------------------------------------------------------------===//
// Building containers
//===----------------------------------------------------------------------===//

namespace {
/// Everything behind the crossbars: given ranges, a container. Host code does not depend on ranges and is made once.
class ContainerBuilder {
public:
  /// `crossbars` is the module after toCrossbars, or linalg for a digital program.
  ContainerBuilder(ModuleOp crossbars, const CompileOptions &options, std::string targetYaml)
      : crossbars(crossbars), options(options), targetYaml(std::move(targetYaml)) {}

  /// The program with dispatches.
  FailureOr<OwningOpRef<ModuleOp>> dispatches(StringRef rangesFile) {
    OwningOpRef<ModuleOp> program = crossbars.clone();
    if (failed(options.digital ? run(*program, kFoldForHost) : toDispatches(*program, rangesFile, /*lower=*/true)))
      return failure();
    return program;
  }

  LogicalResult write(ModuleOp program, StringRef path, bool forThisMachine, bool stripReference) {
    codegen::HostTarget target;
    if (!forThisMachine)
      target = {options.hostTriple, options.hostCpu};
    if (failed(lower(program)) || failed(assemble(target)))
      return failure();
    return writeContainer(program, *host, *object, {stripReference, targetYaml}, path);
  }

  LogicalResult lower(ModuleOp program) {
    if (host)
      return success();
    codegen::HostOptions hostOptions;
    hostOptions.libraryContractions = options.digital || options.fastDigital;
    auto lowered = codegen::lowerHost(program, hostOptions);
    if (failed(lowered))
      return failure();
    host = std::move(*lowered);
    return success();
  }

  ModuleOp hostModule() { return *host->module; }

private:
  LogicalResult assemble(const codegen::HostTarget &target) {
    if (object && assembledFor == std::pair(target.triple, target.cpu))
      return success();
    auto made = codegen::emitHostObject(*host, target);
    if (failed(made))
      return failure();
    object = std::move(*made);
    assembledFor = {target.triple, target.cpu};
    return success();
  }

  ModuleOp crossbars;
  const CompileOptions &options;
  std::string targetYaml;
  std::optional<codegen::HostProgram> host;
  std::optional<codegen::HostObject> object;
  std::pair<std::string, std::string> assembledFor;
};
} // namespace

//===----------------------------------------------------------------------===//
// Calibration
//===----------------------------------------------------------------------===//

static SmallVector<CalibrationSite> listSites(ModuleOp program) {
  SmallVector<CalibrationSite> sites;
  program.walk([&](analog::DispatchOp op) {
    auto crossbar = program.lookupSymbol<analog::CrossbarOp>(op.getCrossbar());
    CalibrationSite site;
    site.node = op.getNode().str();
    site.groups = crossbar.getGroups();
    site.rows = crossbar.getRows();
    site.rowTiles = crossbar.getRowTiles();
    site.tileRows = crossbar.getGrid()->getTileRows();
    site.tileColumns = crossbar.getGrid()->getTileColumns();
    site.columns = crossbar.getColumns();
    site.slices = crossbar.getSlices();
    site.inputSlices = op.getInputSlices();
    site.inputSteps = op.getInputSigned() ? (int64_t(1) << (op.getInputBits() - 1)) - 1 : (int64_t(1) << op.getInputBits()) - 1;
    int64_t bits = op.getAdcBits();
    site.adcSteps = bits == 0 ? 0 : (int64_t(1) << (op.getAdcUnsigned() ? bits : bits - 1)) - 1;
    if (sites.size() <= size_t(op.getSite()))
      sites.resize(op.getSite() + 1);
    sites[op.getSite()] = std::move(site);
  });
  return sites;
}

/// A file that goes when this does.
namespace {
struct TemporaryFile {
  SmallString<128> path;
  explicit TemporaryFile(StringRef suffix) { llvm::sys::fs::createTemporaryFile("aimc", suffix, path); }
  ~TemporaryFile() { llvm::sys::fs::remove(path); }
};
} // namespace

static llvm::Error diagnosed() { return llvm::createStringError("see above"); }

/// Writes measured ranges to `rangesFile`; a network without layers on tiles has none.
static LogicalResult calibrateRanges(ContainerBuilder &builder, const CompileOptions &options, MLIRContext &context,
                                     StringRef rangesFile) {
  auto uncalibrated = builder.dispatches("");
  if (failed(uncalibrated))
    return failure();
  CalibrationTask task;
  task.sites = listSites(**uncalibrated);
  task.rule = options.rangeRule;
  task.tileScales = options.tileScales;
  task.adcSharing = options.adcSharing;
  TemporaryFile container("aimc"), partial("json");
  auto build = [&](const Ranges &ranges) -> llvm::Expected<aimc_model *> {
    if (auto error = saveRanges(ranges, partial.path))
      return std::move(error);
    auto program = builder.dispatches(partial.path);
    if (failed(program) || failed(builder.write(**program, container.path, /*forThisMachine=*/true, /*stripReference=*/false)))
      return diagnosed();
    aimc_model *model = nullptr;
    if (aimc_model_open(container.path.c_str(), &model) != AIMC_OK)
      return llvm::createStringError("calibration cannot load what it built: %s", aimc_last_error());
    return model;
  };
  llvm::StringSet<> told; // the data are run several times
  auto doubt = [&](const std::string &text) {
    if (told.insert(text).second)
      emitWarning(UnknownLoc::get(&context)) << text;
  };
  auto runData = [&](aimc_model *model, aimc_chip *chip, const aimc_run_options &runOptions, StringRef what) {
    return runDataSet(model, chip, options.calibrate, options.inputScale, runOptions, options.quiet ? "" : what.str(), doubt);
  };
  task.build = build;
  task.run = runData;
  llvm::Expected<Ranges> ranges = task.sites.empty() ? Ranges() : calibrate(task);
  if (!ranges)
    return failWith(context, llvm::toString(ranges.takeError()));
  for (StringRef path : {rangesFile, StringRef(options.saveRanges)})
    if (!path.empty())
      if (auto error = saveRanges(*ranges, path))
        return failWith(context, llvm::toString(std::move(error)));
  return success();
}

//===----------------------------------------------------------------------===//
// The whole
//===----------------------------------------------------------------------===//

LogicalResult aimc::compile(const CompileOptions &options, MLIRContext &context) {
  if (failed(codegen::checkHostTarget({options.hostTriple, options.hostCpu}, context)))
    return failure();
  OwningOpRef<ModuleOp> module = load(options, context);
  if (!module)
    return failure();
  if (options.stage == Stage::Onnx)
    return print(*module, options);
  if (failed(annotateInputs(*module, options)) || failed(run(*module, kToLinalg)))
    return failure();
  if (options.stage == Stage::Linalg)
    return print(*module, options);

  std::string targetYaml;
  if (!options.digital && (failed(setTarget(*module, options, targetYaml)) || failed(toCrossbars(*module, options))))
    return failure();
  ContainerBuilder builder(*module, options, std::move(targetYaml));
  TemporaryFile measured("json");
  std::string rangesFile = options.ranges;
  if (!options.digital && !options.calibrate.empty()) {
    if (failed(calibrateRanges(builder, options, context, measured.path)))
      return failure();
    rangesFile = measured.path.str();
  }
  if (options.stage == Stage::Analog) {
    if (!options.digital && failed(toDispatches(*module, rangesFile, /*lower=*/false)))
      return failure();
    return print(*module, options);
  }

  auto program = builder.dispatches(rangesFile);
  if (failed(program))
    return failure();
  if (options.stage == Stage::Llvm)
    return failure(failed(builder.lower(**program)) || failed(print(builder.hostModule(), options)));
  return builder.write(**program, options.output, /*forThisMachine=*/false, options.stripReference);
}
