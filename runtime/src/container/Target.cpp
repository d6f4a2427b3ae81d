#include "container/Target.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <functional>
#include <vector>

using namespace aimc;

static Status checkNumber(const char *what, double value, double low, double high) {
  if (!(value >= low && value <= high))
    return error(AIMC_INVALID_MODEL, "%s is %g, outside %g..%g", what, value, low, high);
  return Status();
}

Status aimc::checkPhysics(const fb::Target &target) {
  AIMC_TRY(checkNumber("device", double(target.device()), 0, double(fb::DeviceModel::MAX)));
  AIMC_TRY(checkNumber("read_noise", double(target.read_noise()), 0, double(fb::ReadNoise::MAX)));
  AIMC_TRY(checkNumber("ir_drop", double(target.ir_drop()), 0, double(fb::IrDrop::MAX)));
  AIMC_TRY(checkNumber("g_min", target.g_min(), 0, 1e6));
  AIMC_TRY(checkNumber("g_max", target.g_max(), 0, 1e6));
  if (target.device() != fb::DeviceModel::Ideal && target.g_max() <= target.g_min())
    return error(AIMC_INVALID_MODEL, "g_max is %g, not above g_min, %g", double(target.g_max()), double(target.g_min()));
  AIMC_TRY(checkNumber("devices_per_weight", target.devices_per_weight(), 1, 64));
  AIMC_TRY(checkNumber("output_noise", target.output_noise(), 0, 1e6));
  AIMC_TRY(checkNumber("residual", target.residual(), 0, 1));
  AIMC_TRY(checkNumber("residual_at", double(target.residual_at()), 0, double(fb::ResidualAt::MAX)));
  AIMC_TRY(checkNumber("adc_bits", target.adc_bits(), -1, 24));
  if (target.adc_bits() == 1)
    return error(AIMC_INVALID_MODEL, "adc_bits is 1; an ADC has at least 2 bits, 0 makes it ideal");
#define AIMC_PARAMETER(section, key, field, Name, unit, low, high)                                                             \
  AIMC_TRY(checkNumber(#field, double(target.field()), low, high));
#include "aimc/parameters.def"
  if (target.magnitude() != 0 && target.device() < fb::DeviceModel::NormalIndependent)
    return error(AIMC_INVALID_MODEL, "magnitude is %g, but device %s has statistics of its own; it is for the generic devices",
                 double(target.magnitude()), fb::EnumNameDeviceModel(target.device()));
  if (double stuck = double(target.stuck_at_g_min()) + double(target.stuck_at_g_max()); stuck > 1)
    return error(AIMC_INVALID_MODEL, "stuck_at_g_min and stuck_at_g_max add up to %g; they are probabilities", stuck);
  if (target.read_magnitude() != 0 && target.read_noise() < fb::ReadNoise::Independent)
    return error(AIMC_INVALID_MODEL, "read_magnitude is %g, but read_noise is %s; it goes with independent and proportional",
                 double(target.read_magnitude()), fb::EnumNameReadNoise(target.read_noise()));
  if (target.ir_drop() != fb::IrDrop::None && target.wire_resistance() == 0)
    return error(AIMC_INVALID_MODEL, "ir_drop is %s, but wire_resistance is 0", fb::EnumNameIrDrop(target.ir_drop()));
  if (target.ir_drop() == fb::IrDrop::Exact && target.gated_rows())
    return error(AIMC_INVALID_MODEL,
                 "ir_drop is Exact, but gated_rows is true: rows that float are another network for every input; set "
                 "wires.ir_drop to approximate");
  return Status();
}

Status aimc::checkDeviceCount(const fb::Crossbar &crossbar, uint32_t devicesPerWeight) {
  const uint64_t factors[] = {crossbar.slices(), 2, devicesPerWeight, std::min(crossbar.rows(), crossbar.tile_rows()),
                              std::min(crossbar.columns(), crossbar.tile_columns())};
  uint64_t cells = 1;
  for (uint64_t factor : factors)
    if (__builtin_mul_overflow(cells, factor, &cells) || cells > uint64_t(1) << 34)
      return error(AIMC_INVALID_MODEL,
                   "tiles of %u rows and %u columns, %u slices and %u devices per weight have more than "
                   "2^34 devices",
                   crossbar.tile_rows(), crossbar.tile_columns(), crossbar.slices(), devicesPerWeight);
  return Status();
}

namespace {
struct Word {
  const char *name;
  double value;
};

struct Unit {
  const char *name;
  double factor; // to the unit in which the container has it
};

/// What one key may be set to.
struct Setting {
  const char *key;
  std::function<void(fb::TargetT &, double)> set;
  double low, high;
  std::vector<Unit> units; // empty: a number by itself
  std::vector<Word> words; // what may stand there instead of a number
  bool integer = false, onlyWords = false;
};
} // namespace

static const std::vector<Unit> lsb = {{"LSB", 1}}, ohm = {{"ohm", 1}},
                               conductance = {{"uS", 1}, {"\u00b5S", 1}, {"nS", 1e-3}, {"mS", 1e3}};

static std::vector<Unit> unitsOf(std::string_view unit) {
  return unit == "LSB" ? lsb : unit == "ohm" ? ohm : std::vector<Unit>();
}

static const std::vector<Setting> &settingsTable() {
  using T = fb::TargetT;
  static const std::vector<Setting> table = {
      {"device.model",
       [](T &t, double v) { t.device = fb::DeviceModel(v); },
       0,
       0,
       {},
       {
#define AIMC_DEVICE_MODEL(word, Name) {word, double(fb::DeviceModel::Name)},
#include "aimc/parameters.def"
       },
       false,
       true},
      {"device.g_min", [](T &t, double v) { t.g_min = float(v); }, 0, 1e6, conductance, {}},
      {"device.g_max", [](T &t, double v) { t.g_max = float(v); }, 0, 1e6, conductance, {}},
      {"device.per_weight", [](T &t, double v) { t.devices_per_weight = uint32_t(v); }, 1, 16, {}, {}, true},
      {"device.residual", [](T &t, double v) { t.residual = float(v); }, 0, 1, {}, {}},
      {"device.residual_at",
       [](T &t, double v) { t.residual_at = fb::ResidualAt(v); },
       0,
       0,
       {},
       {{"programming", double(fb::ResidualAt::Programming)}, {"readout", double(fb::ResidualAt::Readout)}},
       false,
       true},
      {"noise.programming",
       [](T &t, double v) { t.programming_noise = v != 0; },
       0,
       0,
       {},
       {{"true", 1}, {"false", 0}},
       false,
       true},
      {"noise.output", [](T &t, double v) { t.output_noise = float(v); }, 0, 1e3, lsb, {}},
      {"noise.read",
       [](T &t, double v) { t.read_noise = fb::ReadNoise(v); },
       0,
       0,
       {},
       {
#define AIMC_READ_NOISE(word, Name) {word, double(fb::ReadNoise::Name)},
#include "aimc/parameters.def"
       },
       false,
       true},
      {"adc.bits", [](T &t, double v) { t.adc_bits = int32_t(v); }, 2, 22, {}, {{"ideal", 0}}, true},
      {"wires.gated_rows", [](T &t, double v) { t.gated_rows = v != 0; }, 0, 0, {}, {{"true", 1}, {"false", 0}}, false, true},
      {"wires.ir_drop",
       [](T &t, double v) { t.ir_drop = fb::IrDrop(v); },
       0,
       0,
       {},
       {
#define AIMC_IR_DROP(word, Name) {word, double(fb::IrDrop::Name)},
#include "aimc/parameters.def"
       },
       false,
       true},
#define AIMC_PARAMETER(section, key, field, Name, unit, low, high)                                                             \
  {section "." key, [](T &t, double v) { t.field = float(v); }, low, high, unitsOf(unit), {}},
#include "aimc/parameters.def"
  };
  return table;
}

static std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ')
    text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ')
    text.remove_suffix(1);
  return text;
}

static Status makeSetting(std::string_view text, fb::TargetT &target) {
  const size_t equals = text.find('=');
  const std::string key(trim(text.substr(0, equals)));
  if (equals == std::string_view::npos)
    return error(AIMC_INVALID_ARGUMENT, "setting '%s' has no value; write key=value", key.c_str());
  const std::string value(trim(text.substr(equals + 1)));
  auto list = [](const auto &entries, auto name) {
    std::string names;
    for (const auto &entry : entries)
      names += (names.empty() ? "" : ", ") + std::string(name(entry));
    return names;
  };
  const auto &table = settingsTable();
  auto found = std::find_if(table.begin(), table.end(), [&](const Setting &setting) { return key == setting.key; });
  if (found == table.end())
    return error(AIMC_INVALID_ARGUMENT, "nothing to set is called '%s'; there are %s", key.c_str(),
                 list(table, [](const Setting &setting) { return setting.key; }).c_str());
  const std::string words = list(found->words, [](const Word &word) { return word.name; });
  for (const Word &word : found->words)
    if (value == word.name) {
      found->set(target, word.value);
      return Status();
    }
  if (found->onlyWords)
    return error(AIMC_INVALID_ARGUMENT, "'%s' cannot be '%s'; there are %s", key.c_str(), value.c_str(), words.c_str());

  double number = 0;
  const char *begin = value.data(), *end = begin + value.size();
  const auto [rest, problem] = std::from_chars(begin, end, number);
  const std::string unit(trim(std::string_view(rest, size_t(end - rest))));
  const char *example = found->units.empty() ? "" : found->units[0].name;
  if (problem != std::errc() || (found->units.empty() && !unit.empty()) || (found->integer && number != std::floor(number)))
    return error(AIMC_INVALID_ARGUMENT, "'%s' must be %s%s%s%s%s, not '%s'", key.c_str(),
                 found->integer ? "an integer" : "a number", *example ? " with a unit, such as 1 " : "", example,
                 words.empty() ? "" : " or ", words.c_str(), value.c_str());
  if (!found->units.empty()) {
    auto known = std::find_if(found->units.begin(), found->units.end(), [&](const Unit &each) { return unit == each.name; });
    if (known == found->units.end())
      return error(AIMC_INVALID_ARGUMENT, "'%s' has %s%s%s; it is measured in %s", key.c_str(),
                   unit.empty() ? "no unit" : "the unit '", unit.c_str(), unit.empty() ? "" : "'",
                   list(found->units, [](const Unit &each) { return each.name; }).c_str());
    number *= known->factor;
  }
  if (!(number >= found->low && number <= found->high))
    return error(AIMC_INVALID_ARGUMENT, "'%s' is %g%s%s; it must be from %g to %g", key.c_str(), number, *example ? " " : "",
                 example, found->low, found->high);
  found->set(target, number);
  return Status();
}

Result<flatbuffers::DetachedBuffer> aimc::changeTarget(const fb::Model &model, const char *settings) {
  if (!model.target())
    return error(AIMC_INVALID_ARGUMENT, "settings '%s': the model was compiled without a target", settings);
  fb::TargetT target;
  model.target()->UnPackTo(&target);
  std::string_view rest(settings);
  while (!rest.empty()) {
    const size_t comma = std::min(rest.find(','), rest.size());
    if (Status status = makeSetting(rest.substr(0, comma), target); !status.ok())
      return status;
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  flatbuffers::FlatBufferBuilder builder;
  builder.Finish(fb::Target::Pack(builder, &target));
  const fb::Target &changed = *flatbuffers::GetRoot<fb::Target>(builder.GetBufferPointer());
  Status status = checkPhysics(changed);
  for (const fb::Crossbar *crossbar : *model.crossbars())
    if (status.ok())
      status = checkDeviceCount(*crossbar, changed.devices_per_weight()).in(crossbar->node()->str());
  if (!status.ok())
    return Status(AIMC_INVALID_ARGUMENT, "with the settings made, " + status.message());
  return builder.Release();
}
