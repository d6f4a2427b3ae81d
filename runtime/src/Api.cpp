// The C interface: checks the caller's pointers, then hands on to the classes that do the work.
#include "Chip.h"
#include "LastError.h"
#include "Model.h"
#include "Pool.h"
#include "Session.h"
#include "Structs.h"

using namespace aimc;

struct aimc_pool {
  std::shared_ptr<Pool> pool;
};
struct aimc_model {
  std::shared_ptr<const Model> model;
};
struct aimc_chip {
  std::shared_ptr<const Chip> chip;
};
struct aimc_session {
  std::unique_ptr<Session> session;
};

static Status missing(const char *what) { return error(AIMC_INVALID_ARGUMENT, "%s is null", what); }

/// Hands a result's value to the caller as a new handle.
template <typename Handle, typename T> static aimc_status give(Result<T> result, Handle **out) {
  if (!result.ok())
    return report(std::move(result).status());
  *out = new Handle{std::move(*result)};
  return AIMC_OK;
}

const char *aimc_last_error(void) { return lastError().c_str(); }

const char *aimc_version(void) { return AIMC_VERSION_STRING; }

aimc_status aimc_pool_create(int32_t threads, aimc_pool **out) {
  if (!out)
    return report(missing("the result's address"));
  *out = nullptr;
  return give(Pool::create(threads), out);
}

void aimc_pool_release(aimc_pool *pool) { delete pool; }

static Result<std::shared_ptr<const Model>> modelOf(Result<std::shared_ptr<const Container>> container) {
  if (!container.ok())
    return std::move(container).status();
  return std::shared_ptr<const Model>(std::make_shared<Model>(std::move(*container)));
}

aimc_status aimc_model_open(const char *path, aimc_model **out) {
  if (!path || !out)
    return report(missing(path ? "the result's address" : "the path"));
  *out = nullptr;
  return give(modelOf(Container::open(path, Pool::process()->parallel())), out);
}

aimc_status aimc_model_open_memory(const void *data, size_t size, aimc_model **out) {
  if (!data || !out)
    return report(missing(data ? "the result's address" : "the container's address"));
  *out = nullptr;
  return give(modelOf(Container::openMemory(data, size, Pool::process()->parallel())), out);
}

void aimc_model_release(aimc_model *model) { delete model; }

int32_t aimc_model_input_count(const aimc_model *model) {
  return model ? static_cast<int32_t>(model->model->inputs().size()) : 0;
}

int32_t aimc_model_output_count(const aimc_model *model) {
  return model ? static_cast<int32_t>(model->model->outputs().size()) : 0;
}

static aimc_status describe(const char *what, const std::vector<TensorInfo> &infos, int32_t index, aimc_tensor_info *out) {
  if (index < 0 || index >= static_cast<int32_t>(infos.size()))
    return report(error(AIMC_INVALID_ARGUMENT, "%s %d of %zu", what, index, infos.size()));
  const TensorInfo &info = infos[index];
  return report(writeStruct(
      "aimc_tensor_info", {sizeof *out, info.name, info.type, info.rank, info.dims, info.dimNames.data(), info.batchDim}, out));
}

aimc_status aimc_model_input(const aimc_model *model, int32_t index, aimc_tensor_info *out) {
  return model ? describe("input", model->model->inputs(), index, out) : report(missing("the model"));
}

aimc_status aimc_model_output(const aimc_model *model, int32_t index, aimc_tensor_info *out) {
  return model ? describe("output", model->model->outputs(), index, out) : report(missing("the model"));
}

aimc_status aimc_chip_create(aimc_model *model, const aimc_chip_options *options, aimc_chip **out) {
  if (!model || !out)
    return report(missing(model ? "the result's address" : "the model"));
  *out = nullptr;
  aimc_chip_options complete;
  if (Status status = readStruct("aimc_chip_options", options, complete); !status.ok())
    return report(status);
  return give(Chip::create(model->model, complete, complete.pool ? complete.pool->pool : Pool::process()), out);
}

void aimc_chip_release(aimc_chip *chip) { delete chip; }

aimc_status aimc_chip_statistics(const aimc_chip *chip, aimc_statistics *out) {
  if (!chip)
    return report(missing("the chip"));
  aimc_statistics statistics = {};
  statistics.struct_size = sizeof statistics;
  if (aimc_status status = chip->chip->driver().statistics(chip->chip->driverChip(), &statistics))
    return knownStatus(status);
  return report(writeStruct("aimc_statistics", statistics, out));
}

aimc_status aimc_session_create(aimc_chip *chip, aimc_session **out) {
  if (!chip || !out)
    return report(missing(chip ? "the result's address" : "the chip"));
  *out = nullptr;
  return give(Session::create(chip->chip), out);
}

void aimc_session_release(aimc_session *session) { delete session; }

aimc_status aimc_session_run(aimc_session *session, const aimc_array *inputs, int32_t input_count,
                             const aimc_run_options *options) {
  if (!session)
    return report(missing("the session"));
  aimc_run_options complete;
  if (Status status = readStruct("aimc_run_options", options, complete); !status.ok())
    return report(status);
  return report(session->session->run(inputs, input_count, complete));
}

aimc_status aimc_session_output(const aimc_session *session, int32_t index, aimc_array *out) {
  if (!session || !out)
    return report(missing(session ? "the result's address" : "the session"));
  Result<aimc_array> output = session->session->output(index);
  if (!output.ok())
    return report(std::move(output).status());
  *out = *output;
  return AIMC_OK;
}
