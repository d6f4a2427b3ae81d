#include "Ranks.h"

#include <chrono>
#include <cstring>
#include <mpi.h>
#include <thread>
#include <vector>

namespace aimc::tools {

namespace {
/// One message is one MPI message: its tag is the kind, its bytes are the run's number and the text. Only the main thread
/// calls.
class MpiRanks : public Ranks {
public:
  MpiRanks() {
    int provided;
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
    MPI_Comm_rank(MPI_COMM_WORLD, &own);
    MPI_Comm_size(MPI_COMM_WORLD, &all);
    MPI_Comm machine;
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine);
    MPI_Comm_size(machine, &local);
    MPI_Comm_free(&machine);
  }
  ~MpiRanks() override { MPI_Finalize(); }

  int rank() const override { return own; }
  int count() const override { return all; }
  int onThisMachine() const override { return local; }

  std::string share(const std::string &text) override {
    uint64_t size = text.size();
    broadcast(&size, sizeof size);
    std::string shared = own == 0 ? text : std::string(size, '\0');
    if (size > 0)
      broadcast(shared.data(), size);
    return shared;
  }

  void send(int to, MessageKind kind, uint64_t run, const std::string &text) override {
    std::vector<char> bytes(sizeof run + text.size());
    std::memcpy(bytes.data(), &run, sizeof run);
    std::memcpy(bytes.data() + sizeof run, text.data(), text.size());
    MPI_Send(bytes.data(), static_cast<int>(bytes.size()), MPI_BYTE, to, static_cast<int>(kind), MPI_COMM_WORLD);
  }

  std::optional<Message> receive() override {
    int there = 0;
    MPI_Status status;
    MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &there, &status);
    if (!there)
      return std::nullopt;
    int size = 0;
    MPI_Get_count(&status, MPI_BYTE, &size);
    std::vector<char> bytes(static_cast<size_t>(size));
    MPI_Recv(bytes.data(), size, MPI_BYTE, status.MPI_SOURCE, status.MPI_TAG, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    Message message{static_cast<MessageKind>(status.MPI_TAG), status.MPI_SOURCE};
    std::memcpy(&message.run, bytes.data(), sizeof message.run);
    message.text.assign(bytes.begin() + sizeof message.run, bytes.end());
    return message;
  }

private:
  /// MPI's own waiting keeps a core busy, which rank 0 needs for compiling.
  void broadcast(void *data, uint64_t size) {
    MPI_Request request;
    MPI_Ibcast(data, static_cast<int>(size), MPI_BYTE, 0, MPI_COMM_WORLD, &request);
    for (int done = 0; MPI_Test(&request, &done, MPI_STATUS_IGNORE), !done;)
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }

  int own = 0, all = 1, local = 1;
};
} // namespace

std::unique_ptr<Ranks> joinMpi() { return std::make_unique<MpiRanks>(); }

} // namespace aimc::tools
