#include "LastError.h"

using namespace aimc;

std::string &aimc::lastError() {
  static thread_local std::string message;
  return message;
}

aimc_status aimc::report(const Status &status) {
  if (!status.ok())
    lastError() = status.message();
  return status.code();
}

aimc_status aimc::knownStatus(int32_t status) {
  return status >= AIMC_OK && status <= AIMC_FAILED ? static_cast<aimc_status>(status) : AIMC_FAILED;
}
