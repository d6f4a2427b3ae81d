// Which run goes where: to this process's engine, or to another rank's.
#ifndef AIMC_TOOLS_SWEEP_SCHEDULE_H
#define AIMC_TOOLS_SWEEP_SCHEDULE_H

#include "Engine.h"
#include "Ranks.h"

#include <functional>

namespace aimc::tools {

/// On rank 0: hands out `pending`, indices of runs, to its own engine and to the ranks that ask, as they become free.
/// `finished` hears of each outcome, or of why there is none, in the order in which they come in; its failure, or a rank's,
/// ends the sweep when what is under way is through. `engine` may be null: every other rank then still gets its answers, and
/// nothing is run.
Status lead(Ranks &ranks, Engine *engine, const std::vector<size_t> &pending,
            const std::function<Status(size_t run, Outcome outcome)> &finished);

/// On the other ranks: asks rank 0 for runs until there are none. `failure`: why this rank cannot run anything, which it
/// tells rank 0.
void follow(Ranks &ranks, Engine *engine, const Status &failure);

} // namespace aimc::tools

#endif // AIMC_TOOLS_SWEEP_SCHEDULE_H
