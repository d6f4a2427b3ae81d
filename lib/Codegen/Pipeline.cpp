//===- Pipeline.cpp - the way from linalg on tensors to the LLVM dialect ----------------------------------------===//
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Affine/Transforms/Passes.h"
#include "mlir/Dialect/Bufferization/Pipelines/Passes.h"
#include "mlir/Dialect/Bufferization/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/Transforms/Passes.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

#include "aimc/Codegen/Codegen.h"
#include "aimc/Codegen/Passes.h"
#include "aimc/Dialect/Host/Host.h"

using namespace mlir;
using namespace aimc;

void codegen::buildHostLoopsPipeline(OpPassManager &pm, const HostOptions &options) {
  pm.addPass(createInlinerPass());
  pm.addPass(createHostEntryPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createHostOutlineContractionsPass({options.libraryContractions}));
  pm.addPass(createHostFuseElementwisePass());
  pm.addPass(createHostExtractConstantsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());

  // Tensors become memrefs.
  pm.addPass(createHostKeepLoopBuffersPass());
  pm.addPass(bufferization::createEmptyTensorEliminationPass());
  bufferization::OneShotBufferizePassOptions bufferize;
  bufferize.allowReturnAllocsFromLoops = true;
  pm.addPass(bufferization::createOneShotBufferizePass(bufferize));
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addNestedPass<func::FuncOp>(bufferization::createBufferLoopHoistingPass());
  bufferization::buildBufferDeallocationPipeline(pm, {});
  pm.addNestedPass<func::FuncOp>(bufferization::createOptimizeAllocationLivenessPass());
  pm.addPass(createHostHandOverOutputsPass());

  pm.addPass(createHostCheckSizesPass());
  pm.addPass(createCSEPass());
  pm.addPass(createCanonicalizerPass()); // conditions that compare a size with itself
  pm.addPass(createHostLowerToLoopsPass());
  pm.addPass(createHostFinishDispatchesPass());
}

void codegen::buildHostLLVMPipeline(OpPassManager &pm) {
  pm.addPass(createHostExpandMathPass());
  pm.addPass(memref::createExpandOpsPass());
  pm.addPass(memref::createExpandStridedMetadataPass());
  pm.addPass(createLowerAffinePass());
  pm.addPass(createCSEPass());
  pm.addPass(createSCFToControlFlowPass());
  pm.addPass(createHostConvertToLLVMPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createHostBindPass());
}

void codegen::buildHostPipeline(OpPassManager &pm, const HostOptions &options) {
  buildHostLoopsPipeline(pm, options);
  buildHostLLVMPipeline(pm);
}

void codegen::registerHostPipeline() {
  PassPipelineRegistration<>("host-loops-pipeline", "from linalg on tensors to loops on memrefs",
                             [](OpPassManager &pm) { buildHostLoopsPipeline(pm); });
  PassPipelineRegistration<>("host-pipeline", "from linalg on tensors to the LLVM dialect, bound to the runtime's environment",
                             [](OpPassManager &pm) { buildHostPipeline(pm); });
}

std::vector<codegen::Contraction> codegen::collectContractions(ModuleOp module) {
  std::vector<Contraction> contractions;
  module.walk([&](host::ContractOp op) {
    op.setIndex(contractions.size()); // without gaps, whatever was erased since
    ArrayRef<int64_t> dims = op.getDims();
    contractions.push_back({op.getNode().str(), unsigned(dims[0]), unsigned(dims[1]), unsigned(dims[2]), unsigned(dims[3]),
                            op.getAMap(), op.getBMap(), op.getCMap(), op.getAccumulate(), op.getLibrary(),
                            cast<ShapedType>(op.getC().getType()).getElementType()});
  });
  return contractions;
}

codegen::LinearMap codegen::linearize(AffineMap map) {
  LinearMap result;
  SmallVector<int64_t> point(map.getNumDims(), 0);
  SmallVector<int64_t, 4> origin = map.compose(point);
  result.offsets.assign(origin.begin(), origin.end());
  result.coefficients.resize(map.getNumResults() * map.getNumDims());
  for (unsigned dim = 0; dim < map.getNumDims(); ++dim) {
    point[dim] = 1;
    for (auto [axis, value] : llvm::enumerate(map.compose(point)))
      result.coefficients[axis * map.getNumDims() + dim] = value - result.offsets[axis];
    point[dim] = 0;
  }
  return result;
}

FailureOr<codegen::HostProgram> codegen::lowerHost(ModuleOp module, const HostOptions &options) {
  HostProgram program;
  program.module = module.clone();
  PassManager loops(module.getContext());
  buildHostLoopsPipeline(loops, options);
  if (failed(loops.run(*program.module)))
    return failure();
  program.contractions = collectContractions(*program.module);
  FailureOr<std::vector<Constant>> constants = collectConstants(*program.module);
  if (failed(constants))
    return failure();
  program.constants = std::move(*constants);
  PassManager toLLVM(module.getContext());
  buildHostLLVMPipeline(toLLVM);
  if (failed(toLLVM.run(*program.module)))
    return failure();
  (*program.module)->removeAttr(constantsAttrName);
  return program;
}
