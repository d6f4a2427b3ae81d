//===- Einsum.cpp - the equation of an Einsum and its shape -----------------------------------------------------===//
#include "aimc/Dialect/Onnx/Einsum.h"

#include "ShapeFunctions.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

#include <map>

using namespace mlir;
using namespace aimc::onnx;

/// Labels are letters; dimensions of an ellipsis are numbered from the back, as -1, -2, …
using Labels = SmallVector<int>;

/// Labels of one term; `ellipsis` is how many dimensions its "..." stands for.
static std::optional<Labels> readTerm(StringRef term, int64_t ellipsis) {
  Labels labels;
  while (!term.empty()) {
    if (term.consume_front("...")) {
      for (int64_t i = ellipsis; i > 0; --i)
        labels.push_back(-static_cast<int>(i));
      continue;
    }
    if (!llvm::isAlpha(term.front()))
      return std::nullopt;
    labels.push_back(term.front());
    term = term.drop_front();
  }
  return labels;
}

static int64_t countLetters(StringRef term) { return llvm::count_if(term, llvm::isAlpha); }

FailureOr<Einsum> aimc::onnx::parseEinsum(NodeOp node, ArrayRef<int64_t> ranks) {
  std::string equation = node.getString("equation", "").str();
  llvm::erase_if(equation, llvm::isSpace);
  auto [left, right] = StringRef(equation).split("->");
  bool isExplicit = StringRef(equation).contains("->");
  SmallVector<StringRef> terms;
  left.split(terms, ',');
  auto fail = [&](const Twine &why) -> FailureOr<Einsum> {
    node.emitNodeError() << "equation '" << equation << "' " << why.str();
    return failure();
  };
  if (terms.size() != ranks.size())
    return fail("has " + Twine(terms.size()) + " terms for " + Twine(ranks.size()) + " operands");
  SmallVector<Labels> operands;
  int64_t widest = 0;
  for (auto [term, rank] : llvm::zip(terms, ranks)) {
    int64_t rest = rank - countLetters(term);
    bool has = term.contains("...");
    if (rest < 0 || (rest > 0 && !has))
      return fail("names " + Twine(countLetters(term)) + " dimensions of an operand of " + Twine(rank));
    std::optional<Labels> labels = readTerm(term, has ? rest : 0);
    if (!labels || term.count("...") > 1)
      return fail("cannot be read; terms are letters and one '...'");
    operands.push_back(*labels);
    widest = std::max(widest, has ? rest : 0);
  }
  std::map<int, unsigned> uses;
  for (const Labels &labels : operands)
    for (int label : labels)
      ++uses[label];
  Labels output;
  if (isExplicit) {
    std::optional<Labels> labels = readTerm(right, widest);
    if (!labels)
      return fail("cannot be read; terms are letters and one '...'");
    output = *labels;
  } else {
    // The ellipsis, then in alphabetical order what appears once.
    for (int64_t i = widest; i > 0; --i)
      output.push_back(-static_cast<int>(i));
    for (auto [label, count] : uses)
      if (label > 0 && count == 1)
        output.push_back(label);
  }
  Einsum result;
  std::map<int, unsigned> loops;
  for (int label : output)
    if (!uses.count(label) || !loops.try_emplace(label, loops.size()).second)
      return fail("has a result dimension that no operand has, or twice the same");
  result.outputRank = output.size();
  for (auto [label, count] : uses)
    loops.try_emplace(label, loops.size());
  result.loops = loops.size();
  for (const Labels &labels : operands) {
    result.operands.emplace_back();
    for (int label : labels)
      result.operands.back().push_back(loops[label]);
  }
  return result;
}

LogicalResult aimc::onnx::inferEinsum(NodeOp node, ShapeInference &inference) {
  SmallVector<Shape> shapes;
  SmallVector<int64_t> ranks;
  Type element = inference.getElementType(node.getInputs()[0]);
  for (Value operand : node.getInputs()) {
    shapes.push_back(inference.getShape(operand));
    ranks.push_back(shapes.back().size());
    if (inference.getElementType(operand) != element)
      return node.emitNodeError() << "element types " << element << " and " << inference.getElementType(operand) << " differ";
  }
  FailureOr<Einsum> einsum = parseEinsum(node, ranks);
  if (failed(einsum))
    return failure();
  Shape sizes(einsum->loops, 1);
  for (auto [shape, loops] : llvm::zip(shapes, einsum->operands))
    for (auto [size, loop] : llvm::zip(shape, loops)) {
      std::optional<Dim> both = inference.broadcast(sizes[loop], size);
      if (!both)
        return node.emitNodeError() << "one label stands for sizes " << sizes[loop] << " and " << size;
      sizes[loop] = *both;
    }
  sizes.resize(einsum->outputRank);
  inference.setResult(node.getOutputs()[0], sizes, element);
  return success();
}
