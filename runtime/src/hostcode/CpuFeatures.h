//===- CpuFeatures.h - What this machine can execute ------------*- C++ -*-===//
#ifndef AIMC_RUNTIME_HOSTCODE_CPUFEATURES_H
#define AIMC_RUNTIME_HOSTCODE_CPUFEATURES_H

#include <string_view>

namespace aimc {

/// First component of the triples that this build runs: "x86_64", "aarch64".
std::string_view hostArchitecture();

/// Whether processor and operating system support the feature, named as LLVM names it ("avx2"). Unknown names are not
/// supported.
bool hostSupports(std::string_view feature);

} // namespace aimc

#endif // AIMC_RUNTIME_HOSTCODE_CPUFEATURES_H
