#include "Status.h"

#include <cstdarg>
#include <cstdio>

using namespace aimc;

static std::string print(const char *format, va_list arguments) {
  va_list again;
  va_copy(again, arguments);
  int length = std::vsnprintf(nullptr, 0, format, again);
  va_end(again);
  std::string message(length > 0 ? static_cast<size_t>(length) : 0, '\0');
  std::vsnprintf(message.data(), message.size() + 1, format, arguments);
  return message;
}

Status aimc::error(aimc_status code, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  std::string message = print(format, arguments);
  va_end(arguments);
  return Status(code, std::move(message));
}

Status aimc::invalid(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  std::string message = print(format, arguments);
  va_end(arguments);
  return Status(AIMC_INVALID_MODEL, std::move(message));
}
