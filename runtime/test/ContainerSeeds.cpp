// aimc-container-seeds DIR: writes sound containers for the fuzzer to start from.
#include "TestModel.h"

int main(int, char **argv) {
  const std::string folder = argv[1];
  aimc::test::writeDigitalModel(folder + "/digital.aimc");
  aimc::test::writeAnalogModel(folder + "/analog.aimc");
}
