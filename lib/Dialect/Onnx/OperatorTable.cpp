//===- OperatorTable.cpp - which ONNX operators exist -----------------------------------------------------------===//
#include "aimc/Dialect/Onnx/OperatorTable.h"

#include "ShapeFunctions.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"

using namespace aimc::onnx;

llvm::ArrayRef<OperatorRow> aimc::onnx::getOperatorTable() {
  static constexpr OperatorRow table[] = {
#define ONNX_OPERATOR(domain, name, since, minInputs, maxInputs, shape, lowering)                                              \
  {domain, #name, since, minInputs, maxInputs, shape},
#include "aimc/Dialect/Onnx/Operators.def"
  };
  return table;
}

/// Rows by operator name, whatever their domain.
static llvm::DenseMap<llvm::StringRef, llvm::SmallVector<const OperatorRow *, 2>> indexByName() {
  llvm::DenseMap<llvm::StringRef, llvm::SmallVector<const OperatorRow *, 2>> index;
  for (const OperatorRow &row : getOperatorTable())
    index[row.name].push_back(&row);
  return index;
}

const OperatorRow *aimc::onnx::lookupOperator(llvm::StringRef domain, llvm::StringRef name, int64_t opset) {
  static const auto index = indexByName();
  if (domain == "ai.onnx")
    domain = "";
  auto found = index.find(name);
  if (found == index.end())
    return nullptr;
  const OperatorRow *best = nullptr;
  for (const OperatorRow *row : found->second)
    if (row->domain == domain && row->since <= opset && (!best || row->since > best->since))
      best = row;
  return best;
}
