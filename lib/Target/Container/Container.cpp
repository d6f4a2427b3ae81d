//===- Container.cpp --------------------------------------------------------------------------------------------===//
//
// Reads top-down: writeContainer opens the file, each `emit…` adds the sections and tables of one kind, and the
// metadata goes last, when every blob's place is known.
//
//===------------------------------------------------------------------------------------------------------------===//
#include "aimc/Target/Container.h"

#include "aimc/Analysis/BatchDimension.h"
#include "aimc/Analysis/ConstantExpression.h"
#include "aimc/Codegen/Codegen.h"
#include "aimc/Dialect/Analog/IR/Analog.h"
#include "aimc/aimc.h"
#include "container/Writer.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace aimc;
using namespace mlir;

namespace {
/// The file, the metadata under construction, and where errors are reported.
struct Emission {
  Writer &writer;
  flatbuffers::FlatBufferBuilder &fbb;
  const ContainerOptions &options;
  Location location;

  LogicalResult fail(const Status &status) { return emitError(location) << status.message(); }
};
} // namespace

template <typename T> static LogicalResult take(Emission &e, Result<T> result, T &value) {
  if (!result.ok())
    return e.fail(result.status());
  value = std::move(*result);
  return success();
}

//===----------------------------------------------------------------------===//
// Arrays
//===----------------------------------------------------------------------===//

/// Appends the elements of an attribute to the open section; an absent attribute is an empty blob.
static LogicalResult appendElements(Emission &e, ElementsAttr elements, fb::Blob &blob) {
  blob = fb::Blob(0, 0, 0, 0);
  if (!elements)
    return success();
  auto view = viewOfAttribute(elements);
  if (!view)
    return emitError(e.location) << "elements of an unknown form: " << elements.getType();
  StridedView dense = makeContiguous(*view);
  return take(e, e.writer.appendBlob(dense.base, dense.getNumElements() * dense.getElementSize()), blob);
}

static LogicalResult beginSection(Emission &e, SectionKind kind, uint32_t flags = 0) {
  uint32_t index = 0;
  return take(e, e.writer.beginSection(kind, flags), index);
}

static LogicalResult endSection(Emission &e) {
  Status status = e.writer.endSection();
  return status.ok() ? success() : e.fail(status);
}

//===----------------------------------------------------------------------===//
// Inputs and outputs
//===----------------------------------------------------------------------===//

/// `isUnsigned` holds for signless integers too: tensors carry no sign after conversion, the signature remembers it.
static std::optional<aimc_type> typeOf(Type type, bool isUnsigned = false) {
  if (type.isF32())
    return AIMC_F32;
  if (type.isF64())
    return AIMC_F64;
  if (type.isF16())
    return AIMC_F16;
  if (type.isBF16())
    return AIMC_BF16;
  auto integer = dyn_cast<IntegerType>(type);
  if (!integer)
    return std::nullopt;
  isUnsigned |= integer.isUnsigned();
  switch (integer.getWidth()) {
  case 1:
    return AIMC_BOOL;
  case 8:
    return isUnsigned ? AIMC_U8 : AIMC_I8;
  case 16:
    return isUnsigned ? AIMC_U16 : AIMC_I16;
  case 32:
    return isUnsigned ? AIMC_U32 : AIMC_I32;
  case 64:
    return isUnsigned ? AIMC_U64 : AIMC_I64;
  default:
    return std::nullopt;
  }
}

static LogicalResult emitTensor(Emission &e, Type type, DictionaryAttr attrs, StringRef what, unsigned index, int32_t batchDim,
                                std::vector<flatbuffers::Offset<fb::Tensor>> &tensors) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  auto element = tensor ? typeOf(tensor.getElementType(), attrs && attrs.contains("onnx.unsigned")) : std::nullopt;
  if (!element)
    return emitError(e.location) << what << " " << index << " of main is " << type
                                 << "; a container holds ranked tensors of numbers";
  std::string name = (what + "_" + Twine(index)).str();
  if (auto named = attrs ? attrs.getAs<StringAttr>("onnx.name") : StringAttr())
    name = named.str();
  std::vector<int64_t> dims;
  std::vector<std::string> dimNames(tensor.getRank());
  for (int64_t dim : tensor.getShape())
    dims.push_back(ShapedType::isDynamic(dim) ? -1 : dim);
  if (auto names = attrs ? attrs.getAs<ArrayAttr>("onnx.dims") : ArrayAttr())
    for (auto [dim, attr] : llvm::zip(dimNames, names.getAsRange<StringAttr>()))
      dim = attr.str();
  tensors.push_back(fb::CreateTensor(e.fbb, e.fbb.CreateString(name), *element, e.fbb.CreateVector(dims),
                                     e.fbb.CreateVectorOfStrings(dimNames), batchDim));
  return success();
}

//===----------------------------------------------------------------------===//
// Crossbars and dispatches
//===----------------------------------------------------------------------===//

namespace {
/// Where a crossbar's arrays lie.
struct CrossbarBlobs {
  fb::Blob levels, weightScale, reference;
};
/// Where a dispatch's arrays lie.
struct DispatchBlobs {
  fb::Blob adcRange, bias, affineScale, affineOffset;
};
} // namespace

static LogicalResult appendReference(Emission &e, analog::CrossbarOp crossbar, fb::Blob &blob) {
  auto weights = evaluate(crossbar.getWeightsValue());
  if (failed(weights))
    return crossbar.emitError() << "weights of '" << crossbar.getNode() << "' are not a constant expression";
  ArrayRef<char> bytes = weights->getBytes();
  return take(e, e.writer.appendBlob(bytes.data(), bytes.size()), blob);
}

static LogicalResult appendCrossbars(Emission &e, MutableArrayRef<analog::CrossbarOp> crossbars,
                                     std::vector<CrossbarBlobs> &blobs) {
  blobs.resize(crossbars.size());
  if (crossbars.empty())
    return success();
  if (failed(beginSection(e, SectionKind::Tiles)))
    return failure();
  for (auto [crossbar, blob] : llvm::zip(crossbars, blobs))
    if (failed(appendElements(e, crossbar.getLevelsAttr(), blob.levels)) ||
        failed(appendElements(e, crossbar.getWeightScaleAttr(), blob.weightScale)))
      return failure();
  if (failed(endSection(e)) || e.options.stripReference)
    return failure(!e.options.stripReference);
  if (failed(beginSection(e, SectionKind::Reference)))
    return failure();
  for (auto [crossbar, blob] : llvm::zip(crossbars, blobs))
    if (failed(appendReference(e, crossbar, blob.reference)))
      return failure();
  return endSection(e);
}

static LogicalResult appendDispatches(Emission &e, MutableArrayRef<analog::DispatchOp> dispatches,
                                      std::vector<DispatchBlobs> &blobs) {
  blobs.resize(dispatches.size());
  if (dispatches.empty())
    return success();
  if (failed(beginSection(e, SectionKind::Ranges)))
    return failure();
  for (auto [dispatch, blob] : llvm::zip(dispatches, blobs))
    if (failed(appendElements(e, dispatch.getAdcRangeAttr(), blob.adcRange)) ||
        failed(appendElements(e, dispatch.getBiasAttr(), blob.bias)) ||
        failed(appendElements(e, dispatch.getAffineScaleAttr(), blob.affineScale)) ||
        failed(appendElements(e, dispatch.getAffineOffsetAttr(), blob.affineOffset)))
      return failure();
  return endSection(e);
}

static flatbuffers::Offset<fb::AffineIndex> emitMap(Emission &e, AffineMap map) {
  codegen::LinearMap linear = codegen::linearize(map);
  return fb::CreateAffineIndexDirect(e.fbb, &linear.offsets, &linear.coefficients);
}

static flatbuffers::Offset<fb::Crossbar> emitCrossbar(Emission &e, analog::CrossbarOp op, const CrossbarBlobs &blobs) {
  analog::GridAttr grid = *op.getGrid();
  analog::CodingAttr coding = *op.getCoding();
  std::vector<fb::Placement> placements;
  if (op.getPlacement())
    for (auto p : op.getPlacement()->getAsRange<analog::PlacementAttr>())
      placements.emplace_back(p.getGroup(), p.getRowTile(), p.getColumnTile(), p.getSlice(), p.getPolarity(), p.getChip(),
                              p.getArray(), p.getRow(), p.getColumn(), p.getRows(), p.getColumns(), p.getColumnStride());
  auto symbol = e.fbb.CreateString(op.getSymName().str());
  auto node = e.fbb.CreateString(op.getNode().str());
  auto placed = e.fbb.CreateVectorOfStructs(placements);
  fb::CrossbarBuilder b(e.fbb);
  b.add_symbol(symbol);
  b.add_node(node);
  b.add_groups(op.getGroups());
  b.add_rows(op.getRows());
  b.add_columns(op.getColumns());
  b.add_tile_rows(grid.getTileRows());
  b.add_tile_columns(grid.getTileColumns());
  b.add_row_tiles(grid.getRowTiles());
  b.add_column_tiles(grid.getColumnTiles());
  b.add_encoding(static_cast<fb::Encoding>(coding.getEncoding()));
  b.add_weight_bits(coding.getWeightBits());
  b.add_cell_bits(coding.getCellBits());
  b.add_slices(coding.getSlices());
  b.add_unit_column(coding.getUnitColumn());
  b.add_scale(static_cast<fb::ScaleGranularity>(coding.getScale()));
  b.add_levels(&blobs.levels);
  b.add_weight_scale(&blobs.weightScale);
  if (blobs.reference.size())
    b.add_reference(&blobs.reference);
  b.add_tile_base(op.getTileBase());
  b.add_placements(placed);
  return b.Finish();
}

static flatbuffers::Offset<fb::Dispatch> emitDispatch(Emission &e, analog::DispatchOp op, uint32_t crossbar,
                                                      const DispatchBlobs &blobs) {
  auto node = e.fbb.CreateString(op.getNode().str());
  auto kSizes = e.fbb.CreateVector(op.getKSizes().data(), op.getKSizes().size());
  auto x = emitMap(e, op.getXMap()), y = emitMap(e, op.getYMap());
  ArrayRef<float> tileScales = op.getTileAlpha().value_or(ArrayRef<float>());
  auto tileAlpha = e.fbb.CreateVector(tileScales.data(), tileScales.size());
  fb::DispatchBuilder b(e.fbb);
  b.add_node(node);
  b.add_kind(static_cast<fb::Kind>(op.getKind()));
  b.add_crossbar(crossbar);
  b.add_row_dims(op.getRowDims());
  b.add_k_sizes(kSizes);
  b.add_x(x);
  b.add_y(y);
  b.add_scale_dims(op.getScaleDims());
  b.add_batch_dim(op.getBatchDim());
  b.add_batch_outer(op.getBatchOuter());
  b.add_batch_inner(op.getBatchInner());
  b.add_input_bits(op.getInputBits());
  b.add_input_signed(op.getInputSigned());
  b.add_input_slice_bits(op.getInputSliceBits());
  b.add_input_slices(op.getInputSlices());
  b.add_dynamic(op.isDynamic());
  if (op.getTileAlpha()) {
    b.add_alpha(*llvm::max_element(tileScales));
    b.add_tile_alpha(tileAlpha);
  } else if (!op.isDynamic()) {
    b.add_alpha(op.getAlphaAttr().getValue().convertToFloat());
  }
  b.add_adc_bits(op.getAdcBits());
  b.add_adc_unsigned(op.getAdcUnsigned());
  if (blobs.adcRange.size())
    b.add_adc_range(&blobs.adcRange);
  if (blobs.bias.size())
    b.add_bias(&blobs.bias);
  if (blobs.affineScale.size())
    b.add_affine_scale(&blobs.affineScale);
  if (blobs.affineOffset.size())
    b.add_affine_offset(&blobs.affineOffset);
  b.add_tile_base(op.getTileBase());
  return b.Finish();
}

static flatbuffers::Offset<fb::Target> emitTarget(Emission &e, analog::TargetAttr target) {
  auto name = e.fbb.CreateString(target.getName().str());
  auto yaml = e.fbb.CreateString(e.options.targetYaml);
  fb::TargetBuilder b(e.fbb);
  b.add_name(name);
  b.add_source_yaml(yaml);
  b.add_array_rows(target.getArrayRows());
  b.add_array_columns(target.getArrayColumns());
  b.add_arrays_per_chip(target.getArraysPerChip());
  b.add_chips(target.getChips());
  b.add_device(static_cast<fb::DeviceModel>(target.getDevice()));
  b.add_g_min(target.getGMin().convertToDouble());
  b.add_g_max(target.getGMax().convertToDouble());
  b.add_devices_per_weight(target.getDevicesPerWeight());
  b.add_programming_noise(target.getProgrammingNoise());
  b.add_output_noise(target.getOutputNoise().convertToDouble());
  b.add_read_noise(static_cast<fb::ReadNoise>(target.getReadNoise()));
  b.add_ir_drop(static_cast<fb::IrDrop>(target.getIrDrop()));
  b.add_gated_rows(target.getGatedRows());
#define AIMC_PARAMETER(section, key, field, Name, unit, low, high) b.add_##field(target.get##Name().convertToDouble());
#include "aimc/parameters.def"
  return b.Finish();
}

//===----------------------------------------------------------------------===//
// Host code
//===----------------------------------------------------------------------===//

static flatbuffers::Offset<fb::Contraction> emitContraction(Emission &e, const codegen::Contraction &contraction) {
  auto node = e.fbb.CreateString(contraction.node);
  auto a = emitMap(e, contraction.a), b = emitMap(e, contraction.b), c = emitMap(e, contraction.c);
  return fb::CreateContraction(e.fbb, node, contraction.batchDims, contraction.mDims, contraction.nDims, contraction.kDims, a,
                               b, c, contraction.accumulate, contraction.library, *typeOf(contraction.elementType));
}

/// Writes the constants section; −1 when there are none.
static LogicalResult appendConstants(Emission &e, ArrayRef<codegen::Constant> constants, int32_t &section) {
  section = -1;
  if (constants.empty())
    return success();
  uint32_t index = 0;
  if (failed(take(e, e.writer.beginSection(SectionKind::Constants), index)))
    return failure();
  section = static_cast<int32_t>(index);
  static const char zeros[64] = {};
  for (const codegen::Constant &constant : constants) {
    while (e.writer.sectionSize() < constant.offset) {
      uint64_t gap = std::min<uint64_t>(constant.offset - e.writer.sectionSize(), sizeof(zeros));
      if (Status status = e.writer.append(zeros, gap); !status.ok())
        return e.fail(status);
    }
    if (Status status = e.writer.append(constant.bytes.data(), constant.bytes.size()); !status.ok())
      return e.fail(status);
  }
  return endSection(e);
}

static LogicalResult appendHostCode(Emission &e, const codegen::HostObject &object, flatbuffers::Offset<fb::HostCode> &offset) {
  uint32_t section = 0;
  if (failed(take(e, e.writer.beginSection(SectionKind::HostCode), section)))
    return failure();
  if (Status status = e.writer.append(object.elf.data(), object.elf.size()); !status.ok())
    return e.fail(status);
  auto triple = e.fbb.CreateString(object.triple), cpu = e.fbb.CreateString(object.cpu);
  auto features = e.fbb.CreateVectorOfStrings(object.features);
  offset = fb::CreateHostCode(e.fbb, triple, cpu, features, section);
  return endSection(e);
}

//===----------------------------------------------------------------------===//
// The whole
//===----------------------------------------------------------------------===//

/// Dimension of `value` that counts samples and nothing else; −1 where there is none or it is not known.
static int32_t batchDimOf(BatchDimension &batch, Value value) {
  std::optional<BatchPosition> position = batch.get(value);
  return position && position->outer == 1 && position->inner == 1 ? static_cast<int32_t>(position->dim) : -1;
}

using Tensors = std::vector<flatbuffers::Offset<fb::Tensor>>;

static LogicalResult emitSignature(Emission &e, func::FuncOp main, Tensors &inputs, Tensors &outputs) {
  BatchDimension batch;
  for (auto [i, argument] : llvm::enumerate(main.getArguments()))
    if (failed(emitTensor(e, argument.getType(), main.getArgAttrDict(i), "input", i, batchDimOf(batch, argument), inputs)))
      return failure();
  Operation *results = main.getBody().back().getTerminator();
  for (auto [i, result] : llvm::enumerate(results->getOperands()))
    if (failed(emitTensor(e, result.getType(), main.getResultAttrDict(i), "output", i, batchDimOf(batch, result), outputs)))
      return failure();
  return success();
}

static std::vector<std::string> digitalNodes(ModuleOp program) {
  std::vector<std::string> nodes;
  if (auto attr = program->getAttrOfType<ArrayAttr>(analog::AnalogDialect::getDigitalNodesAttrName()))
    for (auto node : attr.getAsRange<StringAttr>())
      nodes.push_back(node.str());
  return nodes;
}

LogicalResult aimc::writeContainer(ModuleOp program, const codegen::HostProgram &host, ArrayRef<codegen::HostObject> objects,
                                   const ContainerOptions &options, StringRef path) {
  auto main = program.lookupSymbol<func::FuncOp>("main");
  if (!main)
    return program.emitError() << "a container needs a function 'main'";
  auto crossbars = llvm::to_vector(program.getOps<analog::CrossbarOp>());
  SmallVector<analog::DispatchOp> dispatches;
  program.walk([&](analog::DispatchOp op) { dispatches.push_back(op); });
  llvm::sort(dispatches, [](analog::DispatchOp a, analog::DispatchOp b) { return a.getSite() < b.getSite(); });
  llvm::StringMap<uint32_t> crossbarIndex;
  for (auto [i, crossbar] : llvm::enumerate(crossbars))
    crossbarIndex[crossbar.getSymName()] = i;

  auto writer = Writer::create(path.str());
  if (!writer.ok())
    return program.emitError() << writer.status().message();
  flatbuffers::FlatBufferBuilder fbb;
  Emission e{**writer, fbb, options, program.getLoc()};

  std::vector<CrossbarBlobs> crossbarBlobs;
  std::vector<DispatchBlobs> dispatchBlobs;
  int32_t constantsSection = -1;
  if (failed(appendCrossbars(e, crossbars, crossbarBlobs)) || failed(appendDispatches(e, dispatches, dispatchBlobs)) ||
      failed(appendConstants(e, host.constants, constantsSection)))
    return failure();
  std::vector<flatbuffers::Offset<fb::HostCode>> hostCode(objects.size());
  for (auto [object, offset] : llvm::zip(objects, hostCode))
    if (failed(appendHostCode(e, object, offset)))
      return failure();

  Tensors inputs, outputs;
  if (failed(emitSignature(e, main, inputs, outputs)))
    return failure();
  std::vector<flatbuffers::Offset<fb::Crossbar>> crossbarTables;
  for (auto [crossbar, blobs] : llvm::zip(crossbars, crossbarBlobs))
    crossbarTables.push_back(emitCrossbar(e, crossbar, blobs));
  std::vector<flatbuffers::Offset<fb::Dispatch>> dispatchTables;
  for (auto [dispatch, blobs] : llvm::zip(dispatches, dispatchBlobs))
    dispatchTables.push_back(emitDispatch(e, dispatch, crossbarIndex[dispatch.getCrossbar()], blobs));
  std::vector<flatbuffers::Offset<fb::Contraction>> contractionTables;
  for (const codegen::Contraction &contraction : host.contractions)
    contractionTables.push_back(emitContraction(e, contraction));
  flatbuffers::Offset<fb::Target> target;
  if (auto attr = program->getAttrOfType<analog::TargetAttr>(analog::AnalogDialect::getTargetAttrName()))
    target = emitTarget(e, attr);
  std::string graph = program.getName() ? program.getName()->str() : "";
  auto digital = fbb.CreateVectorOfStrings(digitalNodes(program));
  auto model =
      fb::CreateModel(fbb, fbb.CreateString("aimc " AIMC_VERSION), fbb.CreateString(graph), fbb.CreateVector(inputs),
                      fbb.CreateVector(outputs), target, fbb.CreateVector(crossbarTables), fbb.CreateVector(dispatchTables),
                      fbb.CreateVector(contractionTables), fbb.CreateVector(hostCode), constantsSection, digital);
  fbb.Finish(model, fb::ModelIdentifier());

  if (failed(beginSection(e, SectionKind::Metadata)))
    return failure();
  if (Status status = e.writer.append(fbb.GetBufferPointer(), fbb.GetSize()); !status.ok())
    return e.fail(status);
  if (failed(endSection(e)))
    return failure();
  Status status = e.writer.finish();
  return status.ok() ? success() : e.fail(status);
}
