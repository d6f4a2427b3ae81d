//===- Emit.cpp - from the LLVM dialect to an ELF shared object -------------------------------------------------===//
#include "lld/Common/Driver.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Target/LLVMIR/Dialect/Builtin/BuiltinToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/LLVMIR/LLVMToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/AsmParser/Parser.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/Linker/Linker.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/Transforms/IPO/MergeFunctions.h"

#include "SupportCode.h"
#include "aimc/Codegen/Codegen.h"
#include "aimc/env.h"

#include <mutex>

LLD_HAS_DRIVER(elf)

using namespace mlir;
using namespace aimc;

//===- the machine ----------------------------------------------------------------------------------------------===//

static StringRef defaultCpu(const llvm::Triple &triple) { return triple.isX86() ? "x86-64-v3" : "generic"; }

/// The machine that `target` names, after its defaults are filled in; null, and an error, when there is none.
static std::unique_ptr<llvm::TargetMachine> createMachine(Location loc, codegen::HostTarget &target) {
  static std::once_flag once;
  std::call_once(once, [] {
    llvm::InitializeAllTargetInfos();
    llvm::InitializeAllTargets();
    llvm::InitializeAllTargetMCs();
    llvm::InitializeAllAsmPrinters();
  });
  if (target.triple.empty())
    target.triple =
        llvm::Triple(llvm::sys::getProcessTriple()).isAArch64() ? "aarch64-unknown-linux-gnu" : "x86_64-unknown-linux-gnu";
  llvm::Triple triple(llvm::Triple::normalize(target.triple));
  if (target.cpu.empty())
    target.cpu = defaultCpu(triple).str();
  std::string problem;
  const llvm::Target *known = llvm::TargetRegistry::lookupTarget(triple, problem);
  if (!known) {
    emitError(loc) << "host triple '" << target.triple << "' is unknown: " << problem
                   << "; others are x86_64-unknown-linux-gnu and aarch64-unknown-linux-gnu";
    return {};
  }
  if (!triple.isArch64Bit() || !triple.isLittleEndian() || !triple.isOSBinFormatELF()) {
    emitError(loc) << "host triple '" << target.triple
                   << "' is no 64-bit little-endian ELF machine, such as x86_64-unknown-linux-gnu";
    return {};
  }
  std::unique_ptr<llvm::MCSubtargetInfo> subtarget(known->createMCSubtargetInfo(triple, "", ""));
  if (!subtarget || !subtarget->isCPUStringValid(target.cpu)) {
    emitError(loc) << "host cpu '" << target.cpu << "' is unknown for " << target.triple << "; without a name it is "
                   << defaultCpu(triple);
    return {};
  }
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  options.FunctionSections = options.DataSections = true;
  return std::unique_ptr<llvm::TargetMachine>(known->createTargetMachine(triple, target.cpu, "", options, llvm::Reloc::PIC_,
                                                                         std::nullopt, llvm::CodeGenOptLevel::Default));
}

/// What a loader must find in the processor, by LLVM's names.
static std::vector<std::string> neededFeatures(const llvm::TargetMachine &machine) {
  static constexpr const char *x86[] = {"sse3",         "ssse3",
                                        "sse4.1",       "sse4.2",
                                        "popcnt",       "crc32",
                                        "avx",          "avx2",
                                        "fma",          "f16c",
                                        "bmi",          "bmi2",
                                        "lzcnt",        "movbe",
                                        "avx512f",      "avx512bw",
                                        "avx512cd",     "avx512dq",
                                        "avx512vl",     "avx512vnni",
                                        "avx512bf16",   "avx512vbmi",
                                        "avx512vbmi2",  "avx512ifma",
                                        "avx512bitalg", "avx512vpopcntdq",
                                        "avx512fp16",   "avxvnni",
                                        "gfni",         "vaes",
                                        "vpclmulqdq",   "amx-tile",
                                        "amx-int8",     "amx-bf16"};
  static constexpr const char *arm[] = {"lse", "fullfp16", "rdm", "dotprod", "fp16fml", "sve"};
  std::vector<std::string> needed;
  for (StringRef feature : machine.getTargetTriple().isX86() ? ArrayRef<const char *>(x86) : ArrayRef<const char *>(arm))
    if (machine.getMCSubtargetInfo()->checkFeatures(("+" + feature).str()))
      needed.push_back(feature.str());
  return needed;
}

//===- optimizing and assembling --------------------------------------------------------------------------------===//

/// The program and the code it rests on, as one module in which only the entry is visible.
static std::unique_ptr<llvm::Module> translate(ModuleOp module, llvm::LLVMContext &context, llvm::TargetMachine &machine) {
  DialectRegistry registry;
  registerBuiltinDialectTranslation(registry);
  registerLLVMDialectTranslation(registry);
  module.getContext()->appendDialectRegistry(registry);
  std::unique_ptr<llvm::Module> program = translateModuleToLLVMIR(module, context, "aimc");
  if (!program)
    return {};
  program->setDataLayout(machine.createDataLayout());
  program->setTargetTriple(machine.getTargetTriple());
  llvm::SMDiagnostic diagnostic;
  std::unique_ptr<llvm::Module> support = llvm::parseAssemblyString(codegen::supportCode, diagnostic, context);
  assert(support && "the support code parses");
  support->setDataLayout(program->getDataLayout());
  support->setTargetTriple(program->getTargetTriple());
  llvm::Linker::linkModules(*program, std::move(support));
  for (llvm::Function &function : *program) {
    if (function.isDeclaration())
      continue;
    function.addFnAttr(llvm::Attribute::NoUnwind);
    function.setDSOLocal(true);
    if (function.getName().starts_with("aimc_host_"))
      function.setLinkage(llvm::GlobalValue::InternalLinkage);
  }
  return program;
}

static void optimize(llvm::Module &module, llvm::TargetMachine &machine) {
  llvm::PipelineTuningOptions tuning;
  tuning.LoopVectorization = tuning.SLPVectorization = true;
  llvm::PassBuilder builder(&machine, tuning);
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager calls;
  llvm::ModuleAnalysisManager modules;
  builder.registerModuleAnalyses(modules);
  builder.registerCGSCCAnalyses(calls);
  builder.registerFunctionAnalyses(functions);
  builder.registerLoopAnalyses(loops);
  builder.crossRegisterProxies(loops, functions, calls, modules);
  // Like layers have like loops: what is equal is optimized once.
  llvm::ModulePassManager passes;
  passes.addPass(llvm::MergeFunctionsPass());
  passes.addPass(builder.buildPerModuleDefaultPipeline(llvm::OptimizationLevel::O3));
  passes.run(module, modules);
}

static FailureOr<SmallVector<char, 0>> assemble(Location loc, llvm::Module &module, llvm::TargetMachine &machine) {
  SmallVector<char, 0> object;
  llvm::raw_svector_ostream stream(object);
  llvm::legacy::PassManager passes;
  if (machine.addPassesToEmitFile(passes, stream, nullptr, llvm::CodeGenFileType::ObjectFile)) {
    emitError(loc) << "no object files can be made for " << machine.getTargetTriple().str();
    return failure();
  }
  passes.run(module);
  return object;
}

/// Host code calls nothing that it does not bring along.
static LogicalResult checkClosed(Location loc, ArrayRef<char> object, const codegen::HostTarget &target) {
  llvm::MemoryBufferRef buffer(StringRef(object.data(), object.size()), "host code");
  auto file = llvm::object::ObjectFile::createELFObjectFile(buffer);
  if (!file) {
    emitError(loc) << "host code cannot be read back: " << llvm::toString(file.takeError());
    return failure();
  }
  LogicalResult result = success();
  for (llvm::object::SymbolRef symbol : (*file)->symbols()) {
    llvm::Expected<uint32_t> flags = symbol.getFlags();
    llvm::Expected<StringRef> name = symbol.getName();
    if (!flags || !name || name->empty() || !(*flags & llvm::object::SymbolRef::SF_Undefined) ||
        *name == "_GLOBAL_OFFSET_TABLE_") {
      llvm::consumeError(flags.takeError());
      llvm::consumeError(name.takeError());
      continue;
    }
    emitError(loc)
        << "host code for " << target.cpu << " calls '" << *name
        << "', an operation for which this processor has no instruction and the compiler no expansion; choose a newer cpu "
           "with --host-cpu, or remove the operation";
    result = failure();
  }
  return result;
}

//===- linking --------------------------------------------------------------------------------------------------===//

/// Runs lld on an object in a temporary directory of its own.
static FailureOr<std::vector<char>> link(Location loc, ArrayRef<char> object) {
  SmallString<128> directory;
  if (std::error_code error = llvm::sys::fs::createUniqueDirectory("aimc-host", directory)) {
    emitError(loc) << "no temporary directory for linking: " << error.message();
    return failure();
  }
  std::string input = (directory + "/host.o").str(), output = (directory + "/host.so").str();
  llvm::scope_exit cleanup([&] {
    llvm::sys::fs::remove(input);
    llvm::sys::fs::remove(output);
    llvm::sys::fs::remove(directory);
  });
  {
    std::error_code error;
    llvm::raw_fd_ostream file(input, error);
    file.write(object.data(), object.size());
    file.close();
    if (error || file.has_error()) {
      emitError(loc) << "cannot write " << input << ": " << (error ? error : file.error()).message();
      file.clear_error();
      return failure();
    }
  }
  const char *arguments[] = {"ld.lld",
                             "-shared",
                             "-nostdlib",
                             "--no-undefined",
                             "--gc-sections",
                             "--strip-all",
                             "--build-id=none",
                             "--hash-style=gnu",
                             "-z",
                             "relro",
                             "-z",
                             "now",
                             "-z",
                             "separate-code",
                             "-z",
                             "noexecstack",
                             "--threads=1",
                             "-o",
                             output.c_str(),
                             input.c_str()};
  static std::mutex oneAtATime; // lld keeps global state
  std::lock_guard<std::mutex> lock(oneAtATime);
  std::string messages;
  llvm::raw_string_ostream stream(messages);
  lld::Result result = lld::lldMain(arguments, stream, stream, {{lld::Gnu, &lld::elf::link}});
  auto linked = llvm::MemoryBuffer::getFile(output);
  if (result.retCode != 0 || !linked) {
    emitError(loc) << "linking host code failed: " << messages;
    return failure();
  }
  StringRef bytes = (*linked)->getBuffer();
  return std::vector<char>(bytes.begin(), bytes.end());
}

LogicalResult codegen::checkHostTarget(HostTarget target, MLIRContext &context) {
  return success(createMachine(UnknownLoc::get(&context), target) != nullptr);
}

FailureOr<codegen::HostObject> codegen::emitHostObject(const HostProgram &program, const HostTarget &wanted) {
  HostTarget target = wanted;
  ModuleOp module = *program.module;
  Location loc = module.getLoc();
  std::unique_ptr<llvm::TargetMachine> machine = createMachine(loc, target);
  if (!machine)
    return failure();
  llvm::LLVMContext context;
  std::unique_ptr<llvm::Module> translated = translate(module, context, *machine);
  if (!translated)
    return failure();
  optimize(*translated, *machine);
  FailureOr<SmallVector<char, 0>> object = assemble(loc, *translated, *machine);
  if (failed(object) || failed(checkClosed(loc, *object, target)))
    return failure();
  FailureOr<std::vector<char>> elf = link(loc, *object);
  if (failed(elf))
    return failure();
  return HostObject{target.triple, target.cpu, neededFeatures(*machine), std::move(*elf)};
}
