/* The interface behind which a chip stands: the bundled simulator, the trace, or yours in a shared library.
 *
 * A driver library exports `aimc_driver_query`. The runtime hands it a verified model once (`program`), then calls `dispatch`
 * for every layer the compiled network runs. The driver owns everything from the quantizer to the accumulated float: gather,
 * scale, DAC, MVM, ADC, accumulation, bias.
 */
#ifndef AIMC_DRIVER_H
#define AIMC_DRIVER_H

#include "aimc/aimc.h"
#include "aimc/env.h"

#ifdef __cplusplus
extern "C" {
#endif

#define AIMC_DRIVER_VERSION 1u
#define AIMC_DRIVER_QUERY "aimc_driver_query"

/* What the runtime lends a driver. Valid for as long as the chip lives. */
typedef struct aimc_driver_host {
  uint32_t size, version;
  /* The container's metadata section (runtime/schema/aimc.fbs), verified, every Blob within its section. */
  const void *metadata;
  /* Start of section `index`. */
  const void *(*section)(const struct aimc_driver_host *host, uint32_t index);
  /* Runs body(context, i) for i in [0, count) on the pool. */
  aimc_status (*parallel)(const struct aimc_driver_host *host, int64_t count, aimc_status (*body)(void *context, int64_t i),
                          void *context);
  /* Records the message that aimc_last_error returns; returns `status`. */
  aimc_status (*fail)(const struct aimc_driver_host *host, aimc_status status, const char *message);
  /* The metadata's Target with the chip options' settings made, verified; null: as the metadata has it. */
  const void *target;
} aimc_driver_host;

/* What becomes of a layer's results behind its bias. */
typedef struct aimc_finish {
  uint32_t size, version;
  const float *addend; /* added to them; null: nothing. It lies like y, which is row-major, and does not overlap it */
  int32_t rectify;     /* not 0: then the larger of each and 0 replaces it; what is not a number stays */
  int32_t taken;       /* set by a driver that does so. Otherwise the runtime does, after the dispatch */
} aimc_finish;

/* What one call of a layer needs beyond its arrays. */
typedef struct aimc_dispatch_context {
  uint32_t size, version;
  uint32_t site;
  int64_t invocation;          /* how often this site ran before in this run */
  const aimc_run_options *run; /* never null */
  void *scratch;               /* the session's, made by create_scratch */
  aimc_finish *finish;         /* null: nothing */
} aimc_dispatch_context;

typedef struct aimc_driver {
  uint32_t size, version;
  const char *name;
  /* Programs every crossbar of the model; `chip` is the driver's own. */
  aimc_status (*program)(const aimc_driver_host *host, const aimc_chip_options *options, void **chip);
  void (*destroy)(void *chip);
  aimc_status (*create_scratch)(void *chip, void **scratch);
  void (*destroy_scratch)(void *chip, void *scratch);
  /* Any number of threads at once, each with its own scratch. Ranks and types of x and y are as the table says. */
  aimc_status (*dispatch)(void *chip, const aimc_dispatch_context *context, const aimc_buffer *x, const aimc_buffer *y);
  aimc_status (*statistics)(void *chip, aimc_statistics *out);
} aimc_driver;

/* Null with *error set to a message when the driver cannot serve this version. */
typedef const aimc_driver *(*aimc_driver_query_fn)(uint32_t version, const char **error);

#ifdef __cplusplus
}
#endif
#endif /* AIMC_DRIVER_H */
