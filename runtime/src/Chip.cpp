#include "Chip.h"

#include "Drivers.h"
#include "LastError.h"
#include "Structs.h"
#include "container/Target.h"

#include <cmath>

using namespace aimc;

static Status checkOptions(const aimc_chip_options &options) {
  if (int32_t fidelity = rawValue(options.fidelity); fidelity < AIMC_EXACT || fidelity > AIMC_NOISY)
    return error(AIMC_INVALID_ARGUMENT, "fidelity %d; there are exact (0), quantized (1) and noisy (2)", fidelity);
  if (!std::isfinite(options.time_seconds) || options.time_seconds < 0)
    return error(AIMC_INVALID_ARGUMENT, "time_seconds is %g; it must be finite and at least 0", options.time_seconds);
  if (int32_t compensation = rawValue(options.compensation);
      compensation < AIMC_COMPENSATE_TILE || compensation > AIMC_COMPENSATE_NONE)
    return error(AIMC_INVALID_ARGUMENT, "compensation %d; there are tile (0), column (1) and none (2)", compensation);
  return Status();
}

static Status checkCorrections(const fb::Model &model, const aimc_chip_options &options) {
  if (options.correction_count == 0)
    return Status();
  if (!options.corrections)
    return error(AIMC_INVALID_ARGUMENT, "%u corrections, but their address is null", options.correction_count);
  if (options.fidelity == AIMC_EXACT)
    return error(AIMC_INVALID_ARGUMENT, "corrections go with fidelity quantized and noisy, not with exact");
  std::vector<bool> seen(model.dispatches()->size());
  for (uint32_t i = 0; i < options.correction_count; ++i) {
    const aimc_correction &correction = options.corrections[i];
    if (correction.site >= seen.size())
      return error(AIMC_INVALID_ARGUMENT, "a correction of site %u; there are %zu", correction.site, seen.size());
    if (seen[correction.site])
      return error(AIMC_INVALID_ARGUMENT, "two corrections of site %u", correction.site);
    seen[correction.site] = true;
    const fb::Crossbar &crossbar = *model.crossbars()->Get(model.dispatches()->Get(correction.site)->crossbar());
    if (uint64_t(crossbar.groups()) * crossbar.columns() != correction.count || !correction.scale || !correction.offset)
      return error(AIMC_INVALID_ARGUMENT, "a correction of site %u with %u columns; the layer has %u groups of %u",
                   correction.site, correction.count, crossbar.groups(), crossbar.columns());
    for (uint32_t n = 0; n < correction.count; ++n)
      if (!std::isfinite(correction.scale[n]) || !std::isfinite(correction.offset[n]))
        return error(AIMC_INVALID_ARGUMENT, "the correction of site %u is not finite in column %u", correction.site, n);
  }
  return Status();
}

/// A driver's failure as a Status: its message was recorded for this thread, or there is none.
static Status driverFailure(const aimc_driver &driver, aimc_status status) {
  std::string message = lastError();
  if (message.empty())
    message = "driver " + std::string(driver.name ? driver.name : "?") + " failed with status " + std::to_string(status);
  return Status(knownStatus(status), std::move(message));
}

Result<std::shared_ptr<const Chip>> Chip::create(std::shared_ptr<const Model> model, const aimc_chip_options &options,
                                                 std::shared_ptr<Pool> pool) {
  AIMC_TRY(checkOptions(options));
  Result<std::shared_ptr<const aimc_driver>> driver = findDriver(options.driver);
  if (!driver.ok())
    return std::move(driver).status();
  Result<std::shared_ptr<const HostCode>> code = HostCode::load(model->container());
  if (!code.ok())
    return std::move(code).status();

  std::shared_ptr<Chip> chip(new Chip);
  chip->programmedModel = std::move(model);
  chip->code = *code;
  chip->threads = std::move(pool);
  chip->chipDriver = *driver;
  chip->chosenFidelity = options.fidelity;

  Host &host = chip->host;
  host.chip = chip.get();
  host.interface.size = sizeof host.interface;
  host.interface.version = AIMC_DRIVER_VERSION;
  host.interface.metadata = nullptr;
  for (const Section &section : chip->programmedModel->container().sections())
    if (section.kind == SectionKind::Metadata)
      host.interface.metadata = section.data;
  host.interface.section = [](const aimc_driver_host *host, uint32_t index) -> const void * {
    const auto &sections = reinterpret_cast<const Host *>(host)->chip->model().container().sections();
    return index < sections.size() ? sections[index].data : nullptr;
  };
  host.interface.parallel = [](const aimc_driver_host *host, int64_t count, aimc_status (*body)(void *, int64_t),
                               void *context) {
    return reinterpret_cast<const Host *>(host)->chip->threads->run(count, body, context);
  };
  host.interface.fail = [](const aimc_driver_host *, aimc_status status, const char *message) {
    lastError() = message ? message : "";
    return status;
  };

  AIMC_TRY(checkCorrections(*fb::GetModel(host.interface.metadata), options));
  if (options.settings && *options.settings) {
    Result<flatbuffers::DetachedBuffer> changed = changeTarget(*fb::GetModel(host.interface.metadata), options.settings);
    if (!changed.ok())
      return std::move(changed).status();
    chip->changedTarget = std::move(*changed);
    host.interface.target = flatbuffers::GetRoot<fb::Target>(chip->changedTarget.data());
  }

  lastError().clear();
  if (aimc_status status = chip->chipDriver->program(&host.interface, &options, &chip->programmed)) {
    chip->programmed = nullptr;
    return driverFailure(*chip->chipDriver, status);
  }
  return std::shared_ptr<const Chip>(std::move(chip));
}

Chip::~Chip() {
  if (programmed)
    chipDriver->destroy(programmed);
}
