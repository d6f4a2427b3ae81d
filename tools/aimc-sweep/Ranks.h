// The processes that share a sweep: one, or those that mpirun started.
#ifndef AIMC_TOOLS_SWEEP_RANKS_H
#define AIMC_TOOLS_SWEEP_RANKS_H

#include "Result.h"

#include <cstdint>
#include <memory>

namespace aimc::tools {

enum class MessageKind {
  Request,  // a rank wants a run
  Work,     // its answer: the run of this number
  Stop,     // its answer: there is no more
  Finished, // an outcome
  Failed,   // a run failed: the reason
  Unfit,    // the rank cannot run anything: the reason
  Bye       // the rank's last message
};

struct Message {
  MessageKind kind = MessageKind::Request;
  int rank = 0; // who sent it
  uint64_t run = 0;
  std::string text = {};
};

class Ranks {
public:
  virtual ~Ranks() = default;
  virtual int rank() const = 0;
  virtual int count() const = 0;
  /// How many of them are on this machine.
  virtual int onThisMachine() const = 0;
  /// Rank 0's text, on every rank.
  virtual std::string share(const std::string &text) = 0;
  virtual void send(int to, MessageKind kind, uint64_t run, const std::string &text) = 0;
  /// The next message, nothing when there is none yet.
  virtual std::optional<Message> receive() = 0;

  /// The ranks that mpirun started, or one alone. The error: mpirun started several of a build that has no MPI.
  static Result<std::unique_ptr<Ranks>> join();
};

/// How many processes a launcher of MPI programs started, going by its environment; 0: none did.
int launchedProcesses();

/// Only in builds with MPI.
std::unique_ptr<Ranks> joinMpi();

} // namespace aimc::tools

#endif // AIMC_TOOLS_SWEEP_RANKS_H
