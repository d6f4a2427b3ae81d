//===- Select.cpp - which contractions become crossbars, and why the others stay digital ------------------------===//
#include "Common.h"
#include "Contraction.h"
#include "Corrections.h"
#include "Integers.h"
#include "aimc/Analysis/ConstantExpression.h"
#include "aimc/Dialect/Analog/IR/Analog.h"
#include "aimc/Dialect/Analog/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/Regex.h"

namespace aimc::analog {
#define GEN_PASS_DEF_ANALOGSELECTPASS
#include "aimc/Dialect/Analog/Transforms/Passes.h.inc"
} // namespace aimc::analog

using namespace mlir;
using namespace aimc;
using namespace aimc::analog;

//===----------------------------------------------------------------------===//
// Reading a contraction
//===----------------------------------------------------------------------===//

/// The operation that makes `value` under conversions of element type.
static Value skipCasts(Value value) {
  while (isa_and_nonnull<arith::SIToFPOp, arith::UIToFPOp, arith::ExtFOp, arith::TruncFOp, arith::ExtSIOp, arith::ExtUIOp>(
      value.getDefiningOp()))
    value = value.getDefiningOp()->getOperand(0);
  return value;
}

/// Whether the payload adds the product of both inputs to the output.
static bool multipliesAndAdds(linalg::LinalgOp op) {
  if (op.getNumDpsInputs() != 2 || op.getNumDpsInits() != 1 || op.getNumReductionLoops() == 0)
    return false;
  Block &body = *op.getBlock();
  Operation *add = skipCasts(body.getTerminator()->getOperand(0)).getDefiningOp();
  if (!isa_and_nonnull<arith::AddFOp, arith::AddIOp>(add))
    return false;
  Value lhs = skipCasts(add->getOperand(0)), rhs = skipCasts(add->getOperand(1));
  if (lhs != body.getArgument(2))
    std::swap(lhs, rhs);
  Operation *multiply = rhs.getDefiningOp();
  if (lhs != body.getArgument(2) || !isa_and_nonnull<arith::MulFOp, arith::MulIOp>(multiply))
    return false;
  Value a = skipCasts(multiply->getOperand(0)), b = skipCasts(multiply->getOperand(1));
  Value x = body.getArgument(0), y = body.getArgument(1);
  return (a == x && b == y) || (a == y && b == x);
}

/// Whether `op` is a product of two tensors in the sense of a contraction: not inner products of equally indexed operands, one
/// for each of many rows, and not the sum of a tensor's squares.
static bool isCandidate(linalg::LinalgOp op) {
  if (!op.hasPureTensorSemantics() || op->getParentOfType<CrossbarOp>() || !multipliesAndAdds(op))
    return false;
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  return maps[0] != maps[1] || (op.getNumParallelLoops() == 0 && op.getDpsInputs()[0] != op.getDpsInputs()[1]);
}

static std::string toString(AffineMap map) {
  std::string text;
  llvm::raw_string_ostream(text) << map;
  return text;
}

/// Floats that tiles, which compute in float32, take the place of.
static bool isTileFloat(Type type) { return type.isF32() || type.isF16() || type.isBF16() || type.isF64(); }

/// Sorts the loops of `op` with its weights at input `weightInput`. Returns why it cannot be a crossbar, or nothing.
static std::optional<std::string> readContraction(linalg::LinalgOp op, unsigned weightInput, Contraction &c) {
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  c.op = op;
  c.weightInput = weightInput;
  c.x = op.getDpsInputs()[1 - weightInput];
  c.weights = op.getDpsInputs()[weightInput];
  c.init = op.getDpsInits()[0];
  c.xMap = maps[1 - weightInput];
  c.weightMap = maps[weightInput];
  c.yMap = maps[2];
  c.extents = op.getStaticLoopRanges();
  c.integers = llvm::all_of(op->getOperands(), [](Value v) { return getElementTypeOrSelf(v.getType()).isInteger(32); });
  for (Value operand : {c.x, c.weights, c.init})
    if (Type type = getElementTypeOrSelf(operand.getType()); !isTileFloat(type) && !c.integers) {
      std::string text;
      llvm::raw_string_ostream(text) << "its elements are " << type << "; tiles take floats or 32-bit integers";
      return text;
    }
  for (AffineMap map : {c.weightMap, c.yMap})
    if (!map.isProjectedPermutation())
      return "its weights or results are indexed by " + toString(map) + ", not by one loop per axis";
  for (AffineExpr expr : c.xMap.getResults())
    if (!getLinearIndex(expr, c.xMap.getNumDims()))
      return "its input is indexed by " + toString(c.xMap) + ", which is not linear";

  for (unsigned d = 0; d < c.extents.size(); ++d) {
    bool inX = c.xMap.isFunctionOfDim(d), inWeights = c.weightMap.isFunctionOfDim(d), inY = c.yMap.isFunctionOfDim(d);
    if (inWeights && inY && (!inX || c.extents[d] == 1))
      c.columns.push_back(d);
    else if (inWeights && inY)
      c.groups.push_back(d);
    else if (inWeights && inX)
      c.ks.push_back(d);
    else if (!inX || !inY)
      return "loop " + std::to_string(d) + " indexes only one of its operands";
  }
  for (AffineExpr expr : c.yMap.getResults())
    if (unsigned d = cast<AffineDimExpr>(expr).getPosition(); !c.weightMap.isFunctionOfDim(d))
      c.rows.push_back(d);
  if (c.ks.empty())
    return std::string("it sums over nothing");
  if (c.groups.size() > 1)
    return "it has " + std::to_string(c.groups.size()) + " group dimensions; tiles take one";

  SmallVector<unsigned> channels(c.ks);
  for (AffineExpr expr : c.xMap.getResults()) {
    auto isIn = [&](unsigned d) { return expr.isFunctionOfDim(d); };
    if (llvm::none_of(c.rows, isIn) || llvm::none_of(c.ks, isIn))
      continue;
    c.convolution = true;
    llvm::erase_if(channels, isIn);
  }
  c.depthwise = c.convolution && !c.groups.empty() && c.count(channels) == 1;
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Building its crossbar and its use
//===----------------------------------------------------------------------===//

/// The order of `c`'s loops in the analog tensors.
static SmallVector<unsigned> concatenate(ArrayRef<ArrayRef<unsigned>> parts) {
  SmallVector<unsigned> all;
  for (ArrayRef<unsigned> part : parts)
    llvm::append_range(all, part);
  return all;
}

/// `perm` such that axis i of a tensor indexed by `map` is axis perm[i] of one indexed by `loops` in order.
static SmallVector<int64_t> getPermutation(AffineMap map, ArrayRef<unsigned> loops) {
  return llvm::map_to_vector(map.getResults(), [&](AffineExpr expr) -> int64_t {
    return llvm::find(loops, cast<AffineDimExpr>(expr).getPosition()) - loops.begin();
  });
}

static bool isIdentity(ArrayRef<int64_t> permutation) {
  return llvm::equal(permutation, llvm::seq<int64_t>(permutation.size()));
}

/// Reassociation of consecutive axes into parts of the given lengths.
static SmallVector<ReassociationIndices> getReassociation(ArrayRef<size_t> lengths) {
  SmallVector<ReassociationIndices> reassociation;
  int64_t axis = 0;
  for (size_t length : lengths) {
    reassociation.emplace_back();
    for (size_t i = 0; i < length; ++i)
      reassociation.back().push_back(axis++);
  }
  return reassociation;
}

/// Clones the operations that make `value` at the builder's position.
static Value cloneExpression(OpBuilder &b, Value value, IRMapping &mapping) {
  if (Value known = mapping.lookupOrNull(value))
    return known;
  Operation *op = value.getDefiningOp();
  SetVector<Value> captured;
  getUsedValuesDefinedAbove(op->getRegions(), captured);
  for (Value operand : op->getOperands())
    cloneExpression(b, operand, mapping);
  for (Value operand : captured)
    cloneExpression(b, operand, mapping);
  b.clone(*op, mapping);
  return mapping.lookup(value);
}

/// `weights` as tensor<G×K×N×f32>: transposed to the order (group, k, column), then reshaped.
static Value buildMatrix(OpBuilder &b, Location loc, const Contraction &c, Value weights) {
  SmallVector<unsigned> order = concatenate({c.groups, c.ks, c.columns});
  auto getExtents = [&](ArrayRef<unsigned> loops) {
    return llvm::map_to_vector(loops, [&](unsigned d) { return c.extents[d]; });
  };
  // Axis i of the ordered tensor is the axis of the weights that loop order[i] indexes.
  SmallVector<int64_t> permutation = llvm::map_to_vector(order, [&](unsigned d) -> int64_t {
    return *c.weightMap.getResultPosition(getAffineDimExpr(d, c.weightMap.getContext()));
  });
  if (!isIdentity(permutation)) {
    Value empty = tensor::EmptyOp::create(b, loc, getExtents(order), b.getF32Type());
    weights = linalg::TransposeOp::create(b, loc, weights, empty, permutation)->getResult(0);
  }
  SmallVector<size_t> lengths;
  SmallVector<int64_t> matrix; // without unit dimensions for parts that have no loop
  for (ArrayRef<unsigned> part : {ArrayRef(c.groups), ArrayRef(c.ks), ArrayRef(c.columns)})
    if (!part.empty()) {
      lengths.push_back(part.size());
      matrix.push_back(c.count(part));
    }
  if (matrix.size() != order.size())
    weights = tensor::CollapseShapeOp::create(b, loc, RankedTensorType::get(matrix, b.getF32Type()), weights,
                                              getReassociation(lengths));
  if (matrix.size() == 3)
    return weights;
  // K is always there: a missing group goes before it, a missing column after.
  SmallVector<size_t> expansion(matrix.size(), 1);
  expansion.front() += c.groups.empty();
  expansion.back() += c.columns.empty();
  auto type = RankedTensorType::get({c.getGroups(), c.getRows(), c.getColumns()}, b.getF32Type());
  return tensor::ExpandShapeOp::create(b, loc, type, weights, getReassociation(expansion));
}

namespace {
/// Where an analog layer reads: x, and an index for each of its axes over (rows…, group, k…).
struct Source {
  Value x;
  SmallVector<AffineExpr> indices;
  SmallVector<bool> padded; ///< per axis: the index may lie outside
};
} // namespace

/// Whether `pad` adds zeros, statically many below.
static bool isZeroPadding(tensor::PadOp pad) {
  Value value = pad.getConstantPaddingValue();
  return value && matchPattern(value, m_AnyZeroFloat()) &&
         llvm::none_of(pad.getStaticLow(), [](int64_t low) { return ShapedType::isDynamic(low); });
}

/// Reads from the operand of an operation that only moves elements. Returns whether it could.
static bool foldSource(Source &source) {
  if (auto pad = source.x.getDefiningOp<tensor::PadOp>(); pad && isZeroPadding(pad)) {
    for (auto [axis, low] : llvm::enumerate(pad.getStaticLow())) {
      source.indices[axis] = source.indices[axis] - low;
      source.padded[axis] = source.padded[axis] || low != 0 || pad.getStaticHigh()[axis] != 0;
    }
    source.x = pad.getSource();
    return true;
  }
  if (auto transpose = source.x.getDefiningOp<linalg::TransposeOp>(); transpose && transpose->hasOneUse()) {
    Source from{transpose.getInput(), source.indices, source.padded};
    for (auto [axis, fromAxis] : llvm::enumerate(transpose.getPermutation())) {
      from.indices[fromAxis] = source.indices[axis];
      from.padded[fromAxis] = source.padded[axis];
    }
    source = from;
    return true;
  }
  auto expand = source.x.getDefiningOp<tensor::ExpandShapeOp>();
  if (!expand)
    return false;
  ArrayRef<int64_t> shape = expand.getResultType().getShape();
  Source from{expand.getSrc(), {}, {}};
  for (const ReassociationIndices &axes : expand.getReassociationIndices()) {
    AffineExpr index = source.indices[axes[0]];
    bool padded = source.padded[axes[0]];
    for (int64_t axis : ArrayRef<int64_t>(axes).drop_front()) {
      if (ShapedType::isDynamic(shape[axis]) || padded || source.padded[axis])
        return false;
      index = index * shape[axis] + source.indices[axis];
    }
    from.indices.push_back(index);
    from.padded.push_back(padded);
  }
  source = from;
  return true;
}

/// Extents of y's axes; those of an operation that fills y need no such operation.
static SmallVector<OpFoldResult> getInitSizes(OpBuilder &b, Location loc, Value init) {
  while (auto fill = init.getDefiningOp<linalg::FillOp>())
    init = fill.getOutputs()[0];
  if (auto empty = init.getDefiningOp<tensor::EmptyOp>())
    return empty.getMixedSizes();
  return tensor::getMixedSizes(b, loc, init);
}

/// The rows that drive the crossbar: x itself, or patches of it.
static Value buildPatches(OpBuilder &b, Location loc, const Contraction &c, ArrayRef<OpFoldResult> rowSizes) {
  // Loops become dimensions (rows…, group, k…); columns of extent 1 that index x read at 0.
  MLIRContext *context = b.getContext();
  unsigned rows = c.rows.size();
  SmallVector<AffineExpr> dims(c.extents.size(), b.getAffineConstantExpr(0));
  for (auto [i, d] : llvm::enumerate(c.rows))
    dims[d] = b.getAffineDimExpr(i);
  for (unsigned d : c.groups)
    dims[d] = b.getAffineDimExpr(rows);
  for (auto [i, d] : llvm::enumerate(c.ks))
    dims[d] = b.getAffineDimExpr(rows + 1 + i);
  unsigned numDims = rows + 1 + c.ks.size();
  Source source{c.x, {}, {}};
  for (AffineExpr expr : c.xMap.getResults())
    source.indices.push_back(expr.replaceDims(dims));
  source.padded.assign(source.indices.size(), false);
  while (foldSource(source))
    ;
  AffineMap map = simplifyAffineMap(AffineMap::get(numDims, 0, source.indices, context));

  // Rows, group and one k in order: nothing to gather.
  SmallVector<AffineExpr> plain;
  for (unsigned i = 0; i < numDims; ++i)
    if (i != rows || !c.groups.empty())
      plain.push_back(b.getAffineDimExpr(i));
  if (c.ks.size() == 1 && ArrayRef<AffineExpr>(plain) == map.getResults() && source.x.getType() == c.x.getType())
    return source.x;

  SmallVector<OpFoldResult> sizes(rowSizes);
  if (!c.groups.empty())
    sizes.push_back(b.getIndexAttr(c.getGroups()));
  sizes.push_back(b.getIndexAttr(c.getRows()));
  SmallVector<int64_t> shape;
  SmallVector<Value> dynamicSizes;
  dispatchIndexOpFoldResults(sizes, dynamicSizes, shape);
  SmallVector<int64_t> kSizes = llvm::map_to_vector(c.ks, [&](unsigned d) { return c.extents[d]; });
  return GatherOp::create(b, loc, RankedTensorType::get(shape, b.getF32Type()), source.x, dynamicSizes, map, kSizes);
}

/// [rows…, (group), N] as the linalg operation's result is laid out.
static Value restoreLayout(OpBuilder &b, Location loc, const Contraction &c, Value y, ArrayRef<OpFoldResult> sizes) {
  SmallVector<unsigned> order = concatenate({c.rows, c.groups, c.columns});
  SmallVector<int64_t> toY = getPermutation(c.yMap, order);
  SmallVector<OpFoldResult> ordered(order.size());
  for (auto [axis, position] : llvm::enumerate(toY))
    ordered[position] = sizes[axis];
  SmallVector<int64_t> shape;
  SmallVector<Value> dynamicSizes;
  dispatchIndexOpFoldResults(ordered, dynamicSizes, shape);
  auto type = RankedTensorType::get(shape, b.getF32Type());
  size_t leading = c.rows.size() + c.groups.size();
  SmallVector<size_t> lengths(leading, 1);
  if (c.columns.size() > 1) {
    lengths.push_back(c.columns.size());
    y = tensor::ExpandShapeOp::create(b, loc, type, y, getReassociation(lengths), ordered);
  } else if (c.columns.empty()) {
    if (leading != 0)
      lengths.back() = 2;
    y = tensor::CollapseShapeOp::create(b, loc, type, y, getReassociation(lengths));
  }
  if (isIdentity(toY))
    return y;
  Value empty = tensor::EmptyOp::create(b, loc, sizes, b.getF32Type());
  return linalg::TransposeOp::create(b, loc, y, empty, toY)->getResult(0);
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

/// Its location's name, otherwise what it is and which; a number makes a name that is in `taken` unique. Ranges, overrides and
/// dumps go by names, so the operation's location gets what it has not.
static std::string nameNode(Operation *op, size_t index, const llvm::StringSet<> &taken) {
  StringRef own = getNodeName(op, "");
  std::string stem = own.empty() ? (op->getName().stripDialect() + "_" + Twine(index)).str() : own.str(), name = stem;
  for (unsigned suffix = 2; taken.contains(name); ++suffix)
    name = stem + "_" + std::to_string(suffix);
  if (own != name)
    op->setLoc(NameLoc::get(StringAttr::get(op->getContext(), name), op->getLoc()));
  return name;
}

static std::string getSymbolFor(StringRef node) {
  std::string symbol = node.str();
  for (char &character : symbol)
    if (!llvm::isAlnum(character) && !StringRef("_.-").contains(character))
      character = '_';
  if (symbol.empty() || (!llvm::isAlpha(symbol[0]) && symbol[0] != '_'))
    symbol.insert(0, "_");
  return symbol;
}

namespace {
/// A regular expression that matches whole names; matches nothing when empty.
class NamePattern {
public:
  explicit NamePattern(StringRef pattern) : empty(pattern.empty()), regex(("^(" + pattern + ")$").str()) {}
  bool isEmpty() const { return empty; }
  bool matches(StringRef name) const { return !empty && regex.match(name); }
  bool isValid(std::string &error) const { return empty || regex.isValid(error); }

private:
  bool empty;
  llvm::Regex regex;
};

/// What the user asked for.
struct SelectionRules {
  StringRef digitalNodes;
  NamePattern digital, analog;
  int64_t minWeights;
};

/// Takes a module's contractions one after the other and moves those that it selects to crossbars.
class Selector {
public:
  Selector(ModuleOp module, TargetAttr target, const SelectionRules &rules)
      : module(module), target(target), rules(rules), symbols(module), firstOfModule(&module.getBody()->front()) {}

  /// All of the module's candidates, in program order.
  void run();

private:
  void keepDigital(Operation *op, StringRef node, const Twine &reason);
  void warnIfUnmatched(StringRef option, const NamePattern &pattern);
  std::optional<std::string> getReasonToStayDigital(const Contraction &c, StringRef node);
  CrossbarOp findOrBuildCrossbar(const Contraction &c, StringRef node, int64_t tileBase, bool scaled);
  Kind getKind(const Contraction &c, StringRef node);
  void moveToCrossbar(Contraction &c, StringRef node, int64_t tileBase);

  ModuleOp module;
  TargetAttr target;
  const SelectionRules &rules;
  SymbolTable symbols;
  Operation *firstOfModule; ///< crossbars go before it
  llvm::StringSet<> nodes;  ///< names of all candidates
  SmallVector<Attribute> digital;
  llvm::DenseMap<size_t, SmallVector<CrossbarOp, 1>> crossbars; ///< by hash of their weights
  /// How tiles hold the weights of a crossbar that are integers; nothing for others. Becomes its weights at the end: until then
  /// equal ones must find it.
  llvm::MapVector<CrossbarOp, std::optional<TileIntegers>> integers;
};

struct AnalogSelectPass : aimc::analog::impl::AnalogSelectPassBase<AnalogSelectPass> {
  using Base::Base;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    TargetAttr target = getTargetOrError(module);
    SelectionRules rules{digitalNodes, NamePattern(digitalNodes), NamePattern(analogNodes), minWeights};
    for (auto [option, pattern] : {std::pair("digital-nodes", &rules.digital), std::pair("analog-nodes", &rules.analog)})
      if (std::string error; !pattern->isValid(error)) {
        module.emitError() << option << " is no regular expression: " << error;
        return signalPassFailure();
      }
    if (!target)
      return signalPassFailure();
    if (!module.getBody()->empty())
      Selector(module, target, rules).run();
  }
};
} // namespace

void Selector::keepDigital(Operation *op, StringRef node, const Twine &reason) {
  op->emitRemark() << "'" << node << "' stays digital: " << reason;
  digital.push_back(StringAttr::get(op->getContext(), node + ": " + reason));
}

/// A pattern that names no candidate is a slip of its writer.
void Selector::warnIfUnmatched(StringRef option, const NamePattern &pattern) {
  SmallVector<StringRef> names = llvm::to_vector(nodes.keys());
  if (pattern.isEmpty() || llvm::any_of(names, [&](StringRef name) { return pattern.matches(name); }))
    return;
  constexpr size_t kShown = 5;
  llvm::sort(names);
  InFlightDiagnostic warning = module.emitWarning() << option << " matches none of the " << names.size()
                                                    << " contractions; it must match a whole name, like";
  for (StringRef name : ArrayRef<StringRef>(names).take_front(kShown))
    warning << " '" << name << "'";
}

/// Why a contraction that could be a crossbar is none; nothing when it becomes one.
std::optional<std::string> Selector::getReasonToStayDigital(const Contraction &c, StringRef node) {
  if (rules.digital.matches(node))
    return "--digital-nodes=" + rules.digitalNodes.str();
  if (rules.analog.matches(node))
    return std::nullopt;
  if (c.depthwise)
    return "depthwise convolution, " + std::to_string(c.getGroups()) + " matrices of " + std::to_string(c.getRows()) + " x " +
           std::to_string(c.getColumns()) + " that share no input; --analog-nodes=" + node.str() + " puts it on tiles";
  if (c.getRows() * c.getColumns() < rules.minWeights)
    return std::to_string(c.getRows() * c.getColumns()) +
           " weights, fewer than --min-weights=" + std::to_string(rules.minWeights);
  return std::nullopt;
}

/// What the zero point of `c`'s input takes from its result: y - zero · scale · Σ_k W, the sum per group and column of the
/// crossbar's weights.
static Value subtractZeroPoint(OpBuilder &b, Location loc, const Contraction &c, Value y, CrossbarOp crossbar,
                               const StoredIntegers &stored) {
  FailureOr<StridedView> weights = evaluateView(crossbar.getWeightsValue());
  if (failed(weights)) // constant expressions that select found evaluate
    return y;
  SmallVector<float> corrections;
  for (int64_t g = 0; g < c.getGroups(); ++g)
    for (int64_t n = 0; n < c.getColumns(); ++n) {
      double sum = 0.0;
      for (int64_t k = 0; k < c.getRows(); ++k)
        sum += weights->getNumber({g, k, n});
      corrections.push_back(-double(stored.zero) * stored.scale * sum);
    }
  // The result's axes that groups and columns index.
  SmallVector<int64_t> shape;
  SmallVector<AffineExpr> axes;
  for (unsigned d : concatenate({c.groups, c.columns})) {
    shape.push_back(c.extents[d]);
    axes.push_back(b.getAffineDimExpr(*c.yMap.getResultPosition(b.getAffineDimExpr(d))));
  }
  auto type = RankedTensorType::get(shape, b.getF32Type());
  Value constant = arith::ConstantOp::create(b, loc, DenseElementsAttr::get(type, ArrayRef<float>(corrections)));
  int64_t rank = cast<RankedTensorType>(y.getType()).getRank();
  AffineMap identity = b.getMultiDimIdentityMap(rank), columns = AffineMap::get(rank, 0, axes, b.getContext());
  Value empty = tensor::EmptyOp::create(b, loc, tensor::getMixedSizes(b, loc, y), b.getF32Type());
  SmallVector<utils::IteratorType> loops(rank, utils::IteratorType::parallel);
  return linalg::GenericOp::create(b, loc, empty.getType(), ValueRange{y, constant}, empty,
                                   ArrayRef<AffineMap>{identity, columns, identity}, loops,
                                   [&](OpBuilder &nested, Location, ValueRange arguments) {
                                     Value sum = arith::AddFOp::create(nested, loc, arguments[0], arguments[1]);
                                     linalg::YieldOp::create(nested, loc, sum);
                                   })
      .getResult(0);
}

static size_t hashWeights(CrossbarOp crossbar) {
  llvm::hash_code hash = llvm::hash_combine(crossbar.getGroups(), crossbar.getRows(), crossbar.getColumns());
  crossbar.getWeights().walk([&](Operation *op) {
    hash = llvm::hash_combine(hash, op->getName(), op->getDiscardableAttrDictionary(), op->hashProperties());
  });
  return hash;
}

/// The crossbar with `c`'s weights, built at the start of the module unless an equal one is there. Weights that are integers
/// times scales stay so if `scaled`; else tiles hold the integers, where they can.
CrossbarOp Selector::findOrBuildCrossbar(const Contraction &c, StringRef node, int64_t tileBase, bool scaled) {
  OpBuilder b(module.getContext());
  Location loc = c.op->getLoc();
  auto crossbar =
      CrossbarOp::create(b, loc, b.getStringAttr(getSymbolFor(node)), b.getStringAttr(node), b.getI64IntegerAttr(c.getGroups()),
                         b.getI64IntegerAttr(c.getRows()), b.getI64IntegerAttr(c.getColumns()), b.getI64IntegerAttr(tileBase),
                         GridAttr(), CodingAttr(), ElementsAttr(), ElementsAttr(), ArrayAttr());
  b.createBlock(&crossbar.getWeights());
  IRMapping mapping;
  YieldOp::create(b, loc, buildMatrix(b, loc, c, cloneExpression(b, c.weights, mapping)));

  SmallVector<CrossbarOp, 1> &alike = crossbars[hashWeights(crossbar)];
  for (CrossbarOp other : alike) {
    const std::optional<TileIntegers> &tiles = integers.find(other)->second;
    if ((!tiles || tiles->scaled == scaled) &&
        OperationEquivalence::isRegionEquivalentTo(&crossbar.getWeights(), &other.getWeights(),
                                                   OperationEquivalence::IgnoreLocations)) {
      crossbar.erase();
      return other;
    }
  }
  symbols.insert(crossbar, Block::iterator(firstOfModule));
  alike.push_back(crossbar);
  std::optional<TileIntegers> tiles = fitIntegers(crossbar, target);
  if (tiles && scaled && !tiles->needsInputs())
    tiles.reset(); // as they are
  if (tiles)
    tiles->scaled = scaled;
  integers.insert({crossbar, std::move(tiles)});
  return crossbar;
}

/// Recurrent matrices are told by their names and by the loop around h·R.
Kind Selector::getKind(const Contraction &c, StringRef node) {
  Operation *op = c.op;
  StringRef stem = node;
  if (stem.consume_back("_R") && op->getParentOfType<LoopLikeOpInterface>())
    return Kind::RecurrentState;
  if (stem.consume_back("_W") && nodes.contains((stem + "_R").str()))
    return Kind::RecurrentInput;
  return c.convolution ? Kind::Convolution : Kind::MatMul;
}

/// Whether the least of signed integers, which signed codes cut to the next one, is worth counting them from it: codes without
/// a sign hold them all, and an ideal ADC does not mind that column sums grow.
static bool isCountedFromLeast(const StoredIntegers &stored, TargetAttr target) {
  int64_t codes = int64_t(1) << target.getInputBits();
  return !stored.isUnsigned && !stored.zeroPoint && target.getAdcBits() == 0 && stored.high - stored.low == codes - 1;
}

void Selector::moveToCrossbar(Contraction &c, StringRef node, int64_t tileBase) {
  Operation *op = c.op;
  Location loc = op->getLoc();
  OpBuilder b(op);
  // Of a quantized network's layer the tiles see the integers as they are stored.
  std::optional<StoredIntegers> stored = readStoredIntegers(c.x);
  if (stored && isCountedFromLeast(*stored, target))
    stored = stored->asUnsigned();
  Value x = c.x, weights = c.weights;
  if (!getElementTypeOrSelf(c.weights.getType()).isF32())
    c.weights = toFloat(b, loc, c.weights);
  CrossbarOp crossbar = findOrBuildCrossbar(c, node, tileBase, /*scaled=*/!stored);
  const TileIntegers *tiles = nullptr;
  if (std::optional<TileIntegers> &fitting = integers.find(crossbar)->second)
    tiles = &*fitting;
  if (stored && stored->zeroPoint && !tiles)
    stored.reset(); // what a run's zero point takes from the result is not known without the integers
  if (stored && (tiles || c.integers || stored->zero != 0))
    c.x = createNumbers(b, x, *stored, tiles ? 1.0f : stored->scale);
  else if (!getElementTypeOrSelf(x.getType()).isF32())
    c.x = toFloat(b, loc, x);
  SmallVector<OpFoldResult> sizes = getInitSizes(b, loc, c.init);
  SmallVector<OpFoldResult> rowSizes =
      llvm::map_to_vector(c.rows, [&](unsigned d) { return sizes[*c.yMap.getResultPosition(b.getAffineDimExpr(d))]; });
  Value patches = buildPatches(b, loc, c, rowSizes);

  SmallVector<int64_t> shape(cast<RankedTensorType>(patches.getType()).getShape());
  shape.back() = c.getColumns();
  Value y = MatMulOp::create(b, loc, RankedTensorType::get(shape, b.getF32Type()), FlatSymbolRefAttr::get(crossbar), patches,
                             KindAttr::get(b.getContext(), getKind(c, node)), b.getI64IntegerAttr(tileBase));
  y = restoreLayout(b, loc, c, y, sizes);
  if (tiles)
    y = correctResult(b, loc, c, y, *tiles, stored,
                      stored && !c.integers && tiles->needsInputs() ? createNumbers(b, x, *stored, 1.0f, /*centered=*/true) : x,
                      sizes);
  else if (stored && stored->zero != 0)
    y = subtractZeroPoint(b, loc, c, y, crossbar, *stored);
  if (Type type = getElementTypeOrSelf(c.init.getType()); type != getElementTypeOrSelf(y.getType()))
    y = fromFloat(b, loc, y, type);
  if (!isZero(c.init)) {
    Value empty = tensor::EmptyOp::create(b, loc, sizes, getElementTypeOrSelf(y.getType()));
    y = linalg::AddOp::create(b, loc, ValueRange{c.init, y}, empty)->getResult(0);
  }
  if (y.getType() != op->getResult(0).getType())
    y = tensor::CastOp::create(b, loc, op->getResult(0).getType(), y);
  op->getResult(0).replaceAllUsesWith(y);
  SmallVector<Value> operands(op->getOperands());
  llvm::append_values(operands, c.x, c.weights, x, weights);
  op->erase();
  eraseUnused(operands);
}

void Selector::run() {
  SmallVector<std::pair<linalg::LinalgOp, std::string>> candidates;
  module.walk<WalkOrder::PreOrder>([&](linalg::LinalgOp op) {
    if (!isCandidate(op) || isConstantExpression(op->getResult(0)))
      return;
    candidates.emplace_back(op, nameNode(op, candidates.size(), nodes));
    nodes.insert(candidates.back().second);
  });
  warnIfUnmatched("digital-nodes", rules.digital);
  warnIfUnmatched("analog-nodes", rules.analog);

  int64_t tile = 0;
  for (auto &[op, node] : candidates) {
    unsigned weightInput = isConstantExpression(op.getDpsInputs()[1]) ? 1 : 0;
    if (!isConstantExpression(op.getDpsInputs()[weightInput])) {
      keepDigital(op, node, "neither factor is constant");
      continue;
    }
    Contraction c;
    if (std::optional<std::string> reason = readContraction(op, weightInput, c)) {
      keepDigital(op, node, *reason);
      continue;
    }
    int64_t tileBase = tile;
    tile += c.getGroups() * llvm::divideCeil(c.getRows(), target.getTileRows()) *
            llvm::divideCeil(c.getColumns(), target.getTileColumns());
    if (std::optional<std::string> reason = getReasonToStayDigital(c, node))
      keepDigital(op, node, *reason);
    else
      moveToCrossbar(c, node, tileBase);
  }
  for (auto &[crossbar, tiles] : integers)
    if (tiles)
      replaceWeights(crossbar, *tiles);
  if (!digital.empty())
    module->setAttr(AnalogDialect::getDigitalNodesAttrName(), ArrayAttr::get(module.getContext(), digital));
}
