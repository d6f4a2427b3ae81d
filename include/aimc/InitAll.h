//===- InitAll.h - every dialect and pass that the tools know ---------------------------------------------------===//
#ifndef AIMC_INITALL_H
#define AIMC_INITALL_H

namespace mlir {
class DialectRegistry;
}

namespace aimc {
/// Our dialects, the upstream ones that our pipeline uses, and the interface implementations that both need.
void registerDialects(mlir::DialectRegistry &registry);
/// Our passes and pipelines and all of upstream's.
void registerPasses();
} // namespace aimc

#endif // AIMC_INITALL_H
