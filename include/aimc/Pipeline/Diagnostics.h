//===- Diagnostics.h - what a compilation says to its user ------------------------------------------------------===//
#ifndef AIMC_PIPELINE_DIAGNOSTICS_H
#define AIMC_PIPELINE_DIAGNOSTICS_H

#include "mlir/IR/Diagnostics.h"
#include "llvm/ADT/StringSet.h"

namespace llvm {
class raw_ostream;
}

namespace aimc {

/// Prints the diagnostics of a context while it lives, one line each: "error: conv1: …" for a node of a graph, "file:3:5:
/// error: …" for a place in a file. A line is printed once, however often a pass runs.
class DiagnosticPrinter {
public:
  DiagnosticPrinter(mlir::MLIRContext &context, llvm::raw_ostream &os, bool showRemarks);
  ~DiagnosticPrinter();
  DiagnosticPrinter(const DiagnosticPrinter &) = delete;
  DiagnosticPrinter &operator=(const DiagnosticPrinter &) = delete;

private:
  void print(mlir::Diagnostic &diagnostic);

  mlir::MLIRContext &context;
  llvm::raw_ostream &os;
  bool showRemarks;
  llvm::StringSet<> printed;
  mlir::DiagnosticEngine::HandlerID handler;
};

} // namespace aimc

#endif // AIMC_PIPELINE_DIAGNOSTICS_H
