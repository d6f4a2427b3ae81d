//===- Diagnostics.cpp ------------------------------------------------------------------------------------------===//
#include "aimc/Pipeline/Diagnostics.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Location.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/WithColor.h"
#include "llvm/Support/raw_ostream.h"

using namespace aimc;
using namespace mlir;

DiagnosticPrinter::DiagnosticPrinter(MLIRContext &context, llvm::raw_ostream &os, bool showRemarks)
    : context(context), os(os), showRemarks(showRemarks) {
  context.printOpOnDiagnostic(false);
  handler = context.getDiagEngine().registerHandler([this](Diagnostic &diagnostic) {
    print(diagnostic);
    return success();
  });
}

DiagnosticPrinter::~DiagnosticPrinter() { context.getDiagEngine().eraseHandler(handler); }

static llvm::HighlightColor colorOf(DiagnosticSeverity severity) {
  switch (severity) {
  case DiagnosticSeverity::Error:
    return llvm::HighlightColor::Error;
  case DiagnosticSeverity::Warning:
    return llvm::HighlightColor::Warning;
  case DiagnosticSeverity::Remark:
    return llvm::HighlightColor::Remark;
  case DiagnosticSeverity::Note:
    return llvm::HighlightColor::Note;
  }
  llvm_unreachable("all severities are above");
}

static StringRef nameOf(DiagnosticSeverity severity) {
  switch (severity) {
  case DiagnosticSeverity::Error:
    return "error";
  case DiagnosticSeverity::Warning:
    return "warning";
  case DiagnosticSeverity::Remark:
    return "remark";
  case DiagnosticSeverity::Note:
    return "note";
  }
  llvm_unreachable("all severities are above");
}

/// One line in its parts: the place in a file, if there is one, and the node with the message.
static std::pair<std::string, std::string> linesOf(Diagnostic &diagnostic) {
  std::string place, text;
  Location location = diagnostic.getLocation();
  if (auto file = location->findInstanceOf<FileLineColLoc>()) {
    place = (file.getFilename().getValue() + ":").str();
    if (file.getLine() > 0) // a binary file has none
      place += std::to_string(file.getLine()) + ":" + std::to_string(file.getColumn()) + ":";
    place += " ";
  }
  std::string message = diagnostic.str();
  if (auto name = location->findInstanceOf<NameLoc>())
    if (!StringRef(message).ltrim('\'').starts_with(name.getName().getValue()))
      text = (name.getName().getValue() + ": ").str();
  return {place, text + message};
}

void DiagnosticPrinter::print(Diagnostic &diagnostic) {
  if (diagnostic.getSeverity() == DiagnosticSeverity::Remark && !showRemarks)
    return;
  auto [place, text] = linesOf(diagnostic);
  if (!printed.insert(place + nameOf(diagnostic.getSeverity()).str() + text).second)
    return;
  os << place;
  llvm::WithColor(os, colorOf(diagnostic.getSeverity())) << nameOf(diagnostic.getSeverity()) << ": ";
  os << text << "\n";
  for (Diagnostic &note : diagnostic.getNotes())
    print(note);
}
