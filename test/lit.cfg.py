"""How lit runs our tests. AIMC_VERIFY_ROUNDTRIP=1 makes every aimc-opt run also print, parse and compare its IR."""
import os
import shutil

import lit.formats
from lit.llvm import llvm_config
from lit.llvm.subst import ToolSubst

config.name = "aimc"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
config.excludes = ["Inputs", "lit.cfg.py"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.aimc_binary_dir, "test")
config.substitutions.append(("%source_dir", config.aimc_source_dir))
config.substitutions.append(("%tools_dir", config.aimc_tools_dir))
config.substitutions.append(("%llvm_libs", os.path.join(os.path.dirname(config.llvm_tools_dir), "lib")))
config.substitutions.append(("%python", "/usr/bin/python3"))
if config.aimc_mpiexec:
    config.available_features.add("mpi")
    # More processes than cores, and the superuser of a container, are fine for a test.
    config.environment.update({"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"})
    config.substitutions.append(("%mpirun", config.aimc_mpiexec + " --oversubscribe"))

if shutil.which("rsvg-convert"):
    config.available_features.add("rsvg")

# `make test-aarch64` builds aimc-run for 64-bit Arm here; where it did, tests compare what it computes.
aarch64_run = os.path.join(config.aimc_binary_dir, "aarch64", "bin", "aimc-run")
if os.path.exists(aarch64_run) and shutil.which("qemu-aarch64"):
    config.available_features.add("aarch64")
    config.substitutions.append(("%aarch64-run", "qemu-aarch64 " + aarch64_run))

llvm_config.use_default_substitutions()
opt_args = ["--verify-roundtrip"] if os.environ.get("AIMC_VERIFY_ROUNDTRIP") else []
llvm_config.add_tool_substitutions(
    [ToolSubst("aimc-opt", extra_args=opt_args), "aimc-compile", "aimc-run", "aimc-sweep", "aimc-inspect", "write-layers", "mlir-runner", "not", "split-file"],
    [config.aimc_tools_dir, config.llvm_tools_dir],
)
