/* The C interface from C: opens what does not exist and says why. */
#include "aimc/aimc.h"
#include "aimc/driver.h"
#include "aimc/env.h"

#include <stdio.h>
#include <string.h>

int main(void) {
  aimc_model *model = NULL;
  if (aimc_model_open("/nonexistent.aimc", &model) != AIMC_IO || model)
    return 1;
  printf("%s: %s\n", aimc_version(), aimc_last_error());
  return strstr(aimc_last_error(), "/nonexistent.aimc: cannot open: ") != aimc_last_error();
}
