//===- Mutate.h - changes messages of a protobuf format field by field --------------------------------*- C++ -*-===//
#ifndef AIMC_TEST_FUZZ_MUTATE_H
#define AIMC_TEST_FUZZ_MUTATE_H

#include <cstddef>
#include <cstdint>

namespace google::protobuf {
class Message;
} // namespace google::protobuf

namespace aimc::fuzz {

/// Replaces the message in `data` by a changed one and returns its size, at most `maxSize`. Now and then, and when `data` is no
/// message of the type of `model` (an empty one, for scratch), bytes are changed instead.
size_t mutate(google::protobuf::Message &model, uint8_t *data, size_t size, size_t maxSize, unsigned seed);

/// Writes to `out` the first message with some part replaced by one of the second; 0 when that cannot be.
size_t crossOver(google::protobuf::Message &model, google::protobuf::Message &other, const uint8_t *first, size_t firstSize,
                 const uint8_t *second, size_t secondSize, uint8_t *out, size_t maxSize, unsigned seed);

} // namespace aimc::fuzz

#endif // AIMC_TEST_FUZZ_MUTATE_H
