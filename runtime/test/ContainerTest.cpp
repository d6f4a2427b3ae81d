#include "container/Container.h"
#include "TestModel.h"
#include "container/Checksum.h"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <gtest/gtest.h>
#include <random>
#include <sys/stat.h>

using namespace aimc;
using namespace aimc::test;

TEST(Checksum, KnownAnswersOfXxh64) {
  EXPECT_EQ(xxh64("", 0), 0xEF46DB3751D8E999u);
  EXPECT_EQ(xxh64("a", 1), 0xD24EC4F1A98C6E5Bu);
  EXPECT_EQ(xxh64("abc", 3), 0x44BC2CF5AD770999u);
  EXPECT_EQ(xxh64("Call me Ishmael. Some years ago--never mind how long precisely-", 63), 0x02A2E85470D6FD96u);
}

TEST(Container, ReadsWhatTheWriterWrote) {
  TemporaryFile file("round-trip.aimc");
  writeAnalogModel(file.path());
  auto container = Container::open(file.path());
  ASSERT_TRUE(container.ok()) << container.status().message();
  const fb::Crossbar &crossbar = *(*container)->model().crossbars()->Get(0);
  const int8_t *levels = static_cast<const int8_t *>((*container)->blob(crossbar.levels()));
  EXPECT_EQ(std::vector<int8_t>(levels, levels + 6), (std::vector<int8_t>{127, -127, 1, 2, 3, 4}));
  EXPECT_EQ((*container)->blob((*container)->model().dispatches()->Get(0)->affine_scale()), nullptr);
}

TEST(Container, SectionsLargerThanAChecksumBlock) {
  TemporaryFile file("large.aimc");
  std::vector<uint8_t> bytes(checksumBlock * 2 + 77);
  for (size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<uint8_t>(i * 31 + (i >> 12));
  auto writer = Writer::create(file.path());
  ASSERT_TRUE(writer.ok());
  ASSERT_TRUE((*writer)->beginSection(SectionKind::Constants).ok());
  for (size_t at = 0; at < bytes.size(); at += 1000003)
    ASSERT_TRUE((*writer)->append(bytes.data() + at, std::min<size_t>(1000003, bytes.size() - at)).ok());
  ASSERT_TRUE((*writer)->endSection().ok());
  fb::ModelT model;
  model.producer = "test";
  model.constants_section = 0;
  finish(**writer, model);
  auto container = Container::open(file.path());
  ASSERT_TRUE(container.ok()) << container.status().message();
  const Section &section = (*container)->sections()[0];
  EXPECT_EQ(section.offset % sectionAlignment, 0u);
  ASSERT_EQ(section.size, bytes.size());
  EXPECT_EQ(std::memcmp(section.data, bytes.data(), bytes.size()), 0);
}

TEST(Container, AnUnfinishedFileNeverAppears) {
  TemporaryFile file("unfinished.aimc");
  {
    auto writer = Writer::create(file.path());
    ASSERT_TRUE(writer.ok());
    addSection(**writer, SectionKind::Constants, {1, 2, 3});
  }
  struct stat info;
  EXPECT_NE(::stat(file.path().c_str(), &info), 0);
}

TEST(Container, AFinishedFileThatCannotTakeItsNameSaysSo) {
  TemporaryFile file("taken.aimc");
  auto writer = Writer::create(file.path());
  ASSERT_TRUE(writer.ok());
  addSection(**writer, SectionKind::Constants, {1, 2, 3});
  ASSERT_EQ(::mkdir(file.path().c_str(), 0700), 0);
  EXPECT_EQ((*writer)->finish().message(), file.path() + ": cannot rename the finished file to it: Is a directory");
  ::rmdir(file.path().c_str());
}

TEST(Container, FilesThatAreNone) {
  EXPECT_EQ(Container::open("/nonexistent.aimc").status().code(), AIMC_IO);
  EXPECT_EQ(Container::open("/").status().code(), AIMC_IO);
  TemporaryFile file("text.aimc");
  writeFile(file.path(), std::vector<uint8_t>(100, 'x'));
  EXPECT_EQ(Container::open(file.path()).status().message(),
            file.path() + ": not an .aimc container: it does not begin with AIMC; aimc-compile makes one of a model");
  writeFile(file.path(), {});
  EXPECT_EQ(Container::open(file.path()).status().code(), AIMC_INVALID_MODEL);
}

namespace {
/// A sound container in memory, to be damaged.
class Damage : public testing::Test {
protected:
  void SetUp() override {
    TemporaryFile file("damage.aimc");
    writeAnalogModel(file.path());
    sound = readFile(file.path());
    std::memcpy(&header, sound.data(), sizeof header);
    table.resize(header.sectionCount);
    std::memcpy(table.data(), sound.data() + header.tableOffset, table.size() * sizeof(SectionEntry));
  }

  /// Opens a copy on the heap that ends where the bytes end, so that AddressSanitizer sees any step beyond.
  static Status open(const std::vector<uint8_t> &bytes) {
    void *copy = nullptr;
    EXPECT_EQ(::posix_memalign(&copy, 64, bytes.size()), 0);
    std::copy(bytes.begin(), bytes.end(), static_cast<uint8_t *>(copy));
    Status status = std::move(Container::openMemory(copy, bytes.size())).status();
    std::free(copy);
    return status;
  }

  /// The bytes with another header and table, checksums made right.
  std::vector<uint8_t> with(ContainerHeader header, const std::vector<SectionEntry> &table) const {
    std::vector<uint8_t> bytes = sound;
    std::memcpy(bytes.data() + this->header.tableOffset, table.data(), table.size() * sizeof(SectionEntry));
    header.tableChecksum = xxh64(table.data(), table.size() * sizeof(SectionEntry));
    header.headerChecksum = xxh64(&header, offsetof(ContainerHeader, headerChecksum));
    std::memcpy(bytes.data(), &header, sizeof header);
    return bytes;
  }

  /// The bytes with another metadata section of the same size or smaller, checksums made right.
  std::vector<uint8_t> withMetadata(const std::vector<uint8_t> &metadata) const {
    std::vector<SectionEntry> changed = table;
    SectionEntry &entry = changed.back();
    EXPECT_EQ(entry.kind, uint32_t(SectionKind::Metadata));
    EXPECT_LE(metadata.size(), entry.size);
    entry.size = metadata.size();
    // A section has as many blocks as it needs: none when it is empty.
    entry.checksum = combineBlocks(std::vector<uint64_t>(!metadata.empty(), xxh64(metadata.data(), metadata.size())));
    std::vector<uint8_t> bytes = with(header, changed);
    std::copy(metadata.begin(), metadata.end(), bytes.begin() + entry.offset);
    return bytes;
  }

  std::vector<uint8_t> metadata() const {
    const SectionEntry &entry = table.back();
    return {sound.begin() + entry.offset, sound.begin() + entry.offset + entry.size};
  }

  std::vector<uint8_t> sound;
  ContainerHeader header;
  std::vector<SectionEntry> table;
};
} // namespace

TEST_F(Damage, TheSoundContainerOpens) { EXPECT_TRUE(open(sound).ok()) << open(sound).message(); }

TEST_F(Damage, TruncationAtEveryBorder) {
  std::vector<uint64_t> borders = {0, 1, sizeof(ContainerHeader), header.tableOffset, sound.size()};
  for (const SectionEntry &entry : table) {
    borders.push_back(entry.offset);
    borders.push_back(entry.offset + entry.size);
  }
  for (uint64_t border : borders)
    for (int64_t delta : {-1, 0, 1}) {
      uint64_t size = border + delta;
      if (size >= sound.size()) // also wraps below zero
        continue;
      Status status = open({sound.begin(), sound.begin() + size});
      EXPECT_EQ(status.code(), AIMC_INVALID_MODEL) << size;
      const char *expected =
          size < sizeof header ? "bytes are too few for an .aimc container, whose header has 64" : "truncated or appended to";
      EXPECT_NE(status.message().find(expected), std::string::npos) << size << ": " << status.message();
    }
  std::vector<uint8_t> longer = sound;
  longer.push_back(0);
  EXPECT_EQ(open(longer).code(), AIMC_INVALID_MODEL);
}

TEST_F(Damage, EveryBitOfHeaderAndTable) {
  for (uint64_t begin : {uint64_t(0), header.tableOffset})
    for (uint64_t i = 0; i < (begin ? table.size() * sizeof(SectionEntry) : sizeof(ContainerHeader)); ++i)
      for (int bit = 0; bit < 8; ++bit) {
        std::vector<uint8_t> bytes = sound;
        bytes[begin + i] ^= 1 << bit;
        EXPECT_FALSE(open(bytes).ok()) << "byte " << begin + i << " bit " << bit;
      }
  std::vector<uint8_t> bytes = sound;
  bytes[offsetof(ContainerHeader, fileSize)] ^= 1;
  EXPECT_EQ(open(bytes).message(), "the header is damaged: its checksum does not match");
  bytes = sound;
  bytes[header.tableOffset] ^= 1;
  EXPECT_EQ(open(bytes).message(), "the section table is damaged: its checksum does not match");
}

TEST_F(Damage, OneByteOfEverySection) {
  for (const SectionEntry &entry : table)
    for (uint64_t at : {uint64_t(0), entry.size / 2, entry.size - 1}) {
      std::vector<uint8_t> bytes = sound;
      bytes[entry.offset + at] ^= 0x40;
      Status status = open(bytes);
      EXPECT_EQ(status.code(), AIMC_INVALID_MODEL);
      EXPECT_NE(status.message().find("its checksum does not match"), std::string::npos) << status.message();
    }
}

/// Fields that a checksum vouches for and that are wrong all the same.
TEST_F(Damage, HeaderFieldsWithRightChecksums) {
  struct Case {
    const char *what;
    void (*change)(ContainerHeader &);
    const char *message;
  };
  const Case cases[] = {
      {"major", [](ContainerHeader &h) { h.major = 2; }, "format version 2.0"},
      {"header size", [](ContainerHeader &h) { h.headerSize = 63; }, "header size 63"},
      {"header size", [](ContainerHeader &h) { h.headerSize = ~0u; }, "header size 4294967295"},
      {"file size", [](ContainerHeader &h) { h.fileSize -= 1; }, "its header says"},
      {"section count", [](ContainerHeader &h) { h.sectionCount += 1; }, "the section table"},
      {"section count", [](ContainerHeader &h) { h.sectionCount = ~0u; }, "the section table"},
      {"no section", [](ContainerHeader &h) { h.sectionCount = 0; }, "the section table is damaged"},
      {"table offset", [](ContainerHeader &h) { h.tableOffset = ~uint64_t(0) - 8; }, "the section table"},
      {"table offset", [](ContainerHeader &h) { h.tableOffset = 8; }, "the section table"},
      {"entry size", [](ContainerHeader &h) { h.entrySize = 39; }, "section table entries of 39 bytes"},
      {"entry size", [](ContainerHeader &h) { h.entrySize = 0; }, "section table entries of 0 bytes"},
      {"entry size", [](ContainerHeader &h) { h.entrySize = 1 << 31; }, "section table entries of"},
  };
  for (const Case &each : cases) {
    ContainerHeader changed = header;
    each.change(changed);
    Status status = open(with(changed, table));
    EXPECT_FALSE(status.ok()) << each.what;
    EXPECT_NE(status.message().find(each.message), std::string::npos) << each.what << ": " << status.message();
  }
}

TEST_F(Damage, TableFieldsWithRightChecksums) {
  struct Case {
    void (*change)(std::vector<SectionEntry> &);
    const char *message;
  };
  const Case cases[] = {
      {[](std::vector<SectionEntry> &t) { t[0].offset += 1; }, "not at a multiple of 4096"},
      {[](std::vector<SectionEntry> &t) { t[0].offset = uint64_t(0) - 4096; }, "does not lie between"},
      {[](std::vector<SectionEntry> &t) { t[0].offset = 0; }, "does not lie between"},
      {[](std::vector<SectionEntry> &t) { t[0].size = ~uint64_t(0); }, "does not lie between"},
      {[](std::vector<SectionEntry> &t) { t[0].size = t[1].offset - t[0].offset + 1; }, "overlap at byte"},
      {[](std::vector<SectionEntry> &t) { t[1].offset = t[0].offset; }, "overlap at byte"},
      {[](std::vector<SectionEntry> &t) { t.back().size += 4096; }, "does not lie between"},
      {[](std::vector<SectionEntry> &t) { t[0].checksum ^= 1; }, "its checksum does not match"},
      {[](std::vector<SectionEntry> &t) { t[0].kind = 77; },
       "is of kind 77, which this runtime does not know and the model needs"},
      {[](std::vector<SectionEntry> &t) { t.back().kind = uint32_t(SectionKind::Constants); }, "no metadata section"},
      {[](std::vector<SectionEntry> &t) { t[0].kind = uint32_t(SectionKind::Metadata); }, "two metadata sections"},
  };
  for (const Case &each : cases) {
    std::vector<SectionEntry> changed = table;
    each.change(changed);
    Status status = open(with(header, changed));
    EXPECT_FALSE(status.ok()) << each.message;
    EXPECT_NE(status.message().find(each.message), std::string::npos) << status.message();
  }
}

TEST_F(Damage, ANewerMinorVersionAndItsOptionalSectionsAreRead) {
  TemporaryFile file("optional.aimc");
  auto writer = Writer::create(file.path());
  ASSERT_TRUE(writer.ok());
  addSection(**writer, static_cast<SectionKind>(99), {1, 2, 3}, sectionOptional);
  fb::ModelT model;
  model.producer = "test";
  finish(**writer, model);
  std::vector<uint8_t> bytes = readFile(file.path());
  ContainerHeader newer;
  std::memcpy(&newer, bytes.data(), sizeof newer);
  newer.minor = 7;
  newer.headerChecksum = xxh64(&newer, offsetof(ContainerHeader, headerChecksum));
  std::memcpy(bytes.data(), &newer, sizeof newer);
  EXPECT_TRUE(open(bytes).ok()) << open(bytes).message();
}

/// Metadata that arrived undamaged from a hostile writer: each is refused or harmless, under the sanitizers.
TEST_F(Damage, MetadataBytesWithRightChecksums) {
  std::mt19937 random(1);
  const std::vector<uint8_t> original = metadata();
  int refused = 0;
  for (int round = 0; round < 4000; ++round) {
    std::vector<uint8_t> changed = original;
    for (int flips = round % 3; flips >= 0; --flips) {
      uint8_t &byte = changed[random() % changed.size()];
      const uint8_t values[] = {0, 1, 0x7f, 0x80, 0xff, static_cast<uint8_t>(random())};
      byte = values[random() % 6];
    }
    refused += !open(withMetadata(changed)).ok();
  }
  EXPECT_GT(refused, 1000);
}

/// What the checks let through is safe to program: the driver relies on them.
TEST_F(Damage, ChangedMetadataThatOpensIsProgrammed) {
  std::mt19937 random(2);
  const std::vector<uint8_t> original = metadata();
  int programmed = 0;
  for (int round = 0; round < 1500; ++round) {
    std::vector<uint8_t> changed = original;
    changed[random() % changed.size()] = round % 2 ? static_cast<uint8_t>(random()) : static_cast<uint8_t>(1 << random() % 8);
    std::vector<uint8_t> bytes = withMetadata(changed);
    void *copy = nullptr;
    ASSERT_EQ(::posix_memalign(&copy, 64, bytes.size()), 0);
    std::copy(bytes.begin(), bytes.end(), static_cast<uint8_t *>(copy));
    aimc_model *model = nullptr;
    aimc_chip *chip = nullptr;
    aimc_chip_options options = {};
    options.struct_size = sizeof options;
    options.fidelity = static_cast<aimc_fidelity>(round % 3);
    if (aimc_model_open_memory(copy, bytes.size(), &model) == AIMC_OK)
      programmed += aimc_chip_create(model, &options, &chip) == AIMC_OK;
    aimc_chip_release(chip);
    aimc_model_release(model);
    std::free(copy);
  }
  EXPECT_GT(programmed, 100);
}

TEST_F(Damage, MetadataCutShortWithRightChecksums) {
  const std::vector<uint8_t> original = metadata();
  for (size_t size = 0; size < original.size(); size += size < 64 ? 1 : 17)
    EXPECT_EQ(open(withMetadata({original.begin(), original.begin() + size})).message(),
              size < 8 ? "a metadata section of " + std::to_string(size) + " bytes"
                       : "the metadata section is not a sound flatbuffer of this format");
}

/// FlatBuffers' verifier lets a vector of int64 stand at any multiple of 4.
TEST_F(Damage, MetadataOfNumbersOutOfLine) {
  std::vector<uint8_t> changed = metadata();
  const fb::Tensor *x = fb::GetModel(changed.data())->inputs()->Get(0);
  auto *field = reinterpret_cast<const flatbuffers::Table *>(x)->GetAddressOf(fb::Tensor::VT_DIMS);
  uint32_t &offset = *reinterpret_cast<uint32_t *>(changed.data() + (field - changed.data()));
  int64_t *dims =
      reinterpret_cast<int64_t *>(changed.data() + (reinterpret_cast<const uint8_t *>(x->dims()->Data()) - changed.data()));
  dims[0] = 1; // its low half becomes the vector's length
  offset += 4;
  EXPECT_EQ(open(withMetadata(changed)).message(), "input 0 (x): its dimensions are not aligned to 8 bytes");
}

namespace {
struct Hostile {
  const char *name;
  void (*change)(fb::ModelT &);
  const char *message; // a part of what the error says
};
class HostileMetadata : public testing::TestWithParam<Hostile> {};
} // namespace

TEST_P(HostileMetadata, IsRefused) {
  TemporaryFile file(std::string("hostile-") + GetParam().name + ".aimc");
  writeAnalogModel(file.path(), GetParam().change);
  Status status = std::move(Container::open(file.path())).status();
  EXPECT_EQ(status.code(), AIMC_INVALID_MODEL);
  EXPECT_NE(status.message().find(GetParam().message), std::string::npos) << status.message();
}

static fb::CrossbarT &crossbar(fb::ModelT &model) { return *model.crossbars[0]; }
static fb::DispatchT &dispatch(fb::ModelT &model) { return *model.dispatches[0]; }

// Layout `cell`: both polarities of a tile in its unit cells.
TEST(Container, PartsOfATileMayShareUnitCells) {
  TemporaryFile file("unit-cells.aimc");
  writeAnalogModel(file.path(), [](fb::ModelT &model) {
    for (fb::Placement &placement : crossbar(model).placements)
      placement.mutate_column(0);
  });
  EXPECT_TRUE(Container::open(file.path()).ok());
}

/// A table of contractions with one c[m] = Σ_k a[m, k] b[k].
static fb::ContractionT &contraction(fb::ModelT &model) {
  auto table = std::make_unique<fb::ContractionT>();
  table->node = "dot";
  table->m_dims = table->k_dims = 1;
  table->a = std::make_unique<fb::AffineIndexT>();
  table->a->offsets = {0, 0};
  table->a->coefficients = {1, 0, 0, 1};
  table->b = std::make_unique<fb::AffineIndexT>();
  table->b->offsets = {0};
  table->b->coefficients = {0, 1};
  table->c = std::make_unique<fb::AffineIndexT>();
  table->c->offsets = {0};
  table->c->coefficients = {1, 0};
  model.contractions.push_back(std::move(table));
  return *model.contractions.back();
}

/// A name, a part of the message, and what happens to the metadata `m`.
#define HOSTILE(name, message, ...)                                                                                            \
  Hostile {                                                                                                                    \
    name, [](fb::ModelT &m) { __VA_ARGS__; }, message                                                                          \
  }

static const Hostile hostile[] = {
    HOSTILE("input_name", "input 0 (): name is empty", m.inputs[0]->name = ""),
    HOSTILE("input_zero_byte", "name holds a zero byte", m.inputs[0]->name = std::string("a\0b", 3)),
    HOSTILE("input_type", "input 0 (x): type is 13, outside 0..12", m.inputs[0]->type = 13),
    HOSTILE("input_rank", "rank is 17, outside 0..16", m.inputs[0]->dims.assign(17, 1)),
    HOSTILE("input_dim", "dimension 1 is -2", m.inputs[0]->dims[1] = -2),
    HOSTILE("input_size", "more than 2^63", m.inputs[0]->dims = (std::vector<int64_t>{int64_t(1) << 40, int64_t(1) << 40})),
    HOSTILE("dim_names", "1 dimension names for rank 2", m.inputs[0]->dim_names.pop_back()),
    HOSTILE("batch_dim", "output 0 (y): batch_dim is 2, outside -1..1", m.outputs[0]->batch_dim = 2),
    HOSTILE("target", "the model has no target", m.target = nullptr),
    HOSTILE("array_rows", "target: array_rows is 0", m.target->array_rows = 0),
    HOSTILE("device", "device is 13, outside 0..12", m.target->device = static_cast<fb::DeviceModel>(13)),
    HOSTILE("magnitude", "magnitude is 0.5, but device Pcm has statistics of its own", m.target->device = fb::DeviceModel::Pcm,
            m.target->g_max = 25, m.target->magnitude = 0.5f),
    HOSTILE("stuck", "stuck_at_g_min and stuck_at_g_max add up to 1.5", m.target->stuck_at_g_min = 1,
            m.target->stuck_at_g_max = 0.5f),
    HOSTILE("read_magnitude", "read_magnitude is 0.5, but read_noise is None", m.target->read_magnitude = 0.5f),
    HOSTILE("input_noise", "input_noise is nan, outside 0..1", m.target->input_noise = NAN),
    HOSTILE("ir_drop", "ir_drop is Exact, but wire_resistance is 0", m.target->ir_drop = fb::IrDrop::Exact),
    HOSTILE("target_adc", "adc_bits is 1; an ADC has at least 2 bits", m.target->adc_bits = 1),
    HOSTILE("g_max", "g_max is 0, not above g_min, 0", m.target->g_max = 0),
    HOSTILE("g_min", "g_min is nan", m.target->g_min = NAN),
    HOSTILE("devices", "devices_per_weight is 0", m.target->devices_per_weight = 0),
    HOSTILE("output_noise", "output_noise is inf", m.target->output_noise = INFINITY),
    HOSTILE("symbol", "symbol is empty", crossbar(m).symbol = ""),
    HOSTILE("groups", "crossbar 0 (fc): groups is 0", crossbar(m).groups = 0),
    HOSTILE("rows", "rows is 0", crossbar(m).rows = 0),
    HOSTILE("tile_rows", "tile_rows is 0", crossbar(m).tile_rows = 0),
    HOSTILE("row_tiles", "row_tiles is 3, outside 2..2", crossbar(m).row_tiles = 3),
    HOSTILE("column_tiles", "column_tiles is 0, outside 1..1", crossbar(m).column_tiles = 0),
    HOSTILE("encoding", "encoding is 2", crossbar(m).encoding = static_cast<fb::Encoding>(2)),
    HOSTILE("scale", "scale is 3", crossbar(m).scale = static_cast<fb::ScaleGranularity>(3)),
    HOSTILE("weight_bits", "weight_bits is 1, outside 2..16", crossbar(m).weight_bits = 1),
    HOSTILE("weight_bits_huge", "weight_bits is 4294967295", crossbar(m).weight_bits = ~0u),
    HOSTILE("cell_bits", "cell_bits is 0", crossbar(m).cell_bits = 0),
    HOSTILE("cell_bits_many", "cell_bits is 15, outside 1..14", crossbar(m).cell_bits = 15),
    HOSTILE("slices", "slices is 2, outside 1..1", crossbar(m).slices = 2),
    HOSTILE("unit_column", "a unit column needs the offset encoding", crossbar(m).unit_column = true),
    HOSTILE("tile_base", "at most 2^24 can be told apart", crossbar(m).tile_base = ~0u),
    HOSTILE("levels_missing", "levels are missing", crossbar(m).levels = nullptr),
    HOSTILE("levels_size", "1x2x4 elements of 4 bytes need 32", crossbar(m).columns = 4),
    HOSTILE("many_groups", "have 24 bytes; 8388608x2x3 elements of 4 bytes need 201326592", crossbar(m).groups = 1 << 23),
    HOSTILE("levels_section", "levels lie in section 99 of 5", crossbar(m).levels->mutate_section(99)),
    HOSTILE("levels_kind", "of kind 6, which holds no arrays", crossbar(m).levels->mutate_section(0)),
    HOSTILE("levels_offset", "do not fit in section 1", crossbar(m).levels->mutate_offset(1 << 20)),
    HOSTILE("levels_wrap", "do not fit in section 1", crossbar(m).levels->mutate_offset(uint64_t(0) - 64)),
    HOSTILE("levels_alignment", "not at a multiple of 64", crossbar(m).levels->mutate_offset(1)),
    HOSTILE("levels_value", "a level lies outside -63..63", (crossbar(m).weight_bits = 7, crossbar(m).cell_bits = 7)),
    HOSTILE("weight_scale", "weight scales hold -1 at index 1", *crossbar(m).weight_scale = *crossbar(m).reference),
    HOSTILE("reference", "reference weights have 20 bytes", crossbar(m).reference->mutate_size(20)),
    HOSTILE("placement_tile", "placement: row_tile is 2, outside 0..1", crossbar(m).placements[0].mutate_row_tile(2)),
    HOSTILE("placement_array", "placement: array is 2, outside 0..1", crossbar(m).placements[0].mutate_array(2)),
    HOSTILE("placement_row", "placement: last row is 4294967295", crossbar(m).placements[0].mutate_row(~0u)),
    HOSTILE("placement_column", "placement: last column is 10, outside 0..7", crossbar(m).placements[0].mutate_column(6)),
    HOSTILE("placement_polarity", "placement: polarity is 2", crossbar(m).placements[0].mutate_polarity(2)),
    HOSTILE("placement_rows", "placement: rows is 2, outside 1..1", crossbar(m).placements[0].mutate_rows(2)),
    HOSTILE("placement_columns", "placement: columns is 2, outside 3..3", crossbar(m).placements[0].mutate_columns(2)),
    HOSTILE("placement_twice", "group 0, row tile 0, column tile 0, slice 0, polarity 0 is placed twice",
            crossbar(m).placements.push_back(crossbar(m).placements[0])),
    HOSTILE("placement_overlap", "chip 0, array 0: row 0, column 1 belongs to crossbar fc and to crossbar fc",
            crossbar(m).placements[0].mutate_column_stride(1)),
    HOSTILE("placement_overlap_rows", "chip 0, array 0: row 1, column 0 belongs to crossbar fc and to crossbar fc",
            crossbar(m).placements[0].mutate_row(1)),
    HOSTILE("two_symbols", "two crossbars have the symbol fc", m.crossbars.push_back(std::make_unique<fb::CrossbarT>());
            fb::CrossbarT &second = *m.crossbars[1], &first = *m.crossbars[0]; second.symbol = second.node = "fc";
            second.rows = first.rows, second.columns = first.columns;
            second.tile_rows = first.tile_rows, second.tile_columns = first.tile_columns;
            second.row_tiles = first.row_tiles, second.column_tiles = first.column_tiles;
            second.weight_bits = 8, second.cell_bits = 7, second.slices = 1;
            second.levels = std::make_unique<fb::Blob>(*first.levels);
            second.weight_scale = std::make_unique<fb::Blob>(*first.weight_scale)),
    HOSTILE("kind", "dispatch 0 (fc): kind is 4", dispatch(m).kind = static_cast<fb::Kind>(4)),
    HOSTILE("crossbar_index", "crossbar is 1, outside 0..0", dispatch(m).crossbar = 1),
    HOSTILE("row_dims", "row_dims is 4294967295", dispatch(m).row_dims = ~0u),
    HOSTILE("k_sizes", "the k sizes multiply to 3, its crossbar has 2 rows", dispatch(m).k_sizes = {3}),
    HOSTILE("k_zero", "a k size is 0", dispatch(m).k_sizes = {0}),
    HOSTILE("k_none", "k dims is 0", dispatch(m).k_sizes.clear()),
    HOSTILE("k_overflow", "multiply to more than 2^31", dispatch(m).k_sizes.assign(3, 0x7fffffff)),
    HOSTILE("x_coefficients", "x: 5 coefficients for 2 axes and 3 dims", dispatch(m).x->coefficients.pop_back()),
    HOSTILE("x_huge", "is beyond what an array can have", dispatch(m).x->offsets[0] = INT64_MIN),
    HOSTILE("y_row_dim", "no axis of y has the extent of row dim 0", dispatch(m).y->coefficients[0] = 2),
    HOSTILE("scale_dims", "names dims beyond the 1 row dims", dispatch(m).scale_dims = 2),
    HOSTILE("batch_dim_dispatch", "batch_dim is 1, outside -1..0", dispatch(m).batch_dim = 1),
    HOSTILE("batch_outer", "batch_outer is 0", dispatch(m).batch_outer = 0),
    HOSTILE("batch_inner", "batch_inner is -1", dispatch(m).batch_inner = -1),
    HOSTILE("input_bits", "input_bits is 1, outside 2..16", dispatch(m).input_bits = 1),
    HOSTILE("input_slice_bits", "input_slice_bits is 0", dispatch(m).input_slice_bits = 0),
    HOSTILE("input_slices", "input_slices is 0, outside 1..1", dispatch(m).input_slices = 0),
    HOSTILE("alpha", "alpha is nan", dispatch(m).alpha = NAN),
    HOSTILE("alpha_negative", "alpha is -1", dispatch(m).alpha = -1),
    HOSTILE("tile_alpha", "tile_alpha is nan", dispatch(m).tile_alpha.assign(m.crossbars[0]->row_tiles, NAN)),
    HOSTILE("tile_alpha_count", "scales in tile_alpha is 99, outside 2..2", dispatch(m).tile_alpha.assign(99, 1.0f)),
    HOSTILE("tile_alpha_dynamic", "tile_alpha has 1 scales, but dynamic ones are measured",
            (dispatch(m).dynamic = true, dispatch(m).tile_alpha = {1.0f})),
    HOSTILE("adc_bits", "adc_bits is 23, outside 2..22", dispatch(m).adc_bits = 23),
    HOSTILE("adc_unsigned", "unsigned ADC codes need", dispatch(m).adc_unsigned = true),
    HOSTILE("adc_range", "ADC ranges are missing", dispatch(m).adc_range = nullptr),
    HOSTILE("adc_ideal", "ADC ranges for an ideal ADC", dispatch(m).adc_bits = 0),
    HOSTILE("adc_value", "ADC ranges hold -1 at index 1", *dispatch(m).adc_range = *crossbar(m).reference),
    HOSTILE("bias", "biases have 8 bytes; 1x3 elements of 4 bytes need 12", dispatch(m).bias->mutate_size(8)),
    HOSTILE("dim_name", "a dimension name holds a zero byte", m.inputs[0]->dim_names[0] = std::string("N\0", 2)),
    HOSTILE("crossbar_devices", "1 slices and 1 devices per weight have more than 2^34 devices",
            crossbar(m).rows = crossbar(m).columns = crossbar(m).tile_rows = crossbar(m).tile_columns = 1 << 20;
            crossbar(m).row_tiles = 1),
    HOSTILE("dispatch_tiles", "tiles from number 4294967295; at most 2^24", dispatch(m).tile_base = ~0u),
    HOSTILE("column_sums", "may exceed 2^31",
            (dispatch(m).input_bits = 16, dispatch(m).input_slice_bits = 16, dispatch(m).k_sizes = {3},
             crossbar(m).rows = crossbar(m).tile_rows = 3, crossbar(m).row_tiles = 1, crossbar(m).weight_bits = 16,
             crossbar(m).cell_bits = 14, crossbar(m).slices = 2, crossbar(m).levels->mutate_size(18),
             crossbar(m).weight_scale->mutate_size(12), crossbar(m).reference = nullptr, crossbar(m).placements.clear(),
             dispatch(m).adc_bits = 0, dispatch(m).adc_range = nullptr)),
    HOSTILE("contraction_dims", "a number of dims is 25", contraction(m).n_dims = 25),
    HOSTILE("contraction_sum", "the number of dims is 26", (contraction(m).n_dims = 24)),
    HOSTILE("contraction_c", "no axis of c has the extent of dim 0", contraction(m).c->coefficients[0] = 2),
    HOSTILE("contraction_b", "no axis of b has the extent of dim 1", contraction(m).b->coefficients[1] = 2),
    HOSTILE("contraction_type", "type 4; contractions have f32 (0) or f64 (1)", contraction(m).type = AIMC_I8),
    HOSTILE("contraction_role", "b depends on dim 0, an m dim", fb::ContractionT &table = contraction(m);
            table.b->offsets.push_back(0); table.b->coefficients = {0, 1, 1, 0}),
    HOSTILE("contraction_role_a", "a depends on dim 1, an n dim", fb::ContractionT &table = contraction(m); table.n_dims = 1;
            table.a->coefficients = {1, 0, 0, 0, 1, 1}; table.b->offsets = {0, 0}; table.b->coefficients = {0, 1, 0, 0, 0, 1};
            table.c->offsets = {0, 0}; table.c->coefficients = {1, 0, 0, 0, 1, 0}),
    HOSTILE("contraction_role_c", "c depends on dim 1, a k dim", fb::ContractionT &table = contraction(m);
            table.c->offsets.push_back(0); table.c->coefficients = {1, 0, 0, 1}),
    HOSTILE("host_section", "section 77 is not one of host code", m.host_code[0]->section = 77),
    HOSTILE("host_kind", "section 1 is not one of host code", m.host_code[0]->section = 1),
    HOSTILE("triple", "triple is empty", m.host_code[0]->triple = ""),
    HOSTILE("feature", "a feature is empty", m.host_code[0]->features.push_back("")),
    HOSTILE("digital_node", "a digital node holds a zero byte", m.digital_nodes.push_back(std::string("a\0b", 3))),
    HOSTILE("constants", "constants_section is 99", m.constants_section = 99),
    HOSTILE("constants_kind", "section 0 is not one of constants", m.constants_section = 0),
};

INSTANTIATE_TEST_SUITE_P(Each, HostileMetadata, testing::ValuesIn(hostile),
                         [](const testing::TestParamInfo<Hostile> &info) { return std::string(info.param.name); });
