/* A driver in a shared library, in C: y is the number of times its site ran before, plus driver_arg's first digit. FLAW, a
 * letter, makes it one that the runtime must refuse. */
#include "aimc/driver.h"

#include <stdlib.h>

#ifndef FLAW
#define FLAW 0
#endif

struct Chip {
  float first;
  uint64_t mvms;
};

static aimc_status program(const aimc_driver_host *host, const aimc_chip_options *options, void **chip) {
  if (!options->driver_arg)
    return host->fail(host, AIMC_INVALID_ARGUMENT, "the sample driver wants a digit");
  struct Chip *made = calloc(1, sizeof *made);
  if (!made)
    return AIMC_OUT_OF_MEMORY;
  made->first = (float)(options->driver_arg[0] - '0');
  *chip = made;
  return AIMC_OK;
}
static void destroy(void *chip) { free(chip); }
static aimc_status createScratch(void *chip, void **scratch) {
  (void)chip;
  *scratch = FLAW == 's' ? 0 : malloc(1);
  return *scratch ? AIMC_OK : AIMC_OUT_OF_MEMORY;
}
static void destroyScratch(void *chip, void *scratch) {
  (void)chip;
  free(scratch);
}
static aimc_status dispatch(void *chip, const aimc_dispatch_context *context, const aimc_buffer *x, const aimc_buffer *y) {
  struct Chip *self = chip;
  (void)x;
  for (int64_t i = 0; i < y->sizes[0]; ++i)
    for (int64_t j = 0; j < y->sizes[1]; ++j)
      ((float *)y->data)[i * y->strides[0] + j * y->strides[1]] = self->first + (float)context->invocation;
  self->mvms += (uint64_t)y->sizes[0];
  return AIMC_OK;
}
static aimc_status statistics(void *chip, aimc_statistics *out) {
  out->mvms = ((struct Chip *)chip)->mvms;
  return AIMC_OK;
}

__attribute__((visibility("default"))) const aimc_driver *aimc_driver_query(uint32_t version, const char **error) {
  static const aimc_driver driver = {sizeof driver,
                                     FLAW == 'o' ? 0 : AIMC_DRIVER_VERSION,
                                     "sample",
                                     program,
                                     destroy,
                                     createScratch,
                                     destroyScratch,
                                     dispatch,
                                     FLAW == 'i' ? 0 : statistics};
  if (version != AIMC_DRIVER_VERSION) {
    *error = "another version";
    return 0;
  }
  return FLAW == 'q' ? 0 : &driver;
}
