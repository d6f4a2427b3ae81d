//===- Status.h - Errors as values ------------------------------*- C++ -*-===//
//
// Everything inside the runtime that can fail returns a Status or a Result. The C interface turns them into a code and a
// message that the calling thread can ask for.
//
//===----------------------------------------------------------------------===//
#ifndef AIMC_RUNTIME_STATUS_H
#define AIMC_RUNTIME_STATUS_H

#include "aimc/aimc.h"

#include <optional>
#include <string>
#include <utility>

namespace aimc {

/// Success, or a code with a message that says both sides of what disagrees.
class [[nodiscard]] Status {
public:
  Status() = default;
  Status(aimc_status code, std::string message) : statusCode(code), text(std::move(message)) {}

  bool ok() const { return statusCode == AIMC_OK; }
  aimc_status code() const { return statusCode; }
  const std::string &message() const { return text; }

  /// The same error with `where` and a colon before its message.
  Status in(const std::string &where) && {
    if (!ok())
      text = where + ": " + text;
    return std::move(*this);
  }

private:
  aimc_status statusCode = AIMC_OK;
  std::string text;
};

/// An error with a printf-style message.
Status error(aimc_status code, const char *format, ...) __attribute__((format(printf, 2, 3)));
/// The same with AIMC_INVALID_MODEL.
Status invalid(const char *format, ...) __attribute__((format(printf, 1, 2)));

/// A value, or why there is none.
template <typename T> class [[nodiscard]] Result {
public:
  Result(T value) : held(std::move(value)) {}
  Result(Status status) : problem(std::move(status)) {}

  bool ok() const { return held.has_value(); }
  T &operator*() { return *held; }
  T *operator->() { return &*held; }
  Status status() && { return std::move(problem); }
  const Status &status() const & { return problem; }

private:
  std::optional<T> held;
  Status problem;
};

} // namespace aimc

/// Returns from the calling function with the error that `expression`, a Status, holds.
#define AIMC_TRY(expression)                                                                                                   \
  do {                                                                                                                         \
    if (::aimc::Status tried = (expression); !tried.ok())                                                                      \
      return tried;                                                                                                            \
  } while (false)

#endif // AIMC_RUNTIME_STATUS_H
