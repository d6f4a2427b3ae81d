//===- Passes.td - passes that read target descriptions ---------------------------------------------------------===//
#ifndef AIMC_TARGET_PASSES
#define AIMC_TARGET_PASSES

include "mlir/Pass/PassBase.td"

def AnalogSetTargetPass : Pass<"analog-set-target", "mlir::ModuleOp"> {
  let summary = "Fills in the module's target from a description";
  let description = [{
    Reads a target description (`docs/targets.md`) and sets the module attribute `analog.target`, replacing one that is there.
    Errors of the description are reported with its file, line and column.

    ```mlir
    // analog-set-target{target=generic-pcm chips=2}
    module attributes {analog.target = #analog.target<name = "generic-pcm", chips = 2, …>} {}
    ```
  }];
  let options = [
    Option<"target", "target", "std::string", /*default=*/"\"generic-pcm\"", "name of a description, or the path of a .yaml file">,
    Option<"chips", "chips", "int64_t", /*default=*/"1", "how many chips there are">];
  let dependentDialects = ["aimc::analog::AnalogDialect"];
}

#endif // AIMC_TARGET_PASSES
