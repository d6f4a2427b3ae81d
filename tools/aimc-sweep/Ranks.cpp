#include "Ranks.h"

#include <cstdlib>

namespace aimc::tools {

namespace {
class Alone : public Ranks {
public:
  int rank() const override { return 0; }
  int count() const override { return 1; }
  int onThisMachine() const override { return 1; }
  std::string share(const std::string &text) override { return text; }
  void send(int, MessageKind, uint64_t, const std::string &) override {}
  std::optional<Message> receive() override { return std::nullopt; }
};
} // namespace

int launchedProcesses() {
  // Open MPI, then the launchers of MPICH and Slurm.
  for (const char *name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_SIZE"})
    if (const char *value = std::getenv(name))
      return std::atoi(value);
  return 0;
}

Result<std::unique_ptr<Ranks>> Ranks::join() {
  [[maybe_unused]] int launched = launchedProcesses();
#ifdef AIMC_SWEEP_MPI
  if (launched > 0)
    return joinMpi();
#else
  if (launched > 1)
    return Failure{"mpirun started " + std::to_string(launched) +
                   " processes, but this build has no MPI and each would do all the "
                   "work; install libopenmpi-dev and build again, or leave mpirun out"};
#endif
  return std::unique_ptr<Ranks>(new Alone);
}

} // namespace aimc::tools
