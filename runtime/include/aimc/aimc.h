/* The runtime's C interface.
 *
 *   aimc_model   a container: verified, mapped, immutable            aimc_model_open
 *     aimc_chip  the model programmed on a driver, immutable         aimc_chip_create
 *       aimc_session  scratch of one caller at a time, many at once  aimc_session_create, aimc_session_run
 *
 * Every function that can fail returns an aimc_status; aimc_last_error() holds the calling thread's last message.
 * Structs that may grow begin with their size; set it to sizeof, zero the rest for the defaults.
 * Handles may be shared by threads, except sessions. A chip keeps its model alive, a session its chip: release in any order.
 */
#ifndef AIMC_H
#define AIMC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define AIMC_API __attribute__((visibility("default")))

typedef enum aimc_status {
  AIMC_OK = 0,
  AIMC_INVALID_ARGUMENT = 1, /* the caller's words are off */
  AIMC_INVALID_MODEL = 2,    /* the container is damaged or hostile */
  AIMC_UNSUPPORTED = 3,      /* sound, but not for this machine, driver or build */
  AIMC_IO = 4,               /* the file cannot be read */
  AIMC_OUT_OF_MEMORY = 5,
  AIMC_FAILED = 6 /* host code or a driver reported an error */
} aimc_status;

/* Element types; the values are part of the container format. */
typedef enum aimc_type {
  AIMC_F32 = 0,
  AIMC_F64 = 1,
  AIMC_F16 = 2,
  AIMC_BF16 = 3,
  AIMC_I8 = 4,
  AIMC_I16 = 5,
  AIMC_I32 = 6,
  AIMC_I64 = 7,
  AIMC_U8 = 8,
  AIMC_U16 = 9,
  AIMC_U32 = 10,
  AIMC_U64 = 11,
  AIMC_BOOL = 12 /* one byte, 0 or 1 */
} aimc_type;

typedef enum aimc_fidelity {
  AIMC_EXACT = 0,     /* float32 weights and inputs, no conversion: the digital network up to reassociation */
  AIMC_QUANTIZED = 1, /* the noiseless chain, bit-exact to docs/numerics.md */
  AIMC_NOISY = 2      /* plus the effects that the target lists */
} aimc_fidelity;

typedef struct aimc_model aimc_model;
typedef struct aimc_chip aimc_chip;
typedef struct aimc_session aimc_session;
typedef struct aimc_pool aimc_pool;

/* Message of the last call on this thread that failed, "" when none did. Valid until the thread's next call. */
AIMC_API const char *aimc_last_error(void);
AIMC_API const char *aimc_version(void);

/* ---- threads ---- */
/* A pool of `threads` workers, the caller counted; 0: one per hardware thread. Results never depend on it. */
AIMC_API aimc_status aimc_pool_create(int32_t threads, aimc_pool **out);
AIMC_API void aimc_pool_release(aimc_pool *pool);

/* ---- models ---- */
AIMC_API aimc_status aimc_model_open(const char *path, aimc_model **out);
/* The bytes must stay valid and unchanged for as long as the model lives; 64-byte aligned. */
AIMC_API aimc_status aimc_model_open_memory(const void *data, size_t size, aimc_model **out);
AIMC_API void aimc_model_release(aimc_model *model);

typedef struct aimc_tensor_info {
  size_t struct_size;
  const char *name; /* the graph's name for it, any bytes but zero */
  aimc_type type;
  int32_t rank;
  const int64_t *dims;          /* rank entries, −1: known only at run time */
  const char *const *dim_names; /* rank entries, "" where the graph gave none */
  int32_t batch_dim;            /* the dimension that counts samples, −1: none */
} aimc_tensor_info;

AIMC_API int32_t aimc_model_input_count(const aimc_model *model);
AIMC_API int32_t aimc_model_output_count(const aimc_model *model);
AIMC_API aimc_status aimc_model_input(const aimc_model *model, int32_t index, aimc_tensor_info *out);
AIMC_API aimc_status aimc_model_output(const aimc_model *model, int32_t index, aimc_tensor_info *out);

/* ---- chips ---- */
/* Drift compensation: column sums are multiplied by what a column read just after programming over what it reads now. */
typedef enum aimc_compensation {
  AIMC_COMPENSATE_TILE = 0,   /* one factor per tile, the default */
  AIMC_COMPENSATE_COLUMN = 1, /* one per column of a tile */
  AIMC_COMPENSATE_NONE = 2
} aimc_compensation;

/* A digital correction of a layer's results, column by column: y becomes scale * y + offset, after what the container has. */
typedef struct aimc_correction {
  uint32_t site;       /* index in the dispatch table */
  uint32_t count;      /* G * N, for checking */
  const float *scale;  /* [G, N] */
  const float *offset; /* [G, N] */
} aimc_correction;

typedef struct aimc_chip_options {
  size_t struct_size;
  const char *driver;     /* "simulator" (null), "trace", or a shared library's path (contains a '/') */
  const char *driver_arg; /* passed on to the driver; trace: the file that receives the events; may be null */
  aimc_fidelity fidelity;
  uint32_t seed;
  uint32_t trial;
  double time_seconds;            /* since programming; 0 */
  aimc_pool *pool;                /* null: the process's own, one worker per hardware thread */
  uint32_t disabled_effects;      /* bit i: aimc_effect i is off although the target lists it */
  aimc_compensation compensation; /* of drift; fidelity noisy at time_seconds > 0 */
  /* Changes to the target's device, noise, converters and wires: "noise.output=0.3 LSB,device.stuck_at_g_min=0.01", keys and
   * units as in docs/targets.md; null: none. Read during the call only. */
  const char *settings;
  const aimc_correction *corrections; /* at most one for each site; fidelities quantized and noisy; read during the call only */
  uint32_t correction_count;
} aimc_chip_options;

typedef enum aimc_effect {
  AIMC_EFFECT_PROGRAMMING = 0,   /* conductance errors made when programming */
  AIMC_EFFECT_OUTPUT_NOISE = 1,  /* Gaussian noise before each ADC */
  AIMC_EFFECT_DRIFT = 2,         /* conductances that change with the time since programming */
  AIMC_EFFECT_FLICKER = 3,       /* 1/f noise of conductances, frozen per readout; at time_seconds > 0 */
  AIMC_EFFECT_STUCK = 4,         /* devices stuck at g_min or g_max */
  AIMC_EFFECT_READ_NOISE = 5,    /* conductances that deviate anew in every product */
  AIMC_EFFECT_INPUT_NOISE = 6,   /* Gaussian noise on every input digit */
  AIMC_EFFECT_ADC_GAIN = 7,      /* gains that differ from column to column */
  AIMC_EFFECT_ADC_OFFSET = 8,    /* offsets that differ from column to column */
  AIMC_EFFECT_ADC_LINEARITY = 9, /* differential and integral non-linearity of the thresholds */
  AIMC_EFFECT_NONLINEARITY = 10, /* compression of the column's current */
  AIMC_EFFECT_IR_DROP = 11,      /* resistance of the wires */
  AIMC_EFFECT_COUNT = 12
} aimc_effect;

AIMC_API aimc_status aimc_chip_create(aimc_model *model, const aimc_chip_options *options, aimc_chip **out);
AIMC_API void aimc_chip_release(aimc_chip *chip);

/* What went beyond its range so far, over all sessions. */
typedef struct aimc_statistics {
  size_t struct_size;
  uint64_t mvms;                   /* rows driven through a matrix */
  uint64_t nonfinite_inputs;       /* NaN or infinite activations */
  uint64_t clipped_inputs;         /* codes limited to ±Q */
  uint64_t clipped_codes;          /* ADC codes at the end of their range because of clipping */
  uint64_t saturated_conductances; /* noisy conductances outside the fixed-point range */
} aimc_statistics;
AIMC_API aimc_status aimc_chip_statistics(const aimc_chip *chip, aimc_statistics *out);

/* ---- sessions ---- */
typedef struct aimc_array {
  const void *data; /* dense, row-major */
  aimc_type type;
  int32_t rank;
  const int64_t *dims;
} aimc_array;

/* One block of rows of one layer as an observer sees it. Arrays are row-major and valid during the call only.
 * M counts rows = MVMs of the layer in the order of the calls; K, N, T (row tiles), S (weight slices), V (input slices) as in
 * docs/numerics.md. Fields not asked for are null. */
typedef struct aimc_observation {
  size_t struct_size;
  uint32_t site;           /* index in the dispatch table */
  uint32_t group;          /* group of a grouped convolution */
  int64_t invocation;      /* how often the layer ran before in this run */
  int64_t first_row, rows; /* rows [first_row, first_row + rows) of this invocation */
  const float *x;          /* [rows, K] gathered inputs before the DAC */
  const float *alpha;      /* [rows] input scale; [rows, T] where each row tile has its own */
  const int32_t *codes;    /* [rows, T, N, S, V] ADC codes; with an ideal ADC or `ideal_adc` the column sums P themselves */
  const float *y;          /* [rows, N] as it leaves the layer: bias and affine in, activation not */
} aimc_observation;

enum { AIMC_OBSERVE_X = 1, AIMC_OBSERVE_ALPHA = 2, AIMC_OBSERVE_CODES = 4, AIMC_OBSERVE_Y = 8 };

typedef struct aimc_run_options {
  size_t struct_size;
  int64_t sample_offset; /* index of the run's first sample in its data set: noise is addressed by sample */
  uint32_t observe;      /* AIMC_OBSERVE_… bits; simulator only */
  uint32_t ideal_adc;    /* nonzero: column sums pass the ADC unchanged whatever the target says; fidelity quantized only */
  /* Called in order of invocation, group and row, one call at a time, on the thread that called aimc_session_run. A result
   * other than AIMC_OK ends the run with it. */
  aimc_status (*observer)(void *user, const aimc_observation *observation);
  void *user;
} aimc_run_options;

AIMC_API aimc_status aimc_session_create(aimc_chip *chip, aimc_session **out);
AIMC_API void aimc_session_release(aimc_session *session);
/* Runs the network once. `inputs` in graph order. Outputs stay valid until the session's next run or its release. */
AIMC_API aimc_status aimc_session_run(aimc_session *session, const aimc_array *inputs, int32_t input_count,
                                      const aimc_run_options *options /* may be null */);
AIMC_API aimc_status aimc_session_output(const aimc_session *session, int32_t index, aimc_array *out);

#ifdef __cplusplus
}
#endif
#endif /* AIMC_H */
