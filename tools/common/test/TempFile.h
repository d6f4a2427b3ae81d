// A file that goes away with the test.
#ifndef AIMC_TOOLS_COMMON_TEST_TEMPFILE_H
#define AIMC_TOOLS_COMMON_TEST_TEMPFILE_H

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <unistd.h>

class TempFile {
public:
  explicit TempFile(const std::string &bytes = "") {
    static int count = 0;
    path = "/tmp/aimc-tools-test-" + std::to_string(getpid()) + "-" + std::to_string(count++) + ".npy";
    std::ofstream(path, std::ios::binary) << bytes;
  }
  ~TempFile() { std::remove(path.c_str()); }

  std::string bytes() const {
    std::stringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
  }

  std::string path;
};

/// A .npy file of version 1 with this dictionary and these data.
inline std::string npyBytes(const std::string &dictionary, const std::string &data) {
  std::string magic("\x93NUMPY\x01\x00", 8);
  magic += static_cast<char>(dictionary.size() & 255);
  magic += static_cast<char>(dictionary.size() >> 8);
  return magic + dictionary + data;
}

#endif // AIMC_TOOLS_COMMON_TEST_TEMPFILE_H
