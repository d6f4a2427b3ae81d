//===- HostRunner.cpp -------------------------------------------------------------------------------------------===//
#include "HostRunner.h"

#include "aimc/Conversion/Passes.h"
#include "aimc/Import/Import.h"
#include "aimc/InitAll.h"
#include "aimc/aimc.h"

#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassManager.h"

#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

using namespace aimc::test;

namespace aimc::test {
struct HostRunner::Environment {
  aimc_env env;
  HostRunner *runner;
};
} // namespace aimc::test

HostRunner::Environment *HostRunner::self(const aimc_env *env) { return static_cast<Environment *>(env->session); }

HostRunner::HostRunner() {
  mlir::DialectRegistry registry;
  registerDialects(registry);
  context = std::make_unique<mlir::MLIRContext>(registry, mlir::MLIRContext::Threading::DISABLED);
  context->getDiagEngine().registerHandler([&](mlir::Diagnostic &diagnostic) { diagnostics += diagnostic.str() + "\n"; });
}

HostRunner::HostRunner(const std::string &text, codegen::HostTarget target) : HostRunner() {
  mlir::OwningOpRef<mlir::ModuleOp> module = mlir::parseSourceString<mlir::ModuleOp>(text, context.get());
  if (module)
    compile(*module, target);
}

std::unique_ptr<HostRunner> HostRunner::fromOnnx(const std::string &path) {
  std::unique_ptr<HostRunner> runner(new HostRunner);
  mlir::OwningOpRef<mlir::ModuleOp> module = importOnnx(path, {}, *runner->context);
  if (!module)
    return runner;
  mlir::PassManager pm(runner->context.get());
  pm.addPass(onnx::createConvertOnnxToLinalgPass());
  if (mlir::succeeded(pm.run(*module)))
    runner->compile(*module, {});
  return runner;
}

void HostRunner::compile(mlir::ModuleOp module, const codegen::HostTarget &target) {
  mlir::FailureOr<codegen::HostProgram> program = codegen::lowerHost(module);
  if (mlir::failed(program))
    return;
  lowered = std::make_unique<codegen::HostProgram>(std::move(*program));
  mlir::FailureOr<codegen::HostObject> object = codegen::emitHostObject(*lowered, target);
  if (mlir::failed(object))
    return;
  compiled = std::move(*object);
  for (const codegen::Constant &constant : lowered->constants) {
    constants.resize(constant.offset);
    constants.insert(constants.end(), constant.bytes.begin(), constant.bytes.end());
  }
  if (compiled.triple.rfind("x86_64", 0) != 0)
    return;
  int file = memfd_create("host", MFD_CLOEXEC);
  if (write(file, compiled.elf.data(), compiled.elf.size()) != static_cast<ssize_t>(compiled.elf.size()))
    return;
  library = dlopen(("/proc/self/fd/" + std::to_string(file)).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library)
    diagnostics += dlerror();
  else
    entry = reinterpret_cast<aimc_entry_fn>(dlsym(library, AIMC_ENTRY_SYMBOL));
  close(file);
}

HostRunner::~HostRunner() {
  if (library)
    dlclose(library);
}

/// c = a·b by the definition in aimc.fbs.
static void contract(const aimc::codegen::Contraction &table, const aimc_buffer &a, const aimc_buffer &b,
                     const aimc_buffer &c) {
  unsigned dims = table.batchDims + table.mDims + table.nDims + table.kDims;
  aimc::codegen::LinearMap maps[] = {aimc::codegen::linearize(table.a), aimc::codegen::linearize(table.b),
                                     aimc::codegen::linearize(table.c)};
  const aimc_buffer *buffers[] = {&a, &b, &c};
  std::vector<int64_t> extents(dims, -1), point(dims, 0);
  for (int operand : {1, 2}) // the extents follow from b and c
    for (int32_t axis = 0; axis < buffers[operand]->rank; ++axis)
      for (unsigned dim = 0; dim < dims; ++dim)
        if (maps[operand].coefficients[axis * dims + dim])
          extents[dim] = buffers[operand]->sizes[axis];
  auto element = [&](int operand) -> float * {
    int64_t offset = 0;
    for (int32_t axis = 0; axis < buffers[operand]->rank; ++axis) {
      int64_t index = maps[operand].offsets[axis];
      for (unsigned dim = 0; dim < dims; ++dim)
        index += maps[operand].coefficients[axis * dims + dim] * point[dim];
      if (index < 0 || index >= buffers[operand]->sizes[axis])
        return nullptr;
      offset += index * buffers[operand]->strides[axis];
    }
    return static_cast<float *>(buffers[operand]->data) + offset;
  };
  auto forAll = [&](unsigned first, unsigned last, auto &&body) {
    for (unsigned dim = first; dim < last; ++dim) {
      if (extents[dim] == 0)
        return;
      point[dim] = 0;
    }
    while (true) {
      body();
      unsigned dim = last;
      while (dim > first && ++point[dim - 1] == extents[dim - 1])
        point[--dim] = 0;
      if (dim == first)
        return;
    }
  };
  unsigned outer = dims - table.kDims;
  forAll(0, outer, [&] {
    float sum = table.accumulate ? *element(2) : 0;
    forAll(outer, dims, [&] {
      const float *x = element(0);
      sum += (x ? *x : 0) * *element(1);
    });
    *element(2) = sum;
  });
}

int32_t HostRunner::run(const std::vector<Array> &inputs, const std::vector<Output> &outputs, std::vector<Array> &results) {
  Environment environment{};
  environment.runner = this;
  aimc_env &env = environment.env;
  env.size = sizeof(env);
  env.version = AIMC_ENV_VERSION;
  env.session = &environment;
  void *section = nullptr;
  if (posix_memalign(&section, 64, constants.size() + 64))
    return AIMC_OUT_OF_MEMORY;
  std::memcpy(section, constants.data(), constants.size());
  env.constants = section;
  env.dispatch = [](const aimc_env *env, uint32_t site, const aimc_buffer *x, const aimc_buffer *y) -> int32_t {
    // An "analog layer" that adds its site's number.
    ++self(env)->runner->dispatches;
    int64_t count = 1;
    for (int32_t axis = 0; axis < x->rank; ++axis)
      count *= x->sizes[axis];
    for (int64_t i = 0; i < count; ++i)
      static_cast<float *>(y->data)[i] = static_cast<float *>(x->data)[i] + static_cast<float>(site);
    return AIMC_OK;
  };
  env.contract = [](const aimc_env *env, uint32_t index, const aimc_buffer *a, const aimc_buffer *b,
                    const aimc_buffer *c) -> int32_t {
    HostRunner &runner = *self(env)->runner;
    if (runner.contractions++ == runner.failContraction)
      return AIMC_FAILED;
    contract(runner.lowered->contractions.at(index), *a, *b, *c);
    return AIMC_OK;
  };
  env.parallel_for = [](const aimc_env *env, aimc_body body, void *context, int64_t count, int64_t grain) -> int32_t {
    for (int64_t share = (count - 1) / grain; share >= 0; --share) {
      ++self(env)->runner->shares;
      if (int32_t status = body(env, context, share * grain, std::min(count, (share + 1) * grain)))
        return status;
    }
    return AIMC_OK;
  };
  env.dispatch_finish = [](const aimc_env *env, uint32_t site, const aimc_buffer *x, const aimc_buffer *y,
                           const aimc_buffer *addend, int32_t rectify) -> int32_t {
    ++self(env)->runner->finished;
    int32_t status = env->dispatch(env, site, x, y);
    int64_t count = 1;
    for (int32_t axis = 0; axis < y->rank; ++axis)
      count *= y->sizes[axis];
    float *results = static_cast<float *>(y->data);
    for (int64_t i = 0; i < count; ++i) {
      results[i] += addend ? static_cast<float *>(addend->data)[i] : 0;
      results[i] = rectify ? std::max(results[i], 0.0f) : results[i];
    }
    return status;
  };
  env.allocate = [](const aimc_env *env, uint64_t bytes) -> void * {
    HostRunner &runner = *self(env)->runner;
    if (runner.allocated++ == runner.failAllocation)
      return nullptr;
    void *memory = nullptr;
    if (posix_memalign(&memory, 64, bytes))
      return nullptr;
    std::memset(memory, 0xcd, bytes);
    ++runner.allocations;
    return memory;
  };
  env.release = [](const aimc_env *env, void *allocation) {
    --self(env)->runner->allocations;
    free(allocation);
  };
  env.fail_with = [](const aimc_env *env, const char *text, const int64_t *values, int32_t count) -> int32_t {
    std::string &message = self(env)->runner->message = text;
    for (int32_t i = 0; i < count; ++i)
      message += " " + std::to_string(values[i]);
    return AIMC_FAILED;
  };
  env.fail = [](const aimc_env *env, int32_t status, const char *message) {
    self(env)->runner->message = message;
    return status;
  };

  auto stridesOf = [](const std::vector<int64_t> &sizes) {
    std::vector<int64_t> strides(sizes.size(), 1);
    for (size_t axis = sizes.size(); axis-- > 1;)
      strides[axis - 1] = strides[axis] * sizes[axis];
    return strides;
  };
  std::vector<Array> copies = inputs;
  std::vector<std::vector<int64_t>> strides;
  std::vector<aimc_buffer> in, out;
  for (Array &input : copies) {
    strides.push_back(stridesOf(input.sizes));
    in.push_back(
        {input.bytes.data(), nullptr, input.sizes.data(), strides.back().data(), static_cast<int32_t>(input.sizes.size()), 0});
  }
  std::vector<std::vector<int64_t>> shapes(2 * outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i) {
    shapes[2 * i].resize(outputs[i].rank);
    shapes[2 * i + 1].resize(outputs[i].rank);
    out.push_back({nullptr, nullptr, shapes[2 * i].data(), shapes[2 * i + 1].data(), outputs[i].rank, 0});
  }
  int32_t status = entry(&env, in.data(), out.data());
  results.clear();
  for (size_t i = 0; i < outputs.size() && status == AIMC_OK; ++i) {
    size_t bytes = outputs[i].elementBytes;
    for (int64_t size : shapes[2 * i])
      bytes *= size;
    const char *data = static_cast<const char *>(out[i].data);
    results.push_back({shapes[2 * i], std::vector<char>(data, data + bytes)});
    env.release(&env, out[i].allocation);
  }
  free(section);
  return status;
}
