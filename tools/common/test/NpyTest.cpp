#include "Npy.h"
#include "TempFile.h"

#include <cstring>
#include <gtest/gtest.h>

using namespace aimc::tools;

static std::string dictionary(const std::string &descr, const std::string &order, const std::string &shape) {
  return "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }\n";
}

TEST(Npy, ReadsWhatNumpyWrites) {
  // np.save(f, np.array([[1, 2, 3], [4, 5, 6]], 'i2')) byte for byte.
  std::string header = dictionary("<i2", "False", "(2, 3)");
  header.insert(header.size() - 1, std::string(118 - header.size(), ' '));
  TempFile temp(npyBytes(header, std::string("\1\0\2\0\3\0\4\0\5\0\6\0", 12)));
  Result<NpyFile> file = NpyFile::open(temp.path);
  ASSERT_TRUE(file) << file.error();
  EXPECT_EQ(file->type(), AIMC_I16);
  EXPECT_EQ(file->shape(), (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(file->strides(), (std::vector<int64_t>{3, 1}));
  EXPECT_TRUE(file->isRowMajor());
  for (int i = 0; i < 6; ++i)
    EXPECT_EQ(elementAsDouble(file->data(), file->type(), i), i + 1);
}

TEST(Npy, ReadsColumnMajorWithItsStrides) {
  TempFile temp(npyBytes(dictionary("|u1", "True", "(2, 3)"), "\1\4\2\5\3\6"));
  Result<NpyFile> file = NpyFile::open(temp.path);
  ASSERT_TRUE(file) << file.error();
  EXPECT_FALSE(file->isRowMajor());
  EXPECT_EQ(file->strides(), (std::vector<int64_t>{1, 2}));
}

TEST(Npy, ReadsVersionsTwoAndThree) {
  std::string text = dictionary("|u1", "False", "(2,)");
  for (char version : {2, 3}) {
    std::string magic("\x93NUMPY", 6);
    magic += version;
    magic += '\0';
    magic += static_cast<char>(text.size());
    TempFile temp(magic + std::string(3, '\0') + text + "\7\x08");
    Result<NpyFile> file = NpyFile::open(temp.path);
    ASSERT_TRUE(file) << file.error();
    EXPECT_EQ(elementAsDouble(file->data(), file->type(), 1), 8);
  }
}

TEST(Npy, EveryTypeComesBack) {
  for (int type = AIMC_F32; type <= AIMC_BOOL; ++type) {
    TempFile temp;
    std::string data(6 * sizeOf(static_cast<aimc_type>(type)), '\1');
    ASSERT_TRUE(writeNpy(temp.path, static_cast<aimc_type>(type), {3, 2}, data.data()));
    Result<NpyFile> file = NpyFile::open(temp.path);
    ASSERT_TRUE(file) << file.error();
    EXPECT_EQ(file->type(), type);
    EXPECT_EQ(file->shape(), (std::vector<int64_t>{3, 2}));
    EXPECT_EQ(std::memcmp(file->data(), data.data(), data.size()), 0);
    EXPECT_EQ((temp.bytes().size() - data.size()) % 64, 0u) << "data begin at a multiple of 64";
  }
}

TEST(Npy, ScalarsAndVectorsHaveTheirTuples) {
  float value = 2;
  TempFile temp;
  ASSERT_TRUE(writeNpy(temp.path, AIMC_F32, {}, &value));
  EXPECT_NE(temp.bytes().find("'shape': ()"), std::string::npos);
  ASSERT_TRUE(writeNpy(temp.path, AIMC_F32, {1}, &value));
  EXPECT_NE(temp.bytes().find("'shape': (1,)"), std::string::npos);
}

TEST(Npy, WriterCountsItsRows) {
  TempFile temp;
  Result<NpyWriter> writer = NpyWriter::create(temp.path, AIMC_I32, {2});
  ASSERT_TRUE(writer) << writer.error();
  int32_t rows[] = {1, 2, 3, 4, 5, 6};
  ASSERT_TRUE(writer->append(rows, 1));
  ASSERT_TRUE(writer->append(rows + 2, 2));
  ASSERT_TRUE(writer->close());
  Result<NpyFile> file = NpyFile::open(temp.path);
  ASSERT_TRUE(file) << file.error();
  EXPECT_EQ(file->shape(), (std::vector<int64_t>{3, 2}));
  EXPECT_EQ(elementAsDouble(file->data(), AIMC_I32, 5), 6);
}

TEST(Npy, BadFilesAreNamedWithTheReason) {
  auto good = dictionary("<f4", "False", "(2,)");
  struct {
    std::string bytes, reason;
  } rows[] = {
      {"", "not a .npy file: 0 bytes are less than its shortest header"},
      {"PK\3\4 and so on, a zip file", "not a .npy file: it does not begin with \\x93NUMPY"},
      {std::string("\x93NUMPY\x04\0\x02\0{}", 12), ".npy version 4.0 is none of 1, 2 and 3"},
      {npyBytes(good, "").substr(0, 30), "cut off within its header"},
      {npyBytes(good, "1234567"), "cut off: shape [2] of float32 takes 8 bytes, the file has 7"},
      {npyBytes("[1, 2]", ""), "its header is not a dictionary"},
      {npyBytes("{'descr': '<f4'}", ""), "its header lacks 'descr', 'fortran_order' or 'shape'"},
      {npyBytes("{'descr': [('a', '<f4')]}", ""), "it holds records, not one plain element type; save one field of it alone"},
      {npyBytes("{'typ': '<f4'}", ""), "its header has the unknown key 'typ'"},
      {npyBytes(dictionary("<f4", "Maybe", "(2,)"), ""), "'fortran_order' in its header is neither True nor False"},
      {npyBytes(dictionary("<f4", "False", "(-2,)"), ""), "'shape' in its header is not a tuple of sizes"},
      {npyBytes(dictionary("<f4", "False", "(99999999999999999999,)"), ""), "'shape' in its header is not a tuple of sizes"},
      {npyBytes(dictionary("<f4", "False", "(4611686018427387904, 4)"), ""),
       "its shape [4611686018427387904, 4] has more elements than fit memory"},
      {npyBytes(dictionary(">f4", "False", "(2,)"), ""),
       "its elements are big endian ('>f4'); save it again with .astype('<f4')"},
      {npyBytes(dictionary("|O", "False", "(2,)"), ""),
       "its element type '|O' is none of float16/32/64, int8 to int64, uint8 to uint64, bool"},
  };
  for (const auto &row : rows) {
    TempFile temp(row.bytes);
    Result<NpyFile> file = NpyFile::open(temp.path);
    ASSERT_FALSE(file) << row.reason;
    EXPECT_EQ(file.error(), temp.path + ": " + row.reason);
  }
  EXPECT_EQ(NpyFile::open("/nowhere/x.npy").error(), "/nowhere/x.npy: cannot open: No such file or directory");
  EXPECT_EQ(NpyFile::open("/tmp").error(), "/tmp: not a regular file");
}

TEST(Npy, EveryTruncationIsAnError) {
  std::string bytes = npyBytes(dictionary("<f4", "False", "(2, 3)"), std::string(24, '\0'));
  for (size_t size = 0; size < bytes.size(); ++size) {
    TempFile temp(bytes.substr(0, size));
    EXPECT_FALSE(NpyFile::open(temp.path)) << size;
  }
}
