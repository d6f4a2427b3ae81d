#include "Journal.h"

#include "container/Checksum.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sys/file.h>
#include <unistd.h>

namespace aimc::tools {

Json numberToJson(double value) {
  if (std::isfinite(value))
    return value;
  return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

static std::optional<double> numberFromJson(const Json &json) {
  if (json.is_number())
    return json.get<double>();
  if (json == "inf" || json == "-inf")
    return json == "inf" ? INFINITY : -INFINITY;
  if (json == "nan")
    return NAN;
  return std::nullopt;
}

namespace {
struct Counter {
  const char *name;
  uint64_t aimc_statistics::*field;
};
struct Closeness {
  const char *name;
  double Difference::*field;
};
} // namespace

static const Counter counters[] = {{"mvms", &aimc_statistics::mvms},
                                   {"nonfinite_inputs", &aimc_statistics::nonfinite_inputs},
                                   {"clipped_inputs", &aimc_statistics::clipped_inputs},
                                   {"clipped_codes", &aimc_statistics::clipped_codes},
                                   {"saturated_conductances", &aimc_statistics::saturated_conductances}};
static const Closeness closeness[] = {
    {"sqnr_db", &Difference::sqnrDb}, {"max_absolute", &Difference::maxAbsolute}, {"range", &Difference::range}};

Json Outcome::toJson() const {
  Json json = Json::object();
  if (judgement.accuracy)
    json["accuracy"] = *judgement.accuracy;
  for (const Difference &difference : judgement.differences) {
    Json entry;
    for (const Closeness &value : closeness)
      entry[value.name] = numberToJson(difference.*value.field);
    json["differences"].push_back(std::move(entry));
  }
  for (const Counter &counter : counters)
    json[counter.name] = statistics.*counter.field;
  return json;
}

std::optional<Outcome> Outcome::fromJson(const Json &json) {
  Outcome outcome;
  outcome.statistics.struct_size = sizeof outcome.statistics;
  if (!json.is_object())
    return std::nullopt;
  if (json.contains("accuracy")) {
    outcome.judgement.accuracy = numberFromJson(json["accuracy"]);
    if (!outcome.judgement.accuracy)
      return std::nullopt;
  }
  for (const Json &entry : json.value("differences", Json::array())) {
    Difference difference;
    for (const Closeness &value : closeness) {
      std::optional<double> number =
          entry.is_object() && entry.contains(value.name) ? numberFromJson(entry[value.name]) : std::nullopt;
      if (!number)
        return std::nullopt;
      difference.*value.field = *number;
    }
    outcome.judgement.differences.push_back(difference);
  }
  for (const Counter &counter : counters) {
    if (!json.contains(counter.name) || !json[counter.name].is_number_unsigned())
      return std::nullopt;
    outcome.statistics.*counter.field = json[counter.name].get<uint64_t>();
  }
  return outcome;
}

std::string hashText(uint64_t hash) {
  char text[20];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

std::string runKey(uint64_t containerHash, const ChipSettings &settings) {
  Json key;
  key["container"] = hashText(containerHash);
  key["fidelity"] = nameOf(fidelities(), settings.fidelity);
  if (settings.fidelity == AIMC_NOISY) {
    key["seed"] = settings.seed;
    key["trial"] = settings.trial;
    key["time_seconds"] = settings.timeSeconds;
    if (settings.timeSeconds > 0) // just after programming there is nothing to compensate
      key["compensation"] = nameOf(compensations(), settings.compensation);
    key["disabled"] = Json::array();
    for (const auto &effect : effects())
      if (settings.disabledEffects >> effect.value & 1)
        key["disabled"].push_back(effect.name);
  }
  if (settings.recovery != Recovery::None && settings.fidelity != AIMC_EXACT)
    key["recovery"] = nameOf(recoveries(), settings.recovery);
  if (!settings.settings.empty() && settings.fidelity != AIMC_EXACT)
    key["settings"] = settings.settings;
  return key.dump();
}

uint64_t hashBytes(const std::string &bytes) { return xxh64(bytes.data(), bytes.size()); }

Result<uint64_t> hashFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<char> block(1 << 20);
  std::vector<uint64_t> hashes;
  while (file) {
    file.read(block.data(), static_cast<std::streamsize>(block.size()));
    if (file.gcount() > 0)
      hashes.push_back(xxh64(block.data(), static_cast<size_t>(file.gcount())));
  }
  if (!file.eof())
    return Failure{path + ": cannot read: " + std::strerror(errno)};
  return combineBlocks(hashes);
}

Journal::Journal(Journal &&other) noexcept
    : path(std::move(other.path)), descriptor(other.descriptor), found(std::move(other.found)) {
  other.descriptor = -1;
}

Journal::~Journal() {
  if (descriptor >= 0)
    close(descriptor);
}

Result<Journal> Journal::open(const std::string &path, const Json &header, bool restart) {
  Journal journal;
  journal.path = path;
  journal.descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (journal.descriptor < 0)
    return Failure{path + ": cannot open: " + std::strerror(errno)};
  if (flock(journal.descriptor, LOCK_EX | LOCK_NB) != 0)
    return Failure{path + ": another sweep is writing it; wait for its end or choose another --output-dir"};
  if (restart && ftruncate(journal.descriptor, 0) != 0)
    return Failure{path + ": cannot empty: " + std::strerror(errno)};
  if (Status status = journal.read(header); !status)
    return status.failure();
  return journal;
}

/// The names of top-level entries that differ.
static std::string differences(const Json &a, const Json &b) {
  std::vector<std::string> names;
  for (const Json *json : {&a, &b})
    for (const auto &[name, value] : json->items()) {
      const Json &other = json == &a ? b : a;
      if ((!other.contains(name) || other[name] != value) && std::find(names.begin(), names.end(), name) == names.end())
        names.push_back(name);
    }
  return listOf(names);
}

Status Journal::read(const Json &header) {
  std::string text;
  char block[1 << 16];
  for (ssize_t count; (count = ::read(descriptor, block, sizeof block)) != 0;) {
    if (count < 0)
      return Failure{path + ": cannot read: " + std::strerror(errno)};
    text.append(block, static_cast<size_t>(count));
  }
  size_t end = text.rfind('\n');
  size_t complete = end == std::string::npos ? 0 : end + 1;
  if (complete < text.size() && ftruncate(descriptor, static_cast<off_t>(complete)) != 0)
    return Failure{path + ": cannot drop its unfinished last line: " + std::strerror(errno)};
  if (complete == 0)
    return write(header.dump());

  size_t number = 0;
  for (size_t begin = 0; begin < complete;) {
    size_t stop = text.find('\n', begin);
    Json line = Json::parse(text.substr(begin, stop - begin), nullptr, /*allow_exceptions=*/false);
    begin = stop + 1;
    ++number;
    if (number == 1) {
      if (!line.is_object() || !line.contains("aimc_sweep"))
        return Failure{path + ": this is no journal of a sweep; choose another --output-dir"};
      if (line != header)
        return Failure{path + ": it belongs to another sweep, which differs in: " + differences(line, header) +
                       "; choose another --output-dir, or add --restart to give its results up"};
      continue;
    }
    if (line.is_object() && line.contains("run") && line.contains("failure"))
      continue;
    std::optional<Outcome> outcome;
    if (line.is_object() && line.contains("run") && line.contains("outcome"))
      outcome = Outcome::fromJson(line["outcome"]);
    if (!outcome)
      return Failure{path + ":" + std::to_string(number) + ": the line is damaged; remove it to have its run repeated"};
    found[line["run"].dump()] = std::move(*outcome);
  }
  return {};
}

Status Journal::write(const std::string &line) {
  // One call, so that a kill leaves a line that is whole or has no end.
  std::string text = line + "\n";
  for (size_t done = 0; done < text.size();) {
    ssize_t count = ::write(descriptor, text.data() + done, text.size() - done);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return Failure{path + ": cannot write: " + std::strerror(errno)};
    done += static_cast<size_t>(count);
  }
  if (fdatasync(descriptor) != 0 && errno != EINVAL && errno != EROFS)
    return Failure{path + ": cannot write: " + std::strerror(errno)};
  return {};
}

Status Journal::add(const std::string &key, const Outcome &outcome) {
  Json line;
  line["run"] = Json::parse(key);
  if (outcome.ran())
    line["outcome"] = outcome.toJson();
  else
    line["failure"] = outcome.failure;
  if (Status status = write(line.dump(-1, ' ', false, Json::error_handler_t::replace)); !status)
    return status;
  found[key] = outcome;
  return {};
}

} // namespace aimc::tools
