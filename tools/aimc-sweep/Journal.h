// What a sweep has found so far, kept so that a kill loses nothing finished.
#ifndef AIMC_TOOLS_SWEEP_JOURNAL_H
#define AIMC_TOOLS_SWEEP_JOURNAL_H

#include "Grid.h"
#include "Judge.h"

#include <nlohmann/json.hpp>

#include <map>

namespace aimc::tools {

using Json = nlohmann::ordered_json;

/// What one chip gave, or why it gave nothing.
struct Outcome {
  Judgement judgement;
  aimc_statistics statistics{};
  std::string failure; // empty: it ran

  bool ran() const { return failure.empty(); }
  /// Of one that ran.
  Json toJson() const;
  /// Nothing when it is not what toJson writes. Numbers come back to the last bit.
  static std::optional<Outcome> fromJson(const Json &json);
};

/// Infinities and NaN, which JSON lacks, as "inf", "-inf", "nan".
Json numberToJson(double value);

/// Everything that one outcome depends on, besides the header: the container's contents and the settings, however they were
/// written on the command line.
std::string runKey(uint64_t containerHash, const ChipSettings &settings);

/// XXH64 over the file's blocks.
Result<uint64_t> hashFile(const std::string &path);
uint64_t hashBytes(const std::string &bytes);
std::string hashText(uint64_t hash);

/// An append-only file of lines: a header that says what the outcomes belong to, then one line for each of them, on the disk
/// before the next. Runs that failed are noted with their reason, and tried again by the next sweep.
class Journal {
public:
  /// Opens or begins `path` and locks it. Errors: another process has it; it belongs to another sweep, whose header differs
  /// in what the message names; a line in it is damaged. A last line without an end, which a kill leaves, is dropped.
  /// `restart` empties it first.
  static Result<Journal> open(const std::string &path, const Json &header, bool restart);
  Journal(Journal &&other) noexcept;
  ~Journal();

  const std::map<std::string, Outcome> &outcomes() const { return found; }
  Status add(const std::string &key, const Outcome &outcome);

private:
  Journal() = default;
  Status read(const Json &header);
  Status write(const std::string &line);

  std::string path;
  int descriptor = -1;
  std::map<std::string, Outcome> found;
};

} // namespace aimc::tools

#endif // AIMC_TOOLS_SWEEP_JOURNAL_H
