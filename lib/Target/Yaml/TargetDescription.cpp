//===- TargetDescription.cpp - reads targets/*.yaml -------------------------------------------------------------===//
#include "aimc/Target/TargetDescription.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/YAMLParser.h"
#include "llvm/Support/raw_ostream.h"

#include <functional>
#include <optional>

using namespace aimc;
using llvm::ArrayRef;
using llvm::StringRef;
using llvm::Twine;

//===------------------------------------------------------------------------------------------------------------===//
// The keys
//===------------------------------------------------------------------------------------------------------------===//

namespace {
struct Unit {
  StringRef name;
  double factor; // to the dimension's first unit
};

enum class Kind { Text, TextList, TextMap, Integer, Boolean, Word, Quantity, Ratio };

/// One key of the schema. docs/targets.md has a row for each.
struct Key {
  StringRef section; // "" at the top
  StringRef name;
  Kind kind;
  bool required;
  std::function<void(TargetDescription &, StringRef text, double number)> set;
  double low = 0, high = 0;       // Integer, Quantity and Ratio: bounds, both included
  ArrayRef<StringRef> words = {}; // Word: what may stand there; Integer: words that stand for 0
  ArrayRef<Unit> units = {};      // Quantity
};
} // namespace

static const Unit kConductance[] = {{"uS", 1}, {"µS", 1}, {"nS", 1e-3}, {"mS", 1e3}};
static const Unit kLsb[] = {{"LSB", 1}};
static const StringRef kEncodings[] = {"differential", "offset"};
static const StringRef kScales[] = {"column", "tile", "matrix"};
static const StringRef kLayouts[] = {"cell", "interleaved", "separate"};
static const Unit kOhm[] = {{"ohm", 1}, {"Ω", 1}};
static const StringRef kDevices[] = {
#define AIMC_DEVICE_MODEL(word, Name) word,
#include "aimc/parameters.def"
};
static const StringRef kReadNoises[] = {
#define AIMC_READ_NOISE(word, Name) word,
#include "aimc/parameters.def"
};
static const StringRef kIrDrops[] = {
#define AIMC_IR_DROP(word, Name) word,
#include "aimc/parameters.def"
};
static const StringRef kAll[] = {"all"};
static const StringRef kIdeal[] = {"ideal"};

template <typename T> static auto number(T TargetDescription::*member) {
  return [member](TargetDescription &target, StringRef, double value) { target.*member = static_cast<T>(value); };
}
static auto text(std::string TargetDescription::*member) {
  return [member](TargetDescription &target, StringRef value, double) { target.*member = value.str(); };
}

/// A number of aimc/parameters.def; without a unit it is a ratio.
static Key parameter(StringRef section, StringRef name, Parameter index, StringRef unit, double low, double high) {
  auto set = [index](TargetDescription &target, StringRef, double value) {
    target.parameters[static_cast<size_t>(index)] = value;
  };
  ArrayRef<Unit> units = unit.empty() ? ArrayRef<Unit>() : unit == "LSB" ? ArrayRef<Unit>(kLsb) : ArrayRef<Unit>(kOhm);
  return {section, name, unit.empty() ? Kind::Ratio : Kind::Quantity, false, set, low, high, {}, units};
}

static ArrayRef<Key> keys() {
  using T = TargetDescription;
  constexpr double many = 1 << 20;
  static const auto addSource = [](T &target, StringRef value, double) { target.sources.push_back(value.str()); };
  static const Key table[] = {
      {"", "name", Kind::Text, true, text(&T::name)},
      {"", "description", Kind::Text, false, text(&T::description)},
      {"", "sources", Kind::TextList, false, addSource},
      {"", "published", Kind::TextMap, false, nullptr},
      {"array", "rows", Kind::Integer, true, number(&T::arrayRows), 1, many},
      {"array", "columns", Kind::Integer, true, number(&T::arrayColumns), 1, many},
      {"array", "per_chip", Kind::Integer, true, number(&T::arraysPerChip), 1, many},
      {"tile", "rows", Kind::Integer, true, number(&T::tileRows), 1, 65793},
      {"tile", "columns", Kind::Integer, true, number(&T::tileColumns), 1, many},
      {"weights", "bits", Kind::Integer, false, number(&T::weightBits), 2, 16},
      {"weights", "cell_bits", Kind::Integer, false, number(&T::cellBits), 1, 14},
      {"weights", "encoding", Kind::Word, false, text(&T::encoding), 0, 0, kEncodings},
      {"weights", "unit_column", Kind::Boolean, false, number(&T::unitColumn)},
      {"weights", "scale", Kind::Word, false, text(&T::scale), 0, 0, kScales},
      {"weights", "slices_in", Kind::Word, false, text(&T::sliceLayout), 0, 0, kLayouts},
      {"weights", "polarities_in", Kind::Word, false, text(&T::polarityLayout), 0, 0, kLayouts},
      {"input", "bits", Kind::Integer, false, number(&T::inputBits), 2, 8},
      {"input", "slice_bits", Kind::Integer, false, number(&T::inputSliceBits), 1, 8, kAll},
      {"adc", "bits", Kind::Integer, false, number(&T::adcBits), 2, 22, kIdeal},
      {"device", "model", Kind::Word, true, text(&T::device), 0, 0, kDevices},
      {"device", "g_min", Kind::Quantity, false, number(&T::gMinMicrosiemens), 0, 1e6, {}, kConductance},
      {"device", "g_max", Kind::Quantity, false, number(&T::gMaxMicrosiemens), 0, 1e6, {}, kConductance},
      {"device", "per_weight", Kind::Integer, false, number(&T::devicesPerWeight), 1, 16},
      {"noise", "programming", Kind::Boolean, false, number(&T::programmingNoise)},
      {"noise", "output", Kind::Quantity, false, number(&T::outputNoiseLsb), 0, 1e3, {}, kLsb},
      {"noise", "read", Kind::Word, false, text(&T::readNoise), 0, 0, kReadNoises},
      {"wires", "ir_drop", Kind::Word, false, text(&T::irDrop), 0, 0, kIrDrops},
      {"wires", "gated_rows", Kind::Boolean, false, number(&T::gatedRows)},
#define AIMC_PARAMETER(section, key, field, Name, unit, low, high) parameter(section, key, Parameter::Name, unit, low, high),
#include "aimc/parameters.def"
  };
  return table;
}

//===------------------------------------------------------------------------------------------------------------===//
// Reading
//===------------------------------------------------------------------------------------------------------------===//

static std::string quoteAll(ArrayRef<StringRef> names) {
  std::string text;
  for (StringRef name : names)
    text += (text.empty() ? "'" : ", '") + name.str() + "'";
  return text;
}

/// The known name nearest to `name`, as ", did you mean 'x'?", or "" if none is near.
static std::string suggest(StringRef name, ArrayRef<StringRef> known) {
  StringRef nearest;
  unsigned least = std::max<size_t>(2, name.size() / 3) + 1;
  for (StringRef candidate : known)
    if (unsigned distance = name.edit_distance(candidate, /*AllowReplacements=*/true, least); distance < least) {
      least = distance;
      nearest = candidate;
    }
  return nearest.empty() ? "" : ("did you mean '" + nearest + "'? ").str();
}

namespace {
/// Reads one file into a description; the first error ends it.
class Reader {
public:
  Reader(StringRef text, StringRef fileName) : buffer(llvm::MemoryBuffer::getMemBufferCopy(text, fileName)) {}
  llvm::Expected<TargetDescription> read();

  /// After reading: the text, with a key set anew.
  std::string withValue(StringRef fullName, StringRef value) const;

private:
  bool readTop(llvm::yaml::MappingNode *map);
  bool readSection(StringRef section, llvm::yaml::MappingNode *map);
  bool readValue(const Key &key, llvm::yaml::Node *value);
  bool readScalar(const Key &key, llvm::yaml::Node *node, StringRef text);
  bool readQuantity(const Key &key, llvm::yaml::Node *node, StringRef text);
  bool checkRequired();

  /// The scalar's text, or nothing (with an error) if it is none.
  std::optional<StringRef> getText(llvm::yaml::Node *node, StringRef what);
  bool fail(llvm::yaml::Node *node, const Twine &text) { return fail(node->getSourceRange().Start, text); }
  bool fail(llvm::SMLoc at, const Twine &text);
  bool checkBounds(const Key &key, llvm::yaml::Node *node, double number, StringRef unit);

  static std::string fullName(const Key &key) {
    return key.section.empty() ? key.name.str() : (key.section + "." + key.name).str();
  }

  size_t offsetOf(llvm::SMLoc at) const { return at.getPointer() - buffer->getBufferStart(); }

  std::unique_ptr<llvm::MemoryBuffer> buffer;
  llvm::SourceMgr sources;
  TargetDescription target;
  llvm::StringMap<std::pair<size_t, size_t>> valuePlaces; // of each key: its value's begin and end in the text
  llvm::StringMap<size_t> sectionPlaces;                  // of each section: its first key
  llvm::StringSet<> seen;
  llvm::SmallString<128> storage;
  std::string message;
};
} // namespace

bool Reader::fail(llvm::SMLoc at, const Twine &text) {
  if (!message.empty())
    return false;
  auto [line, column] = sources.getLineAndColumn(at, sources.getMainFileID());
  message = (buffer->getBufferIdentifier() + ":" + Twine(line) + ":" + Twine(column) + ": " + text).str();
  return false;
}

std::optional<StringRef> Reader::getText(llvm::yaml::Node *node, StringRef what) {
  if (auto *scalar = llvm::dyn_cast_or_null<llvm::yaml::ScalarNode>(node)) {
    storage.clear();
    return scalar->getValue(storage);
  }
  if (auto *block = llvm::dyn_cast_or_null<llvm::yaml::BlockScalarNode>(node))
    return block->getValue().trim();
  if (node)
    fail(node, Twine(what) + " must be a single value");
  return std::nullopt;
}

bool Reader::checkBounds(const Key &key, llvm::yaml::Node *node, double number, StringRef unit) {
  if (number >= key.low && number <= key.high)
    return true;
  auto print = [](double bound) {
    std::string text;
    llvm::raw_string_ostream(text) << llvm::format("%.10g", bound);
    return text;
  };
  return fail(node, Twine("'") + fullName(key) + "' is " + print(number) + (unit.empty() ? "" : " ") + unit +
                        "; it must be from " + print(key.low) + " to " + print(key.high));
}

bool Reader::readQuantity(const Key &key, llvm::yaml::Node *node, StringRef text) {
  StringRef numeral = text.take_while([](char c) { return llvm::isDigit(c) || llvm::StringRef("+-.eE").contains(c); });
  StringRef unit = text.drop_front(numeral.size()).trim();
  llvm::SmallVector<StringRef> units;
  for (const Unit &known : key.units)
    units.push_back(known.name);
  double number;
  if (numeral.empty() || numeral.getAsDouble(number))
    return fail(node,
                "'" + fullName(key) + "' must be a number with a unit, such as '25 " + units.front() + "', not '" + text + "'");
  if (unit.empty())
    return fail(node, "'" + fullName(key) + "' has no unit; write '" + numeral + " " + units.front() + "'");
  for (const Unit &known : key.units)
    if (unit == known.name) {
      if (!checkBounds(key, node, number * known.factor, units.front()))
        return false;
      key.set(target, text, number * known.factor);
      return true;
    }
  return fail(node, "'" + fullName(key) + "' has the unit '" + unit + "'; it is measured in " + quoteAll(units));
}

bool Reader::readScalar(const Key &key, llvm::yaml::Node *node, StringRef text) {
  switch (key.kind) {
  case Kind::Ratio: {
    double number;
    if (text.getAsDouble(number))
      return fail(node, "'" + fullName(key) + "' must be a number without a unit, not '" + text + "'");
    if (!checkBounds(key, node, number, ""))
      return false;
    key.set(target, text, number);
    return true;
  }
  case Kind::Integer: {
    if (llvm::is_contained(key.words, text)) {
      key.set(target, text, 0);
      return true;
    }
    int64_t number;
    if (text.getAsInteger(10, number))
      return fail(node, "'" + fullName(key) + "' must be an integer" + (key.words.empty() ? "" : " or " + quoteAll(key.words)) +
                            ", not '" + text + "'");
    if (!checkBounds(key, node, static_cast<double>(number), ""))
      return false;
    key.set(target, text, static_cast<double>(number));
    return true;
  }
  case Kind::Boolean:
    if (text != "true" && text != "false")
      return fail(node, "'" + fullName(key) + "' must be 'true' or 'false', not '" + text + "'");
    key.set(target, text, text == "true");
    return true;
  case Kind::Word:
    if (!llvm::is_contained(key.words, text))
      return fail(node, "'" + fullName(key) + "' cannot be '" + text + "'; " + suggest(text, key.words) + "known are " +
                            quoteAll(key.words));
    key.set(target, text, 0);
    return true;
  case Kind::Quantity:
    return readQuantity(key, node, text);
  default:
    key.set(target, text, 0);
    return true;
  }
}

bool Reader::readValue(const Key &key, llvm::yaml::Node *value) {
  if (key.kind == Kind::TextList) {
    auto *list = llvm::dyn_cast_or_null<llvm::yaml::SequenceNode>(value);
    if (!list)
      return fail(value, "'" + fullName(key) + "' must be a list: lines that begin with '- '");
    for (llvm::yaml::Node &entry : *list) {
      std::optional<StringRef> text = getText(&entry, "an entry of '" + fullName(key) + "'");
      if (!text)
        return false;
      key.set(target, *text, 0);
    }
    return true;
  }
  if (key.kind == Kind::TextMap) {
    auto *map = llvm::dyn_cast_or_null<llvm::yaml::MappingNode>(value);
    if (!map)
      return fail(value, "'" + fullName(key) + "' must be indented lines 'what: value'");
    for (llvm::yaml::KeyValueNode &entry : *map) {
      std::optional<StringRef> what = getText(entry.getKey(), "a key");
      if (!what)
        return false;
      std::string name = what->str();
      std::optional<StringRef> figure = getText(entry.getValue(), "'" + fullName(key) + "." + name + "'");
      if (!figure)
        return false;
      target.published.push_back({name, figure->str()});
    }
    return true;
  }
  std::optional<StringRef> text = getText(value, "'" + fullName(key) + "'");
  if (!text)
    return false;
  return readScalar(key, value, *text);
}

bool Reader::readSection(StringRef section, llvm::yaml::MappingNode *map) {
  llvm::SmallVector<StringRef> known;
  for (const Key &key : keys())
    if (key.section == section)
      known.push_back(key.name);
  llvm::SmallVector<StringRef> sections;
  for (const Key &key : keys())
    if (section.empty() && !key.section.empty() && !llvm::is_contained(sections, key.section))
      sections.push_back(key.section);
  llvm::append_range(known, sections);

  for (llvm::yaml::KeyValueNode &entry : *map) {
    std::optional<StringRef> text = getText(entry.getKey(), "a key");
    if (!text)
      return false;
    std::string name = text->str(), full = section.empty() ? name : (section + "." + name).str();
    if (!llvm::is_contained(known, name))
      return fail(entry.getKey(), "unknown key '" + full + "'; " + suggest(name, known) + "known are " + quoteAll(known));
    if (!seen.insert(full).second)
      return fail(entry.getKey(), "key '" + full + "' is there twice; remove one");
    llvm::yaml::Node *value = entry.getValue();
    if (!value || llvm::isa<llvm::yaml::NullNode>(value))
      return fail(entry.getKey(), "key '" + full + "' has no value");
    if (llvm::is_contained(sections, name)) {
      auto *inner = llvm::dyn_cast<llvm::yaml::MappingNode>(value);
      if (!inner)
        return fail(value, "'" + name + "' must be a section: indented lines 'key: value'");
      if (!readSection(name, inner))
        return false;
      continue;
    }
    sectionPlaces.try_emplace(section, offsetOf(entry.getKey()->getSourceRange().Start));
    const Key *key = llvm::find_if(keys(), [&](const Key &key) { return key.section == section && key.name == name; });
    if (!readValue(*key, value))
      return false;
    // A scalar's range includes the blanks before a comment.
    llvm::SMRange range = value->getSourceRange();
    StringRef written = StringRef(range.Start.getPointer(), range.End.getPointer() - range.Start.getPointer()).rtrim();
    valuePlaces[full] = {offsetOf(range.Start), offsetOf(range.Start) + written.size()};
  }
  return message.empty();
}

bool Reader::checkRequired() {
  for (const Key &key : keys())
    if (key.required && !seen.contains(fullName(key)))
      return fail(llvm::SMLoc::getFromPointer(sources.getMemoryBuffer(sources.getMainFileID())->getBufferStart()),
                  "key '" + fullName(key) + "' is missing; every target needs it (docs/targets.md)");
  return true;
}

llvm::Expected<TargetDescription> Reader::read() {
  // Errors of the syntax come through the handler.
  sources.setDiagHandler(
      [](const llvm::SMDiagnostic &diagnostic, void *context) {
        auto *reader = static_cast<Reader *>(context);
        if (reader->message.empty() && diagnostic.getKind() == llvm::SourceMgr::DK_Error)
          reader->message = (reader->buffer->getBufferIdentifier() + ":" + Twine(diagnostic.getLineNo()) + ":" +
                             Twine(diagnostic.getColumnNo() + 1) + ": " + diagnostic.getMessage())
                                .str();
      },
      this);
  target.fileName = buffer->getBufferIdentifier().str();
  target.text = buffer->getBuffer().str();
  llvm::yaml::Stream stream(buffer->getMemBufferRef(), sources, /*ShowColors=*/false);
  auto document = stream.begin();
  llvm::yaml::Node *root = document == stream.end() ? nullptr : document->getRoot();
  auto *map = llvm::dyn_cast_or_null<llvm::yaml::MappingNode>(root);
  if (!map && message.empty())
    message = (buffer->getBufferIdentifier() + ":1:1: a target description is a list of 'key: value' lines").str();
  if (map && readSection("", map) && !stream.failed())
    checkRequired();
  if (!message.empty())
    return llvm::createStringError(llvm::inconvertibleErrorCode(), "%s", message.c_str());
  return std::move(target);
}

std::string Reader::withValue(StringRef fullName, StringRef value) const {
  StringRef text = buffer->getBuffer();
  if (auto place = valuePlaces.find(fullName); place != valuePlaces.end())
    return (text.take_front(place->second.first) + value + text.drop_front(place->second.second)).str();
  auto [section, name] = fullName.contains('.') ? fullName.split('.') : std::pair<StringRef, StringRef>("", fullName);
  std::string line = (name + ": " + value).str();
  if (auto place = sectionPlaces.find(section); place != sectionPlaces.end()) {
    // Before the section's first key, which follows an opening brace or stands at the line's indentation.
    StringRef before = text.take_front(place->second);
    StringRef indentation = before.take_back(before.size() - (before.rfind('\n') + 1));
    std::string separator = indentation.trim(' ').empty() ? "\n" + indentation.str() : ", ";
    return (before + line + separator + text.drop_front(place->second)).str();
  }
  return (text.rtrim('\n') + "\n" + section + ":\n  " + line + "\n").str();
}

llvm::Expected<TargetDescription> aimc::parseTarget(StringRef text, StringRef fileName) {
  return Reader(text, fileName).read();
}

//===------------------------------------------------------------------------------------------------------------===//
// Finding
//===------------------------------------------------------------------------------------------------------------===//

/// Where descriptions are looked for, in order.
static std::vector<std::string> searchPath() {
  std::vector<std::string> path;
  if (std::optional<std::string> variable = llvm::sys::Process::GetEnv("AIMC_TARGET_PATH")) {
    llvm::SmallVector<StringRef> parts;
    StringRef(*variable).split(parts, ':', /*MaxSplit=*/-1, /*KeepEmpty=*/false);
    for (StringRef part : parts)
      path.push_back(part.str());
  }
  static int anchor;
  llvm::SmallString<256> installed(llvm::sys::fs::getMainExecutable(nullptr, &anchor));
  llvm::sys::path::remove_filename(installed);
  llvm::sys::path::append(installed, "..", "share", "aimc", "targets");
  path.push_back(installed.str().str());
  path.push_back(AIMC_TARGET_DIR);
  return path;
}

std::vector<std::string> aimc::listTargets() {
  std::vector<std::string> names;
  for (const std::string &directory : searchPath()) {
    std::error_code error;
    for (llvm::sys::fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error))
      if (llvm::sys::path::extension(it->path()) == ".yaml")
        names.push_back(llvm::sys::path::stem(it->path()).str());
  }
  llvm::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

llvm::Expected<TargetDescription> aimc::loadTarget(StringRef nameOrPath) {
  std::string file = nameOrPath.str();
  if (!nameOrPath.contains('/') && !nameOrPath.ends_with(".yaml")) {
    file.clear();
    for (const std::string &directory : searchPath()) {
      llvm::SmallString<256> candidate(directory);
      llvm::sys::path::append(candidate, nameOrPath + ".yaml");
      if (llvm::sys::fs::exists(candidate)) {
        file = candidate.str().str();
        break;
      }
    }
    if (file.empty()) {
      std::vector<std::string> names = listTargets();
      std::vector<StringRef> known(names.begin(), names.end());
      return llvm::createStringError(llvm::inconvertibleErrorCode(),
                                     "no target is named '%s'; %sknown are %s; a path ends in .yaml", nameOrPath.str().c_str(),
                                     suggest(nameOrPath, known).c_str(), quoteAll(known).c_str());
    }
  }
  auto buffer = llvm::MemoryBuffer::getFile(file, /*IsText=*/true);
  if (!buffer)
    return llvm::createStringError(buffer.getError(), "cannot read target '%s': %s", file.c_str(),
                                   buffer.getError().message().c_str());
  return parseTarget((*buffer)->getBuffer(), file);
}

llvm::Expected<TargetDescription> aimc::withOverrides(TargetDescription target, ArrayRef<std::string> overrides) {
  for (StringRef text : overrides) {
    auto [key, value] = text.split('=');
    if (key.empty() || value.empty() || text.contains('\n'))
      return llvm::createStringError(llvm::inconvertibleErrorCode(),
                                     "--target-set takes KEY=VALUE, such as adc.bits=6, not '%s'", text.str().c_str());
    Reader reader(target.text, target.fileName);
    if (auto read = reader.read(); !read)
      return read.takeError();
    auto changed = parseTarget(reader.withValue(key, value), target.fileName + " with " + text.str());
    if (!changed)
      return changed.takeError();
    changed->fileName = target.fileName;
    target = std::move(*changed);
  }
  return target;
}
