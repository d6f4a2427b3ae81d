#include "Schedule.h"

#include <chrono>

namespace aimc::tools {

/// How long an engine is waited for before the messages of other ranks are looked at again.
static constexpr int patienceMilliseconds = 5;

static Outcome failedOutcome(const std::string &reason) {
  Outcome outcome;
  outcome.failure = reason;
  return outcome;
}

namespace {
/// What rank 0 knows while it leads.
class Leader {
public:
  Leader(Ranks &ranks, Engine *engine, const std::vector<size_t> &pending,
         const std::function<Status(size_t, Outcome)> &finished)
      : ranks(ranks), engine(engine), pending(pending), finished(finished), others(ranks.count() - 1) {}

  Status lead() {
    if (!engine)
      next = pending.size();
    for (;;) {
      while (engine && next < pending.size() && engine->wants() > 0)
        engine->start(pending[next++]);
      while (std::optional<Message> message = ranks.receive())
        take(*message);
      bool idle = !engine || engine->busy() == 0;
      if (idle && next == pending.size() && others == 0)
        return failure;
      wait();
    }
  }

private:
  void wait() {
    if (!engine) {
      std::this_thread::sleep_for(std::chrono::milliseconds(patienceMilliseconds));
      return;
    }
    // Alone, nobody else has anything to say.
    if (std::optional<FinishedRun> run = engine->wait(ranks.count() > 1 ? patienceMilliseconds : 1000)) {
      keep(run->index, run->outcome ? std::move(*run->outcome) : failedOutcome(run->outcome.error()));
    }
  }

  void take(const Message &message) {
    switch (message.kind) {
    case MessageKind::Request:
      if (next < pending.size())
        ranks.send(message.rank, MessageKind::Work, pending[next++], "");
      else
        ranks.send(message.rank, MessageKind::Stop, 0, "");
      return;
    case MessageKind::Finished:
      if (auto outcome = Outcome::fromJson(Json::parse(message.text, nullptr, /*allow_exceptions=*/false)))
        keep(message.run, std::move(*outcome));
      else
        fail(Failure{"rank " + std::to_string(message.rank) + " is of another build: its outcome cannot be read"});
      return;
    case MessageKind::Failed:
      keep(message.run, failedOutcome(message.text));
      return;
    case MessageKind::Unfit:
      fail(Failure{message.text});
      return;
    case MessageKind::Bye:
      --others;
      return;
    case MessageKind::Work:
    case MessageKind::Stop:
      return;
    }
  }

  void keep(size_t run, Outcome outcome) {
    if (Status status = finished(run, std::move(outcome)); !status)
      fail(status.failure());
  }

  /// The first failure is the one to tell; nothing new begins.
  void fail(const Failure &reason) {
    if (failure)
      failure = reason;
    next = pending.size();
  }

  Ranks &ranks;
  Engine *engine;
  const std::vector<size_t> &pending;
  const std::function<Status(size_t, Outcome)> &finished;
  size_t next = 0;
  int others; // ranks that have not said goodbye
  Status failure;
};
} // namespace

Status lead(Ranks &ranks, Engine *engine, const std::vector<size_t> &pending,
            const std::function<Status(size_t run, Outcome outcome)> &finished) {
  return Leader(ranks, engine, pending, finished).lead();
}

void follow(Ranks &ranks, Engine *engine, const Status &failure) {
  if (!failure)
    ranks.send(0, MessageKind::Unfit, 0, failure.error());
  bool stopped = !engine;
  int asked = 0; // requests without an answer
  while (!stopped || asked > 0 || (engine && engine->busy() > 0)) {
    while (!stopped && engine->wants() > asked) {
      ranks.send(0, MessageKind::Request, 0, "");
      ++asked;
    }
    while (std::optional<Message> message = ranks.receive()) {
      --asked;
      if (message->kind == MessageKind::Work)
        engine->start(message->run);
      else
        stopped = true;
    }
    if (std::optional<FinishedRun> run = engine->wait(patienceMilliseconds)) {
      if (run->outcome)
        ranks.send(0, MessageKind::Finished, run->index, run->outcome->toJson().dump());
      else
        ranks.send(0, MessageKind::Failed, run->index, run->outcome.error());
    }
  }
  ranks.send(0, MessageKind::Bye, 0, "");
}

} // namespace aimc::tools
