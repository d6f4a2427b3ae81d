# make build | test | test-aarch64 | demo | docs | fuzz | format: each does all the set-up on a fresh Debian 12, then its job.
BUILD ?= build
JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 3600

.PHONY: build test test-aarch64 demo docs fuzz format clean
build: $(BUILD)/build.ninja
	ninja -C $(BUILD) -j$(JOBS)

$(BUILD)/build.ninja: third_party/packages.txt
	third_party/install
	cmake -S . -B $(BUILD) -G Ninja -DCMAKE_BUILD_TYPE=Release
	@touch $@

test: build
	ctest --test-dir $(BUILD) --output-on-failure -j$(JOBS)

# The runtime and aimc-run for 64-bit Arm, under qemu-user: their own tests, then networks that must give this machine's bits.
test-aarch64: build
	@if third_party/install packages-aarch64.txt; then \
	  cmake -S . -B $(BUILD)/aarch64 -G Ninja -DCMAKE_BUILD_TYPE=Release -DAIMC_COMPILER=OFF \
	    -DCMAKE_TOOLCHAIN_FILE=$(CURDIR)/cmake/aarch64-linux-gnu.cmake && \
	  ninja -C $(BUILD)/aarch64 -j$(JOBS) && \
	  ctest --test-dir $(BUILD)/aarch64 --output-on-failure -j$(JOBS) && \
	  /usr/lib/llvm-22/bin/lit -v $(BUILD)/test/tools/aarch64.test; \
	else \
	  echo "test-aarch64: skipped: the packages of third_party/packages-aarch64.txt cannot be installed"; \
	fi

demo: build
	examples/demo $(BUILD)

# The reference of dialects and passes, from TableGen, into $(BUILD)/docs; the table of operators into docs.
docs: $(BUILD)/build.ninja
	ninja -C $(BUILD) mlir-doc onnx-operators

# The importer and the container reader against inputs made by chance, FUZZ_SECONDS each.
fuzz: $(BUILD)/build.ninja
	test/fuzz/fuzz.py $(BUILD) --seconds=$(FUZZ_SECONDS)

# Lays out every C++ file by .clang-format; a test fails where one differs.
format: $(BUILD)/build.ninja
	cmake/format

clean:
	rm -rf $(BUILD)
