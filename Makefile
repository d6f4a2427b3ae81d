# make build | test | demo | docs: each does all the set-up on a fresh Debian 12, then its job.
BUILD ?= build
JOBS ?= $(shell nproc)

.PHONY: build test demo docs clean
build: $(BUILD)/build.ninja
	ninja -C $(BUILD) -j$(JOBS)

$(BUILD)/build.ninja: third_party/packages.txt
	third_party/install
	cmake -S . -B $(BUILD) -G Ninja -DCMAKE_BUILD_TYPE=Release
	@touch $@

test: build
	ctest --test-dir $(BUILD) --output-on-failure -j$(JOBS)

demo: build
	examples/demo $(BUILD)

# The reference of dialects and passes, from TableGen, into $(BUILD)/docs; the table of operators into docs.
docs: $(BUILD)/build.ninja
	ninja -C $(BUILD) mlir-doc onnx-operators

clean:
	rm -rf $(BUILD)
