//===- Chip.h - A model programmed on a driver ------------------*- C++ -*-===//
#ifndef AIMC_RUNTIME_CHIP_H
#define AIMC_RUNTIME_CHIP_H

#include "Model.h"
#include "Pool.h"
#include "aimc/driver.h"
#include "hostcode/HostCode.h"

namespace aimc {

/// What the sessions of one programmed model share. Immutable once created.
class Chip {
public:
  /// `options` is complete: its size is this runtime's.
  static Result<std::shared_ptr<const Chip>> create(std::shared_ptr<const Model> model, const aimc_chip_options &options,
                                                    std::shared_ptr<Pool> pool);
  ~Chip();
  Chip(const Chip &) = delete;
  Chip &operator=(const Chip &) = delete;

  const Model &model() const { return *programmedModel; }
  const HostCode &hostCode() const { return *code; }
  Pool &pool() const { return *threads; }
  const aimc_driver &driver() const { return *chipDriver; }
  void *driverChip() const { return programmed; }
  aimc_fidelity fidelity() const { return chosenFidelity; }

private:
  /// The driver's view of this chip; `size` and the rest of the interface first.
  struct Host {
    aimc_driver_host interface;
    Chip *chip;
  };

  Chip() = default;

  std::shared_ptr<const Model> programmedModel;
  std::shared_ptr<const HostCode> code;
  std::shared_ptr<Pool> threads;
  std::shared_ptr<const aimc_driver> chipDriver;
  aimc_fidelity chosenFidelity = AIMC_EXACT;
  flatbuffers::DetachedBuffer changedTarget; // empty: no settings
  Host host = {};
  void *programmed = nullptr;
};

} // namespace aimc

#endif // AIMC_RUNTIME_CHIP_H
