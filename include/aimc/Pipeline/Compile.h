//===- Compile.h - the whole way from a model file to a container -----------------------------------------------===//
#ifndef AIMC_PIPELINE_COMPILE_H
#define AIMC_PIPELINE_COMPILE_H

#include "aimc/Pipeline/RangeEstimator.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/LogicalResult.h"

#include <cstdint>
#include <string>
#include <vector>

namespace mlir {
class MLIRContext;
}
namespace llvm {
class raw_ostream;
}

namespace aimc {

/// Where compilation stops.
enum class Stage { Onnx, Linalg, Analog, Llvm, Container };

struct CompileOptions {
  std::string input;  ///< .onnx, or .mlir with linalg (or onnx) from any producer
  std::string output; ///< the container; for an earlier stage the text, "-" or empty: standard output
  Stage stage = Stage::Container;

  llvm::StringMap<int64_t> dims;                              ///< sizes of named dimensions
  llvm::StringMap<llvm::SmallVector<int64_t, 4>> inputShapes; ///< of graph inputs; a negative size: as the file has it
  llvm::StringMap<std::string> constInputs; ///< graph inputs that become constants, and the files (.npy, .pb) with their values
  int64_t batchDim = 0;                     ///< dimension of the graph inputs that counts samples; −1: none
  std::vector<std::string> inputRanges;     ///< "NAME=LO,HI" or "LO,HI" for all: what the caller promises of graph inputs

  std::string target;                       ///< name or file; empty: generic-pcm, or the target that an .mlir file names
  std::vector<std::string> targetOverrides; ///< "KEY=VALUE" each: keys of the description set anew
  int64_t chips = 0;                        ///< 0: not given, 1
  bool digital = false;                     ///< everything on the host
  std::string digitalNodes, analogNodes;    ///< regular expressions over node names

  std::string weightClip; ///< "mse" or a number of root mean squares; empty: every weight fits
  std::string calibrate;  ///< .npy file, or a folder with one for each graph input; empty: data-free
  std::string inputScale; ///< "1/255" or a number; empty: 1
  RangeRule rangeRule;
  bool tileScales = false; ///< calibrated input scales are those of row tiles, not of layers
  AdcSharing adcSharing = AdcSharing::Column;
  std::string saveRanges, ranges; ///< JSON files

  bool stripReference = false;
  bool fastDigital = false;
  std::string hostTriple, hostCpu; ///< empty: the default
  bool quiet = false;              ///< no remarks, no progress
};

/// Compiles; reasons of a failure were emitted as diagnostics of `context`.
llvm::LogicalResult compile(const CompileOptions &options, mlir::MLIRContext &context);

} // namespace aimc

#endif // AIMC_PIPELINE_COMPILE_H
