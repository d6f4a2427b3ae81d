//===- Graph.h - a graph into one function ------------------------------------------------------------*- C++ -*-===//
#ifndef AIMC_LIB_IMPORT_GRAPH_H
#define AIMC_LIB_IMPORT_GRAPH_H

#include "Functions.h"
#include "Tensor.h"

#include "aimc/Import/Import.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Path.h"

#include <onnx/onnx_pb.h>

#include <map>
#include <string>
#include <vector>

namespace aimc {

/// Values by ONNX name; a subgraph's scope lies inside that of the graph around it.
struct Scope {
  const Scope *parent = nullptr;
  llvm::StringMap<mlir::Value> values;

  mlir::Value lookup(llvm::StringRef name) const {
    for (const Scope *scope = this; scope; scope = scope->parent)
      if (mlir::Value value = scope->values.lookup(name))
        return value;
    return {};
  }
};

/// Builds the module of one model.
class GraphImporter {
public:
  GraphImporter(::onnx::ModelProto &model, llvm::StringRef path, const ImportOptions &options, mlir::MLIRContext &context)
      : model(model), options(options), dims(options.dims), builder(&context),
        fileLoc(mlir::FileLineColLoc::get(&context, path, 0, 0)), tensors(llvm::sys::path::parent_path(path)) {}

  mlir::OwningOpRef<mlir::ModuleOp> run();

private:
  using Nodes = google::protobuf::RepeatedPtrField<::onnx::NodeProto>;

  // Graph.cpp
  llvm::LogicalResult readOpsets();
  void collectNodeNames(const ::onnx::GraphProto &graph);
  void collectUnknown(const Nodes &nodes, llvm::StringRef caller, llvm::StringSet<> &visited, std::string &list, size_t &count);
  llvm::LogicalResult checkOperators();

  // Interface.cpp
  llvm::LogicalResult checkDims();
  llvm::LogicalResult applyInputShape(llvm::StringRef name, llvm::ArrayRef<int64_t> shape);
  mlir::FailureOr<mlir::Type> importType(const ::onnx::ValueInfoProto &info, llvm::SmallVectorImpl<mlir::Attribute> &dimNames);
  llvm::LogicalResult importInputs(mlir::func::FuncOp func, Scope &scope);
  llvm::LogicalResult importOutputs(mlir::func::FuncOp func, Scope &scope);
  void checkDeclaredOutputs(mlir::func::FuncOp func, llvm::ArrayRef<mlir::Type> declared);

  // Nodes.cpp
  llvm::LogicalResult importInitializers(::onnx::GraphProto &graph, Scope &scope);
  llvm::LogicalResult importAttribute(::onnx::AttributeProto &attr, mlir::Location loc,
                                      llvm::SmallVectorImpl<mlir::NamedAttribute> &attrs,
                                      std::map<std::string, ::onnx::GraphProto *> &graphs);
  void noteNibbles(const ::onnx::TensorProto &tensor, llvm::StringRef name);
  void stateWidth(const ::onnx::NodeProto &node, llvm::SmallVectorImpl<mlir::NamedAttribute> &attrs);
  mlir::FailureOr<llvm::SmallVector<mlir::Value>> lookupInputs(const ::onnx::NodeProto &node, mlir::NameLoc loc,
                                                               const Scope &scope);
  llvm::LogicalResult define(const std::string &name, mlir::Value value, const ::onnx::NodeProto &node, mlir::NameLoc loc,
                             Scope &scope);
  mlir::StringAttr nameNode(const ::onnx::NodeProto &node, int64_t index);
  llvm::LogicalResult importCall(const ModelFunction &function, ::onnx::NodeProto &node, int64_t index, Scope &scope);
  llvm::LogicalResult importNode(::onnx::NodeProto &node, int64_t index, Scope &scope);
  llvm::LogicalResult importNodes(Nodes &nodes, Scope &scope);
  llvm::LogicalResult importSubgraph(::onnx::GraphProto &graph, mlir::Region &region, const Scope &scope, mlir::Location loc);

  int64_t getOpset(llvm::StringRef domain) const { return opsets.lookup(domain == "ai.onnx" ? "" : domain); }
  mlir::NameLoc locOf(llvm::StringRef name) { return mlir::NameLoc::get(builder.getStringAttr(name)); }

  ::onnx::ModelProto &model;
  const ImportOptions &options;
  llvm::StringMap<int64_t> dims; // of the options, with what their shapes of inputs say
  mlir::OpBuilder builder;
  mlir::Location fileLoc;
  TensorImporter tensors;
  FunctionTable functions;
  llvm::StringMap<int64_t> opsets;       // of the model, or of the function that is being put in place of a call
  std::string prefix;                    // of the names of a function's nodes: `call/`
  llvm::StringMap<int> nibbles;          // constants of 4-bit integers and their ONNX type
  llvm::StringSet<> nodeNames;           // as the file has them
  llvm::StringSet<> usedNames;           // as the module has them
  llvm::StringMap<int64_t> lastSuffixes; // what made names unique
  std::vector<mlir::Type> declaredOutputs;
};

} // namespace aimc

#endif // AIMC_LIB_IMPORT_GRAPH_H
