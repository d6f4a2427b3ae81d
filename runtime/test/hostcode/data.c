/* The entry is a variable. */
__attribute__((visibility("default"))) int aimc_entry = 1;
