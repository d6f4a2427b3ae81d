#include "TestModel.h"
#include "aimc/aimc.hpp"
#include "aimc/driver.h"

#include <atomic>
#include <cmath>
#include <cstring>
#include <fstream>
#include <gtest/gtest.h>
#include <thread>

using namespace aimc::test;

/// Sets struct_size; the trace driver unless told otherwise.
static aimc_chip_options traceOptions() {
  aimc_chip_options options = aimc::chipOptions();
  options.driver = "trace";
  return options;
}

namespace {
/// A chip and a session of a container.
struct Loaded {
  Loaded(const std::string &path, const aimc_chip_options &options = traceOptions()) {
    model = aimc::Model::open(path);
    EXPECT_TRUE(model) << model->error();
    if (!*model)
      return;
    chip = aimc::Chip::create(**model, options);
    EXPECT_TRUE(*chip) << chip->error();
    if (!*chip)
      return;
    session = aimc::Session::create(**chip);
    EXPECT_TRUE(*session) << session->error();
  }
  aimc::Expected<std::vector<aimc::Array>> run(const std::vector<float> &x, std::vector<int64_t> dims) {
    return (*session)->run({aimc::Array::of(x.data(), std::move(dims))});
  }

  std::optional<aimc::Expected<aimc::Model>> model;
  std::optional<aimc::Expected<aimc::Chip>> chip;
  std::optional<aimc::Expected<aimc::Session>> session;
};
} // namespace

static std::vector<float> floats(const aimc::Array &array) {
  const float *data = array.as<float>();
  return {data, data + array.size()};
}

TEST(Digital, RunsItsHostCode) {
  TemporaryFile file("digital.aimc");
  writeDigitalModel(file.path());
  Loaded loaded(file.path());
  auto y = loaded.run({1, 0, 0, 1, 1, 1}, {3, 2});
  ASSERT_TRUE(y) << y.error();
  EXPECT_EQ(y->front().dims, (std::vector<int64_t>{3, 3}));
  EXPECT_EQ(floats(y->front()), (std::vector<float>{2, 4, 6, 8, 10, 12, 10, 14, 18}));
  // Another batch in the same session, an empty one too.
  EXPECT_EQ(floats(loaded.run({1, 1}, {1, 2})->front()), (std::vector<float>{10, 14, 18}));
  auto none = loaded.run({}, {0, 2});
  ASSERT_TRUE(none) << none.error();
  EXPECT_EQ(none->front().dims, (std::vector<int64_t>{0, 3}));
}

TEST(Digital, TellsItsInputsAndOutputs) {
  TemporaryFile file("digital.aimc");
  writeDigitalModel(file.path());
  auto model = aimc::Model::open(file.path());
  ASSERT_TRUE(model) << model.error();
  ASSERT_EQ(model->inputs().size(), 1u);
  aimc_tensor_info x = model->inputs()[0];
  EXPECT_STREQ(x.name, "x");
  EXPECT_EQ(x.type, AIMC_F32);
  ASSERT_EQ(x.rank, 2);
  EXPECT_EQ(x.dims[0], -1);
  EXPECT_EQ(x.dims[1], 2);
  EXPECT_STREQ(x.dim_names[0], "batch");
  EXPECT_STREQ(x.dim_names[1], "");
  EXPECT_EQ(x.batch_dim, 0);
  aimc_tensor_info info = {};
  EXPECT_EQ(aimc_model_input(model->get(), 0, &info), AIMC_INVALID_ARGUMENT);
  EXPECT_STREQ(aimc_last_error(), "aimc_tensor_info: struct_size is 0; set it to sizeof(aimc_tensor_info)");
}

TEST(Digital, OpensFromMemory) {
  TemporaryFile file("digital.aimc");
  writeDigitalModel(file.path());
  std::vector<uint8_t> bytes = readFile(file.path());
  void *aligned = nullptr;
  ASSERT_EQ(::posix_memalign(&aligned, 64, bytes.size() + 1), 0);
  std::memcpy(aligned, bytes.data(), bytes.size());
  EXPECT_TRUE(aimc::Model::openMemory(aligned, bytes.size()));
  EXPECT_EQ(aimc::Model::openMemory(static_cast<char *>(aligned) + 1, bytes.size()).code(), AIMC_INVALID_ARGUMENT);
  std::free(aligned);
}

TEST(Digital, HandlesAreReleasedInAnyOrder) {
  TemporaryFile file("digital.aimc");
  writeDigitalModel(file.path());
  Loaded loaded(file.path());
  loaded.model.reset();
  loaded.chip.reset();
  EXPECT_EQ(floats(loaded.run({1, 1}, {1, 2})->front()), (std::vector<float>{10, 14, 18}));
}

TEST(Digital, WrongInputsAreNamed) {
  TemporaryFile file("digital.aimc");
  writeDigitalModel(file.path());
  Loaded loaded(file.path());
  const float x[6] = {};
  const int64_t dims[] = {3, 3}, negative[] = {-1, 2}, huge[] = {int64_t(1) << 61, 2}, good[] = {1, 2};
  struct Case {
    aimc_array array;
    const char *message;
  };
  const Case cases[] = {
      {{x, AIMC_F64, 2, dims}, "input x: given as float64, the model takes float32"},
      {{x, AIMC_F32, 2, dims}, "input x: given as 3x3, the model takes ?x2"},
      {{x, AIMC_F32, 1, dims}, "input x: given as 3, the model takes ?x2"},
      {{x, AIMC_F32, 0, nullptr}, "input x: given as scalar, the model takes ?x2"},
      {{x, AIMC_F32, 2, negative}, "input x: given as ?x2, the model takes ?x2"},
      {{x, AIMC_F32, 2, nullptr}, "input x: given with rank 2 and no dims"},
      {{x, AIMC_F32, 2, huge}, "input x: 2305843009213693952x2 is more than 2^63 bytes"},
      {{nullptr, AIMC_F32, 2, good}, "input x: its data are null"},
  };
  aimc_session *session = (*loaded.session)->get();
  for (const Case &each : cases) {
    EXPECT_EQ(aimc_session_run(session, &each.array, 1, nullptr), AIMC_INVALID_ARGUMENT);
    EXPECT_STREQ(aimc_last_error(), each.message);
  }
  aimc_array unknown = {x, AIMC_F32, 2, good};
  const int32_t number = 99; // as a C caller may well write it
  std::memcpy(&unknown.type, &number, sizeof number);
  EXPECT_EQ(aimc_session_run(session, &unknown, 1, nullptr), AIMC_INVALID_ARGUMENT);
  EXPECT_STREQ(aimc_last_error(), "input x: type 99 is not one of aimc.h");
  EXPECT_EQ(aimc_session_run(session, nullptr, 0, nullptr), AIMC_INVALID_ARGUMENT);
  EXPECT_STREQ(aimc_last_error(), "0 inputs given, the model has 1");
  const char bytes[12] = {};
  aimc_array crooked = {bytes + 1 + reinterpret_cast<uintptr_t>(bytes) % 2, AIMC_F32, 2, good};
  EXPECT_EQ(aimc_session_run(session, &crooked, 1, nullptr), AIMC_INVALID_ARGUMENT);
  EXPECT_NE(std::string(aimc_last_error()).find("are not aligned to its elements of 4 bytes"), std::string::npos);
  aimc_array output;
  EXPECT_EQ(aimc_session_output(session, 0, &output), AIMC_INVALID_ARGUMENT);
  EXPECT_STREQ(aimc_last_error(), "output 0: the session has not run, or its last run failed");
  EXPECT_EQ(aimc_session_output(session, 1, &output), AIMC_INVALID_ARGUMENT);
  EXPECT_STREQ(aimc_last_error(), "output 1 of 1");
}

TEST(Digital, DimensionsOfOneNameAgree) {
  TemporaryFile file("two-inputs.aimc");
  writeAnalogModel(file.path(), [](aimc::fb::ModelT &model) {
    model.inputs.push_back(std::make_unique<aimc::fb::TensorT>(*model.inputs[0]));
    model.inputs[1]->name = "z";
  });
  Loaded loaded(file.path());
  const std::vector<float> values(6);
  auto y = (*loaded.session)->run({aimc::Array::of(values.data(), {1, 2}), aimc::Array::of(values.data(), {3, 2})});
  EXPECT_EQ(y.error(), "input x, 1x2, and input z, 3x2, differ in the dimension both call batch");
}

TEST(Digital, NullAddressesAreNamed) {
  TemporaryFile file("digital.aimc");
  writeDigitalModel(file.path());
  Loaded loaded(file.path());
  aimc_model *model = (*loaded.model)->get();
  aimc_chip *chip = (*loaded.chip)->get();
  aimc_session *session = (*loaded.session)->get();
  aimc_model *madeModel;
  aimc_chip *madeChip;
  aimc_session *madeSession;
  aimc_tensor_info info = {};
  info.struct_size = sizeof info;
  aimc_array array;
  auto expect = [](aimc_status status, const char *message) {
    EXPECT_EQ(status, AIMC_INVALID_ARGUMENT) << message;
    EXPECT_STREQ(aimc_last_error(), message);
  };
  expect(aimc_pool_create(1, nullptr), "the result's address is null");
  expect(aimc_model_open(nullptr, &madeModel), "the path is null");
  expect(aimc_model_open("x.aimc", nullptr), "the result's address is null");
  expect(aimc_model_open_memory(nullptr, 0, &madeModel), "the container's address is null");
  expect(aimc_model_open_memory("", 0, nullptr), "the result's address is null");
  expect(aimc_model_input(nullptr, 0, &info), "the model is null");
  expect(aimc_model_output(model, 0, nullptr), "aimc_tensor_info: the result's address is null");
  expect(aimc_model_output(model, 1, &info), "output 1 of 1");
  expect(aimc_chip_create(nullptr, nullptr, &madeChip), "the model is null");
  expect(aimc_chip_create(model, nullptr, nullptr), "the result's address is null");
  expect(aimc_chip_statistics(nullptr, nullptr), "the chip is null");
  expect(aimc_chip_statistics(chip, nullptr), "aimc_statistics: the result's address is null");
  expect(aimc_session_create(nullptr, &madeSession), "the chip is null");
  expect(aimc_session_create(chip, nullptr), "the result's address is null");
  expect(aimc_session_run(nullptr, nullptr, 0, nullptr), "the session is null");
  expect(aimc_session_output(nullptr, 0, &array), "the session is null");
  expect(aimc_session_output(session, 0, nullptr), "the result's address is null");
}

TEST(Digital, FieldsOfANewerCallerAreRefusedUnlessZero) {
  TemporaryFile file("digital.aimc");
  writeDigitalModel(file.path());
  auto model = aimc::Model::open(file.path());
  struct {
    aimc_chip_options options = traceOptions();
    uint64_t newer = 0;
  } longer;
  longer.options.struct_size = sizeof longer;
  EXPECT_TRUE(aimc::Chip::create(*model, longer.options));
  longer.newer = 1;
  EXPECT_EQ(aimc::Chip::create(*model, longer.options).error(),
            "aimc_chip_options: a field that this runtime does not know is set, at byte " +
                std::to_string(sizeof longer.options) + " of " + std::to_string(sizeof longer));
}

TEST(Digital, WrongOptionsAreNamed) {
  TemporaryFile file("digital.aimc");
  writeDigitalModel(file.path());
  auto model = aimc::Model::open(file.path());
  ASSERT_TRUE(model);
  auto message = [&](void (*change)(aimc_chip_options &)) {
    aimc_chip_options options = traceOptions();
    change(options);
    return aimc::Chip::create(*model, options).error();
  };
  EXPECT_EQ(message([](aimc_chip_options &o) { o.driver = "toaster"; }),
            "no driver toaster; there are simulator, trace, or give a shared library's path with a '/' in it");
  EXPECT_NE(message([](aimc_chip_options &o) { o.driver = "/nonexistent.so"; }).find("cannot load the driver"),
            std::string::npos);
  EXPECT_EQ(message([](aimc_chip_options &o) { o.fidelity = static_cast<aimc_fidelity>(3); }),
            "fidelity 3; there are exact (0), quantized (1) and noisy (2)");
  EXPECT_EQ(message([](aimc_chip_options &o) { o.time_seconds = -1; }), "time_seconds is -1; it must be finite and at least 0");
  EXPECT_EQ(message([](aimc_chip_options &o) { o.settings = "adc.bits=6"; }),
            "settings 'adc.bits=6': the model was compiled without a target");
  EXPECT_EQ(message([](aimc_chip_options &o) { o.struct_size = 0; }),
            "aimc_chip_options: struct_size is 0; set it to sizeof(aimc_chip_options)");
  EXPECT_EQ(message([](aimc_chip_options &o) { o.compensation = static_cast<aimc_compensation>(3); }),
            "compensation 3; there are tile (0), column (1) and none (2)");
  aimc_pool *pool;
  EXPECT_EQ(aimc_pool_create(-1, &pool), AIMC_INVALID_ARGUMENT);
  EXPECT_STREQ(aimc_last_error(), "-1 threads; a pool has 1 to 1024, or 0 for one per hardware thread");
  EXPECT_EQ(pool, nullptr);
}

TEST(Digital, WrongRunOptionsAreNamed) {
  TemporaryFile file("digital.aimc");
  writeDigitalModel(file.path());
  Loaded loaded(file.path());
  const float x[2] = {};
  auto message = [&](uint32_t idealAdc, uint32_t observe) {
    aimc_run_options options = aimc::runOptions();
    options.ideal_adc = idealAdc;
    options.observe = observe;
    return (*loaded.session)->run({aimc::Array::of(x, {1, 2})}, options).error();
  };
  EXPECT_EQ(message(1, 0), "ideal_adc needs fidelity quantized; the chip's is exact");
  EXPECT_EQ(message(0, 5), "observe is 0x5 and there is no observer");
}

TEST(Corrections, AreCheckedAgainstTheirLayers) {
  TemporaryFile file("corrected.aimc");
  writeAnalogModel(file.path());
  auto model = aimc::Model::open(file.path());
  ASSERT_TRUE(model) << model.error();
  const float numbers[3] = {1, 2, 3}, infinite[3] = {1, INFINITY, 3};
  auto message = [&](std::vector<aimc_correction> corrections, aimc_fidelity fidelity = AIMC_QUANTIZED) {
    aimc_chip_options options = aimc::chipOptions();
    options.fidelity = fidelity;
    options.corrections = corrections.data();
    options.correction_count = uint32_t(corrections.size());
    auto chip = aimc::Chip::create(*model, options);
    return chip ? std::string() : chip.error();
  };
  const aimc_correction sound = {0, 3, numbers, numbers};
  EXPECT_EQ(message({sound}), "");
  EXPECT_EQ(message({sound}, AIMC_EXACT), "corrections go with fidelity quantized and noisy, not with exact");
  EXPECT_EQ(message({{1, 3, numbers, numbers}}), "a correction of site 1; there are 1");
  EXPECT_EQ(message({sound, sound}), "two corrections of site 0");
  EXPECT_EQ(message({{0, 2, numbers, numbers}}), "a correction of site 0 with 2 columns; the layer has 1 groups of 3");
  EXPECT_EQ(message({{0, 3, numbers, infinite}}), "the correction of site 0 is not finite in column 1");
  aimc_chip_options options = aimc::chipOptions();
  options.correction_count = 1;
  EXPECT_EQ(aimc::Chip::create(*model, options).error(), "1 corrections, but their address is null");
}

TEST(Settings, AreCheckedAsATargetIs) {
  TemporaryFile file("settings.aimc");
  writeAnalogModel(file.path());
  auto model = aimc::Model::open(file.path());
  ASSERT_TRUE(model) << model.error();
  auto message = [&](const char *settings) {
    aimc_chip_options options = traceOptions();
    options.settings = settings;
    auto chip = aimc::Chip::create(*model, options);
    return chip ? std::string() : chip.error();
  };
  EXPECT_EQ(message(""), "");
  EXPECT_EQ(message("device.model=rram-milo, device.g_min = 50uS,device.g_max=0.2 mS,adc.bits=ideal,noise.input=1e-2"), "");
  EXPECT_EQ(message("noise.output"), "setting 'noise.output' has no value; write key=value");
  EXPECT_NE(message("tile.rows=4").find("nothing to set is called 'tile.rows'; there are device.model, device.g_min"),
            std::string::npos);
  EXPECT_EQ(message("device.per_weight=1.5"), "'device.per_weight' must be an integer, not '1.5'");
  EXPECT_EQ(message("noise.output=2e3 LSB"), "'noise.output' is 2000 LSB; it must be from 0 to 1000");
  EXPECT_EQ(message("noise.output=1"), "'noise.output' has no unit; it is measured in LSB");
  EXPECT_EQ(message("device.g_max=10 mV"), "'device.g_max' has the unit 'mV'; it is measured in uS, \u00b5S, nS, mS");
  EXPECT_EQ(message("adc.bits=none"), "'adc.bits' must be an integer or ideal, not 'none'");
  EXPECT_EQ(message("noise.programming=yes"), "'noise.programming' cannot be 'yes'; there are true, false");
  EXPECT_EQ(message("device.g_min=30uS"), "with the settings made, g_max is 25, not above g_min, 30");
}

TEST(Digital, ManySessionsAtOnce) {
  TemporaryFile file("digital.aimc");
  writeDigitalModel(file.path());
  auto pool = aimc::Pool::create(3);
  ASSERT_TRUE(pool) << pool.error();
  aimc_chip_options options = traceOptions();
  options.pool = pool->get();
  Loaded loaded(file.path(), options);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      auto session = aimc::Session::create(**loaded.chip);
      for (int i = 1; i <= 200; ++i) {
        std::vector<float> x(2 * i, static_cast<float>(t + 1));
        auto y = session->run({aimc::Array::of(x.data(), {i, 2})});
        if (!y || floats(y->front()).back() != 18.0f * (t + 1) || floats(y->front()).size() != 3u * i)
          ++wrong;
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST(HostCode, ForAnotherMachineIsUnsupported) {
  TemporaryFile file("other.aimc");
  writeAnalogModel(file.path(), [](aimc::fb::ModelT &model) { model.host_code[0]->triple = "riscv64-unknown-linux-gnu"; });
  auto model = aimc::Model::open(file.path());
  ASSERT_TRUE(model) << model.error();
  auto chip = aimc::Chip::create(*model, traceOptions());
  EXPECT_EQ(chip.code(), AIMC_UNSUPPORTED);
  EXPECT_EQ(chip.error(),
            "the model has no host code for this machine; the code for riscv64-unknown-linux-gnu (generic) is for "
            "another architecture; compile it with --host-triple and --host-cpu for this one");
#if defined(__x86_64__)
  writeAnalogModel(file.path(), [](aimc::fb::ModelT &model) { model.host_code[0]->features = {"sse2", "warp-drive"}; });
#else
  writeAnalogModel(file.path(), [](aimc::fb::ModelT &model) { model.host_code[0]->features = {"neon", "warp-drive"}; });
#endif
  auto lacking = aimc::Model::open(file.path());
  EXPECT_NE(aimc::Chip::create(*lacking, traceOptions()).error().find("that this machine lacks: warp-drive"),
            std::string::npos);
}

namespace {
/// One analog layer and host code that misbehaves as its input says.
struct Misbehave : testing::Test {
  TemporaryFile file{"misbehave.aimc"};
  void SetUp() override { writeMisbehavingModel(file.path()); }
  std::string message(Loaded &loaded, float what, aimc_status code) {
    auto y = loaded.run({what}, {1});
    EXPECT_FALSE(y);
    EXPECT_EQ(y.code(), code) << y.error();
    return y.error();
  }
};
} // namespace

TEST_F(Misbehave, FailuresReachTheCallerWithTheirMessages) {
  Loaded loaded(file.path());
  EXPECT_EQ(message(loaded, 1, AIMC_FAILED), "host code failed with status 77");
  EXPECT_EQ(message(loaded, 2, AIMC_UNSUPPORTED), "iteration 7");
  EXPECT_EQ(message(loaded, 3, AIMC_OUT_OF_MEMORY), "out of memory");
  EXPECT_EQ(message(loaded, 4, AIMC_FAILED), "dispatch 12345 of 1");
  EXPECT_EQ(message(loaded, 5, AIMC_FAILED), "contraction 12345 of 0");
  EXPECT_EQ(message(loaded, 6, AIMC_FAILED), "fc: x has rank 1 and type 0; the container says rank 2 and type 0");
  EXPECT_EQ(message(loaded, 7, AIMC_FAILED), "fc: an analog layer inside a parallel loop");
  EXPECT_EQ(message(loaded, 9, AIMC_FAILED), "fc: x has extent -1 in dimension 1");
  // And the session still works.
  EXPECT_EQ(floats(loaded.run({0}, {1})->front()), std::vector<float>{0});
}

TEST_F(Misbehave, NestedLoopsRunEveryIterationOnce) {
  for (int threads : {1, 2, 5}) {
    auto pool = aimc::Pool::create(threads);
    aimc_chip_options options = traceOptions();
    options.pool = pool->get();
    Loaded loaded(file.path(), options);
    for (int i = 0; i < 20; ++i)
      EXPECT_EQ(floats(loaded.run({8}, {1})->front()), std::vector<float>{10000}) << threads;
  }
}

TEST(Trace, WritesOneEventPerTileAndPolarity) {
  TemporaryFile file("traced.aimc"), events("events.jsonl");
  writeAnalogModel(file.path());
  aimc_chip_options options = traceOptions();
  options.driver_arg = events.path().c_str();
  {
    Loaded loaded(file.path(), options);
    auto y = loaded.run({1, 2, 3, 4}, {2, 2});
    ASSERT_TRUE(y) << y.error();
    EXPECT_EQ(floats(y->front()), std::vector<float>(6, 0.0f));
    EXPECT_EQ((*loaded.chip)->statistics()->mvms, 2u);
  }
  std::ifstream lines(events.path());
  std::vector<std::string> seen;
  for (std::string line; std::getline(lines, line);)
    seen.push_back(line);
  ASSERT_EQ(seen.size(), 8u); // two tiles of two polarities: programmed, then driven
  EXPECT_EQ(seen[1], "{\"event\":\"program\",\"crossbar\":\"fc\",\"node\":\"fc\",\"group\":0,\"row_tile\":0,\"column_tile\":0,"
                     "\"slice\":0,\"polarity\":1,\"chip\":0,\"array\":0,\"row\":0,\"column\":1,\"rows\":1,\"columns\":3,"
                     "\"column_stride\":2}");
  EXPECT_EQ(seen[6],
            "{\"event\":\"mvm\",\"site\":0,\"node\":\"fc\",\"invocation\":0,\"mvms\":2,\"input_slices\":1,\"group\":0,"
            "\"row_tile\":1,\"column_tile\":0,\"slice\":0,\"polarity\":0,\"chip\":0,\"array\":0,\"row\":1,\"column\":0,"
            "\"rows\":1,\"columns\":3,\"column_stride\":2}");
}

TEST(Trace, SaysWhatItCannotDo) {
  TemporaryFile file("traced.aimc");
  writeAnalogModel(file.path());
  aimc_chip_options options = traceOptions();
  options.driver_arg = "/dev/full";
  auto model = aimc::Model::open(file.path());
  auto chip = aimc::Chip::create(*model, options);
  EXPECT_EQ(chip.code(), AIMC_IO);
  EXPECT_EQ(chip.error(), "cannot write the trace: No space left on device");
  Loaded loaded(file.path());
  aimc_run_options observing = aimc::runOptions();
  observing.observe = AIMC_OBSERVE_Y;
  observing.observer = [](void *, const aimc_observation *) { return AIMC_OK; };
  const float x[2] = {};
  EXPECT_EQ((*loaded.session)->run({aimc::Array::of(x, {1, 2})}, observing).error(),
            "the trace driver computes nothing to observe; use the simulator");
}

TEST(Dispatch, ArraysThatDoNotFitTheLayerAreRefused) {
  auto message = [](void (*change)(aimc::fb::ModelT &)) {
    TemporaryFile file("misfit.aimc");
    writeAnalogModel(file.path(), change);
    Loaded loaded(file.path());
    return loaded.run({1, 2, 3, 4, 5, 6}, {3, 2}).error();
  };
  EXPECT_EQ(message([](aimc::fb::ModelT &m) { m.dispatches[0]->y->offsets[1] = 1; }), "fc: the results do not fit in y of 3x3");
  EXPECT_EQ(message([](aimc::fb::ModelT &m) { m.dispatches[0]->batch_inner = 2; }),
            "fc: 3 rows do not divide into samples of 2");
}

TEST(Driver, OfASharedLibrary) {
  TemporaryFile file("driven.aimc");
  writeAnalogModel(file.path());
  aimc_chip_options options = aimc::chipOptions();
  options.driver = AIMC_TEST_SAMPLE_DRIVER;
  auto model = aimc::Model::open(file.path());
  EXPECT_EQ(aimc::Chip::create(*model, options).error(), "the sample driver wants a digit");
  options.driver_arg = "7";
  Loaded loaded(file.path(), options);
  // Host code doubles what the layer gives; a new run counts invocations from zero.
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(floats(loaded.run({1, 2}, {1, 2})->front()), (std::vector<float>{14, 14, 14}));
  EXPECT_EQ((*loaded.chip)->statistics()->mvms, 2u);
}

/// What a shared library with a flaw of sampledriver.c gives: an error of the chip, or of its session.
static std::string driverError(const std::string &flaw) {
  TemporaryFile file("flawed.aimc");
  writeAnalogModel(file.path());
  auto model = aimc::Model::open(file.path());
  aimc_chip_options options = aimc::chipOptions();
  const std::string library = std::string(AIMC_TEST_FLAWED_DRIVERS) + flaw + ".so";
  options.driver = library.c_str();
  options.driver_arg = "7";
  auto chip = aimc::Chip::create(*model, options);
  const std::string error = chip ? aimc::Session::create(*chip).error() : chip.error();
  const size_t name = error.find(library);
  return name == std::string::npos ? error : error.substr(0, name) + "LIBRARY" + error.substr(name + library.size());
}

TEST(Driver, FlawsAreNamed) {
  EXPECT_EQ(driverError("silent"), "driver LIBRARY: cannot serve this runtime");
  EXPECT_EQ(driverError("older"), "driver LIBRARY has interface version 0 with " + std::to_string(sizeof(aimc_driver)) +
                                      " bytes; this runtime needs version " + std::to_string(AIMC_DRIVER_VERSION) + " with " +
                                      std::to_string(sizeof(aimc_driver)));
  EXPECT_EQ(driverError("incomplete"), "driver LIBRARY leaves a function of its table null");
  EXPECT_EQ(driverError("scratchless"), "the driver has no scratch for a session");
}

TEST(Driver, AnotherLibraryIsNone) {
  TemporaryFile file("driven.aimc");
  writeAnalogModel(file.path());
  std::string library = std::string(AIMC_TEST_HOSTCODE_DIR) + "/needed.so";
  aimc_chip_options options = aimc::chipOptions();
  options.driver = library.c_str();
  auto model = aimc::Model::open(file.path());
  EXPECT_EQ(aimc::Chip::create(*model, options).error(), library + " is not a driver: it does not export aimc_driver_query");
}

TEST(Simulator, RunsTheLayerExactly) {
  TemporaryFile file("simulated.aimc");
  writeAnalogModel(file.path());
  Loaded loaded(file.path(), aimc::chipOptions());
  // reference [[1, -1, .5], [.25, 2, -2]], bias [1, 2, 3], doubled by host code
  auto y = loaded.run({1, 2}, {1, 2});
  ASSERT_TRUE(y) << y.error();
  EXPECT_EQ(floats(y->front()), (std::vector<float>{5, 10, -1}));
}
