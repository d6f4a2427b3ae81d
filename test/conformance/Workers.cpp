//===- Workers.cpp ----------------------------------------------------------------------------------------------===//
#include "Workers.h"

#include "llvm/Support/ErrorHandling.h"

#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace aimc::conformance;
using Clock = std::chrono::steady_clock;

namespace {
struct Worker {
  size_t index;
  pid_t process;
  int pipe;
  Clock::time_point deadline;
  std::string answer; // 'P' or 'F', then the reason
};
} // namespace

static void writeAll(int file, llvm::StringRef text) {
  while (!text.empty()) {
    ssize_t written = write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return;
    text = text.drop_front(written);
  }
}

static Worker start(size_t index, double seconds, llvm::function_ref<Verdict(size_t)> task) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    llvm::report_fatal_error("no pipe for a worker");
  pid_t process = fork();
  if (process < 0)
    llvm::report_fatal_error("no process for a worker");
  if (process == 0) {
    close(ends[0]);
    int nothing = open("/dev/null", O_WRONLY);
    dup2(nothing, STDERR_FILENO); // crash reports are not the scoreboard's
    for (int number : {SIGSEGV, SIGABRT, SIGILL, SIGBUS, SIGFPE})
      signal(number, SIG_DFL);
    Verdict verdict = task(index);
    writeAll(ends[1], (verdict.passed ? "P" : "F") + verdict.reason);
    _exit(0);
  }
  close(ends[1]);
  auto patience = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  return {index, process, ends[0], Clock::now() + patience, ""};
}

/// Reads what there is; false at the end.
static bool receive(Worker &worker) {
  char buffer[4096];
  ssize_t got = read(worker.pipe, buffer, sizeof(buffer));
  if (got > 0)
    worker.answer.append(buffer, got);
  return got > 0 || (got < 0 && errno == EINTR);
}

static Verdict finish(Worker &worker, bool late) {
  if (late)
    kill(worker.process, SIGKILL);
  close(worker.pipe);
  int status = 0;
  while (waitpid(worker.process, &status, 0) < 0 && errno == EINTR)
    ;
  if (late)
    return {false, "took too long"};
  if (WIFSIGNALED(status))
    return {false, std::string("crashed: ") + strsignal(WTERMSIG(status))};
  if (worker.answer.empty())
    return {false, "ended without an answer, status " + std::to_string(WEXITSTATUS(status))};
  return {worker.answer[0] == 'P', worker.answer.substr(1)};
}

void aimc::conformance::runForked(size_t count, unsigned jobs, double seconds, llvm::function_ref<Verdict(size_t)> task,
                                  llvm::function_ref<void(size_t, const Verdict &)> finished) {
  std::vector<Worker> workers;
  size_t next = 0;
  while (next < count || !workers.empty()) {
    while (next < count && workers.size() < jobs)
      workers.push_back(start(next++, seconds, task));
    std::vector<pollfd> waits;
    for (const Worker &worker : workers)
      waits.push_back({worker.pipe, POLLIN, 0});
    poll(waits.data(), waits.size(), /*milliseconds=*/200);
    for (size_t i = workers.size(); i-- > 0;) {
      bool late = Clock::now() > workers[i].deadline;
      bool ended = waits[i].revents != 0 && !receive(workers[i]);
      if (!ended && !late)
        continue;
      Verdict verdict = finish(workers[i], late && !ended);
      finished(workers[i].index, verdict);
      workers.erase(workers.begin() + i);
    }
  }
}
