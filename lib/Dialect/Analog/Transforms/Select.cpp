//===- Select.cpp - which contractions become crossbars, and why the others stay digital ------------------------===//
#include "Common.h"
#include "Contraction.h"
#include "Corrections.h"
#include "Integers.h"
#include "Layout.h"
#include "aimc/Analysis/ConstantExpression.h"
#include "aimc/Dialect/Analog/IR/Analog.h"
#include "aimc/Dialect/Analog/Transforms/Passes.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
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
    y = subtractZeroPoint(b, loc, c, y, crossbar, *stored, sizes);
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
