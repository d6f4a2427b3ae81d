//===- Mutate.cpp -----------------------------------------------------------------------------------------------===//
#include "Mutate.h"

#include "aimc/Dialect/Onnx/OperatorTable.h"

#include <google/protobuf/message.h>
#include <google/protobuf/stubs/logging.h>

#include <limits>
#include <random>
#include <string>
#include <vector>

using namespace google::protobuf;

extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t maxSize);

namespace {
/// A field of some message inside the model; `index` is that of an element when the field is repeated, -1 for the whole field.
struct Place {
  Message *message;
  const FieldDescriptor *field;
  int index;
};

class Mutator {
public:
  explicit Mutator(unsigned seed) : random(seed) {}

  /// One change somewhere in `model`. `donor`, which may be `model` itself, gives parts.
  void change(Message &model, const Message &donor);
  bool oneIn(unsigned n) { return random() % n == 0; }

private:
  size_t pick(size_t count) { return random() % count; }
  void changeNumber(const Place &place);
  void changeText(const Place &place, const std::vector<std::string> &names);
  void changeMessage(const Place &place, const std::vector<const Message *> &parts);
  void changeList(const Place &place);
  int64_t integer();
  double real();

  std::minstd_rand random;
};
} // namespace

/// All fields that are set, and those lists and messages that could be.
static void collect(Message &message, std::vector<Place> &places) {
  const Reflection &reflection = *message.GetReflection();
  const Descriptor &type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor *field = type.field(i);
    bool isMessage = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    places.push_back({&message, field, -1});
    if (field->is_repeated()) {
      for (int index = 0; index < reflection.FieldSize(message, field); ++index) {
        places.push_back({&message, field, index});
        if (isMessage)
          collect(*reflection.MutableRepeatedMessage(&message, field, index), places);
      }
    } else if (isMessage && reflection.HasField(message, field)) {
      collect(*reflection.MutableMessage(&message, field), places);
    }
  }
}

/// Messages and texts inside `message`.
static void collectParts(const Message &message, std::vector<const Message *> &parts, std::vector<std::string> &names) {
  const Reflection &reflection = *message.GetReflection();
  std::vector<const FieldDescriptor *> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor *field : fields) {
    int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int index = 0; index < count; ++index) {
      if (field->type() == FieldDescriptor::TYPE_STRING) {
        names.push_back(field->is_repeated() ? reflection.GetRepeatedString(message, field, index)
                                             : reflection.GetString(message, field));
      } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        const Message &part =
            field->is_repeated() ? reflection.GetRepeatedMessage(message, field, index) : reflection.GetMessage(message, field);
        parts.push_back(&part);
        collectParts(part, parts, names);
      }
    }
  }
}

int64_t Mutator::integer() {
  static const int64_t values[] = {0,
                                   1,
                                   -1,
                                   2,
                                   3,
                                   4,
                                   5,
                                   7,
                                   8,
                                   -2,
                                   -3,
                                   16,
                                   255,
                                   1 << 16,
                                   int64_t(1) << 31,
                                   int64_t(1) << 32,
                                   int64_t(1) << 40,
                                   int64_t(1) << 62,
                                   std::numeric_limits<int64_t>::max(),
                                   std::numeric_limits<int64_t>::min()};
  return oneIn(8) ? static_cast<int64_t>(random()) : values[pick(oneIn(3) ? std::size(values) : 9)];
}

double Mutator::real() {
  static const double values[] = {
      0, 1, -1, 0.5, 2, 1e-30, 1e30, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN(), -0.0};
  return values[pick(std::size(values))];
}

void Mutator::changeNumber(const Place &place) {
  const Reflection &reflection = *place.message->GetReflection();
  // Element types and kinds of attributes are small numbers; small steps reach the others too.
#define AIMC_CHANGE(CppType, Name, value)                                                                                      \
  case FieldDescriptor::CPPTYPE_##CppType:                                                                                     \
    if (place.index >= 0)                                                                                                      \
      reflection.SetRepeated##Name(place.message, place.field, place.index, value);                                            \
    else                                                                                                                       \
      reflection.Set##Name(place.message, place.field, value);                                                                 \
    return
  switch (place.field->cpp_type()) {
    AIMC_CHANGE(INT32, Int32, static_cast<int32_t>(oneIn(2) ? pick(24) : integer()));
    AIMC_CHANGE(INT64, Int64, integer());
    AIMC_CHANGE(UINT32, UInt32, static_cast<uint32_t>(integer()));
    AIMC_CHANGE(UINT64, UInt64, static_cast<uint64_t>(integer()));
    AIMC_CHANGE(FLOAT, Float, static_cast<float>(real()));
    AIMC_CHANGE(DOUBLE, Double, real());
    AIMC_CHANGE(BOOL, Bool, oneIn(2));
    AIMC_CHANGE(ENUM, EnumValue, static_cast<int>(pick(16)));
  default:
    return;
  }
#undef AIMC_CHANGE
}

void Mutator::changeText(const Place &place, const std::vector<std::string> &names) {
  const Reflection &reflection = *place.message->GetReflection();
  std::string text = place.index >= 0 ? reflection.GetRepeatedString(*place.message, place.field, place.index)
                                      : reflection.GetString(*place.message, place.field);
  llvm::ArrayRef<aimc::onnx::OperatorRow> table = aimc::onnx::getOperatorTable();
  if (place.field->name() == "op_type" && !oneIn(8)) {
    text = table[pick(table.size())].name.str();
  } else if (place.field->type() == FieldDescriptor::TYPE_STRING && !names.empty() && !oneIn(6)) {
    text = oneIn(8) ? "" : names[pick(names.size())];
  } else {
    size_t size = text.size();
    text.resize(size + 16);
    text.resize(LLVMFuzzerMutate(reinterpret_cast<uint8_t *>(text.data()), size, text.size()));
  }
  if (place.index >= 0)
    reflection.SetRepeatedString(place.message, place.field, place.index, text);
  else
    reflection.SetString(place.message, place.field, text);
}

void Mutator::changeMessage(const Place &place, const std::vector<const Message *> &parts) {
  const Reflection &reflection = *place.message->GetReflection();
  std::vector<const Message *> fitting;
  for (const Message *part : parts)
    if (part->GetDescriptor() == place.field->message_type())
      fitting.push_back(part);
  if (!place.field->is_repeated() && (fitting.empty() || oneIn(4)))
    return reflection.ClearField(place.message, place.field);
  if (fitting.empty())
    return;
  // A copy first: the part may hold the place or lie in it.
  const Message *chosen = fitting[pick(fitting.size())];
  std::unique_ptr<Message> part(chosen->New());
  part->CopyFrom(*chosen);
  if (place.index >= 0)
    reflection.MutableRepeatedMessage(place.message, place.field, place.index)->CopyFrom(*part);
  else if (place.field->is_repeated())
    reflection.AddMessage(place.message, place.field)->CopyFrom(*part);
  else
    reflection.MutableMessage(place.message, place.field)->CopyFrom(*part);
}

/// Shortens a list, swaps two of its elements, or adds one.
void Mutator::changeList(const Place &place) {
  const Reflection &reflection = *place.message->GetReflection();
  int size = reflection.FieldSize(*place.message, place.field);
  if (size > 0 && oneIn(2)) {
    reflection.SwapElements(place.message, place.field, pick(size), size - 1);
    if (oneIn(2))
      reflection.RemoveLast(place.message, place.field);
    return;
  }
  switch (place.field->cpp_type()) {
  case FieldDescriptor::CPPTYPE_INT32:
    return reflection.AddInt32(place.message, place.field, static_cast<int32_t>(integer()));
  case FieldDescriptor::CPPTYPE_INT64:
    return reflection.AddInt64(place.message, place.field, integer());
  case FieldDescriptor::CPPTYPE_FLOAT:
    return reflection.AddFloat(place.message, place.field, static_cast<float>(real()));
  case FieldDescriptor::CPPTYPE_DOUBLE:
    return reflection.AddDouble(place.message, place.field, real());
  case FieldDescriptor::CPPTYPE_STRING:
    return reflection.AddString(place.message, place.field, "");
  default:
    return;
  }
}

void Mutator::change(Message &model, const Message &donor) {
  std::vector<Place> places;
  collect(model, places);
  std::vector<const Message *> parts;
  std::vector<std::string> names;
  collectParts(donor, parts, names);
  Place place = places[pick(places.size())];
  bool isMessage = place.field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
  if (place.field->is_repeated() && place.index < 0 && (!isMessage || oneIn(2)))
    changeList(place);
  else if (isMessage)
    changeMessage(place, parts);
  else if (place.field->cpp_type() == FieldDescriptor::CPPTYPE_STRING)
    changeText(place, names);
  else if (oneIn(8) && !place.field->is_repeated())
    place.message->GetReflection()->ClearField(place.message, place.field);
  else
    changeNumber(place);
}

static bool parse(Message &message, const uint8_t *data, size_t size) {
  LogHandler *previous = SetLogHandler(nullptr); // it would print its errors
  bool parsed = message.ParsePartialFromArray(data, static_cast<int>(size));
  SetLogHandler(previous);
  return parsed;
}

static size_t serialize(const Message &message, uint8_t *out, size_t maxSize) {
  size_t size = message.ByteSizeLong();
  return size <= maxSize && message.SerializePartialToArray(out, static_cast<int>(size)) ? size : 0;
}

size_t aimc::fuzz::mutate(Message &model, uint8_t *data, size_t size, size_t maxSize, unsigned seed) {
  Mutator mutator(seed);
  if (mutator.oneIn(50) || !parse(model, data, size))
    return LLVMFuzzerMutate(data, size, maxSize);
  do
    mutator.change(model, model);
  while (!mutator.oneIn(3));
  size_t changed = serialize(model, data, maxSize);
  return changed ? changed : LLVMFuzzerMutate(data, size, maxSize);
}

size_t aimc::fuzz::crossOver(Message &model, Message &other, const uint8_t *first, size_t firstSize, const uint8_t *second,
                             size_t secondSize, uint8_t *out, size_t maxSize, unsigned seed) {
  if (!parse(model, first, firstSize) || !parse(other, second, secondSize))
    return 0;
  Mutator mutator(seed);
  do
    mutator.change(model, other);
  while (!mutator.oneIn(3));
  return serialize(model, out, maxSize);
}
