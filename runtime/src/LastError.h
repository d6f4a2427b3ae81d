//===- LastError.h - The calling thread's message ---------------*- C++ -*-===//
#ifndef AIMC_RUNTIME_LASTERROR_H
#define AIMC_RUNTIME_LASTERROR_H

#include "Status.h"

namespace aimc {

/// The message of aimc_last_error on this thread.
std::string &lastError();

/// Records the error's message for the calling thread, if it is one, and returns its code.
aimc_status report(const Status &status);

/// The code, when `status` is one of aimc.h; AIMC_FAILED for any other failure.
aimc_status knownStatus(int32_t status);

} // namespace aimc

#endif // AIMC_RUNTIME_LASTERROR_H
