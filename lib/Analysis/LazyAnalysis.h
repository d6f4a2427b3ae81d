//===- LazyAnalysis.h - facts about values, found backwards on demand -------------------------------------------===//
#ifndef AIMC_ANALYSIS_LAZYANALYSIS_H
#define AIMC_ANALYSIS_LAZYANALYSIS_H

#include "mlir/IR/OpDefinition.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"

#include <optional>

namespace aimc {

/// Values that depend on themselves: on entry args[i] is inits[i], then yields[i] of the iteration before.
struct Cycle {
  mlir::Operation *op;
  llvm::SmallVector<mlir::Value> args, inits, yields;
};

/// Computes a State per value from the states of what it depends on; cycles by a fixpoint that starts at the initial
/// values (optimistic, so that an invariant of the loop is found). Derived provides
///   State transfer(Value)                       the state of a value that is no cycle's argument, by calling get()
///   std::optional<Cycle> cycleOf(Operation *)   the cycle that `op` makes, if any
///   static State join(State, State)             least upper bound
///   static State widen(State before, State after, unsigned round)   an upper bound of both; must become stable
///   bool isWorthwhile(Operation *)              whether to compute the results of `op` ahead of its users
template <typename Derived, typename State> class LazyAnalysis {
public:
  State get(mlir::Value value) {
    if (std::optional<State> known = lookup(value))
      return *known;
    if (depth == 0)
      prepare(value);
    ++depth;
    State state = compute(value);
    --depth;
    return state;
  }

private:
  /// What precedes `value` in its function, in program order: networks are deeper than the stack.
  void prepare(mlir::Value value) {
    mlir::Operation *op = value.getDefiningOp();
    if (!op)
      op = value.getParentBlock()->getParentOp();
    while (op && op->getParentOp() && !op->getParentOp()->template hasTrait<mlir::OpTrait::IsIsolatedFromAbove>())
      op = op->getParentOp();
    if (!op || !op->getBlock())
      return;
    ++depth;
    for (mlir::Operation &before : *op->getBlock()) {
      if (&before == op)
        break;
      if (before.getNumResults() && !lookup(before.getResult(0)) && derived().isWorthwhile(&before))
        for (mlir::Value result : before.getResults())
          get(result);
    }
    --depth;
  }

  State compute(mlir::Value value) {
    if (auto argument = llvm::dyn_cast<mlir::BlockArgument>(value))
      if (mlir::Operation *parent = argument.getOwner()->getParentOp())
        if (std::optional<Cycle> cycle = derived().cycleOf(parent); cycle && llvm::is_contained(cycle->args, value)) {
          solve(*cycle);
          return *lookup(value);
        }
    State state = derived().transfer(value);
    store(value, state);
    return state;
  }

  Derived &derived() { return static_cast<Derived &>(*this); }

  /// Facts that hold under an assumption on the arguments of `op`.
  struct Scope {
    mlir::Operation *op;
    llvm::DenseMap<mlir::Value, State> states = llvm::DenseMap<mlir::Value, State>();
  };

  std::optional<State> lookup(mlir::Value value) {
    for (Scope &scope : llvm::reverse(scopes))
      if (auto it = scope.states.find(value); it != scope.states.end())
        return it->second;
    auto it = proven.find(value);
    return it == proven.end() ? std::nullopt : std::optional<State>(it->second);
  }

  void store(mlir::Value value, State state) {
    mlir::Operation *parent = value.getParentBlock()->getParentOp();
    for (Scope &scope : llvm::reverse(scopes))
      if (parent && scope.op->isAncestor(parent)) {
        scope.states[value] = state;
        return;
      }
    proven[value] = state;
  }

  void solve(const Cycle &cycle) {
    llvm::SmallVector<State> states;
    for (mlir::Value init : cycle.inits)
      states.push_back(get(init));
    for (unsigned round = 0;; ++round) {
      Scope scope{cycle.op};
      for (auto [arg, state] : llvm::zip_equal(cycle.args, states))
        scope.states[arg] = state;
      scopes.push_back(std::move(scope));
      llvm::SmallVector<State> next;
      for (auto [yield, state] : llvm::zip_equal(cycle.yields, states))
        next.push_back(Derived::join(state, get(yield)));
      scope = scopes.pop_back_val();
      if (next == states) {
        for (auto &[value, state] : scope.states)
          store(value, state);
        return;
      }
      for (auto [state, after] : llvm::zip_equal(states, next))
        state = Derived::widen(state, after, round);
    }
  }

  unsigned depth = 0; // of recursion
  llvm::SmallVector<Scope> scopes;
  llvm::DenseMap<mlir::Value, State> proven;
};

} // namespace aimc

#endif // AIMC_ANALYSIS_LAZYANALYSIS_H
