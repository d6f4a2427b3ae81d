// A value or the message that says why there is none. Tools print messages as they are: lower case, no final stop.
#ifndef AIMC_TOOLS_COMMON_RESULT_H
#define AIMC_TOOLS_COMMON_RESULT_H

#include <cassert>
#include <optional>
#include <string>
#include <utility>

namespace aimc::tools {

struct Failure {
  std::string message;
};

template <typename T> class [[nodiscard]] Result {
public:
  Result(T value) : stored(std::move(value)) {}
  Result(Failure failure) : text(std::move(failure.message)) {}

  explicit operator bool() const { return stored.has_value(); }
  T &operator*() { return *stored; }
  const T &operator*() const { return *stored; }
  T *operator->() { return &*stored; }
  const T *operator->() const { return &*stored; }
  const std::string &error() const { return text; }
  Failure failure() const { return Failure{text}; }

private:
  std::optional<T> stored;
  std::string text;
};

/// Success, or a message.
template <> class [[nodiscard]] Result<void> {
public:
  Result() = default;
  Result(Failure failure) : text(std::move(failure.message)) {}

  explicit operator bool() const { return !text.has_value(); }
  const std::string &error() const {
    assert(text && "success has no message");
    return *text;
  }
  Failure failure() const { return Failure{error()}; }

private:
  std::optional<std::string> text;
};
using Status = Result<void>;

} // namespace aimc::tools

#endif // AIMC_TOOLS_COMMON_RESULT_H
