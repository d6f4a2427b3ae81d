//===- TargetDescription.h - chips as data ----------------------------------------------------------------------===//
//
// A chip is described by a YAML file (targets/*.yaml); docs/targets.md lists every key.
//
//===------------------------------------------------------------------------------------------------------------===//
#ifndef AIMC_TARGET_TARGETDESCRIPTION_H
#define AIMC_TARGET_TARGETDESCRIPTION_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>
#include <utility>
#include <vector>

namespace mlir {
class MLIRContext;
} // namespace mlir

namespace aimc {
namespace analog {
class TargetAttr;
} // namespace analog

/// Indices of the numbers of aimc/parameters.def.
enum class Parameter {
#define AIMC_PARAMETER(section, key, field, Name, unit, low, high) Name,
#include "aimc/parameters.def"
  Count
};

/// A target as its file says it. Words (encoding, device, layouts, scale) are the file's, checked against the known ones.
struct TargetDescription {
  std::string fileName; // as found
  std::string text;     // the whole file

  std::string name;
  std::string description;
  std::vector<std::string> sources;
  /// Figures that were published for the chip, as written: (what, value).
  std::vector<std::pair<std::string, std::string>> published;

  int64_t arrayRows = 0; // unit cells
  int64_t arrayColumns = 0;
  int64_t arraysPerChip = 1;
  int64_t tileRows = 0; // logical weights
  int64_t tileColumns = 0;

  std::string encoding = "differential";
  int64_t weightBits = 8;
  int64_t cellBits = 7;
  bool unitColumn = false;
  std::string scale = "column";
  std::string sliceLayout = "interleaved";
  std::string polarityLayout = "interleaved";

  int64_t inputBits = 8;
  int64_t inputSliceBits = 0; // 0: all in one
  int64_t adcBits = 8;        // 0: ideal

  std::string device = "ideal";
  double gMinMicrosiemens = 0;
  double gMaxMicrosiemens = 25;
  int64_t devicesPerWeight = 1;

  bool programmingNoise = false;
  double outputNoiseLsb = 0;
  std::string readNoise = "none";
  std::string irDrop = "none";
  bool gatedRows = false;
  double parameters[size_t(Parameter::Count)] = {}; // aimc/parameters.def
};

/// Reads a description. `fileName` is for messages, which begin with "file:line:column: ".
llvm::Expected<TargetDescription> parseTarget(llvm::StringRef text, llvm::StringRef fileName);

/// Reads the description `nameOrPath`: a path if it has a '/' or ends in ".yaml", else NAME.yaml in the directories of
/// the environment variable AIMC_TARGET_PATH (separated by ':'), then in ../share/aimc/targets relative to the
/// program, then in the source tree. The error lists the names that exist.
llvm::Expected<TargetDescription> loadTarget(llvm::StringRef nameOrPath);

/// The description with keys set anew, each "KEY=VALUE" as in "adc.bits=6"; its text says so too. Messages name the file and
/// the override.
llvm::Expected<TargetDescription> withOverrides(TargetDescription target, llvm::ArrayRef<std::string> overrides);

/// Names of all descriptions that `loadTarget` finds, sorted.
std::vector<std::string> listTargets();

/// The attribute that passes read, for a system of `chips` such chips. Fails when the numbers contradict each other (a tile
/// that does not fit its array); the message begins with the file's name.
llvm::Expected<analog::TargetAttr> toAttribute(const TargetDescription &target, mlir::MLIRContext *context, int64_t chips = 1);

} // namespace aimc

#endif // AIMC_TARGET_TARGETDESCRIPTION_H
