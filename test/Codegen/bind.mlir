// RUN: aimc-opt %s --host-bind --split-input-file | FileCheck %s

// A failing call returns its status, after what the function allocated has been released.
// CHECK-LABEL: llvm.func @aimc_entry(
// CHECK-SAME: %[[ENV:.*]]: !llvm.ptr, %[[IN:.*]]: !llvm.ptr, %[[OUT:.*]]: !llvm.ptr) -> i32
// CHECK: %[[LIST:.*]] = llvm.alloca
// CHECK: %[[P:.*]] = llvm.call @aimc_host_allocate(%[[ENV]], %[[LIST]], %{{.*}})
// CHECK: llvm.icmp "eq" %[[P]]
// CHECK: llvm.cond_br %{{.*}}, ^bb1, ^[[FAILED:.*]](%{{.*}} : i32)
// CHECK: ^bb1
// CHECK: %[[SLOT:.*]] = llvm.getelementptr %[[ENV]][24]
// CHECK: %[[DISPATCH:.*]] = llvm.load %[[SLOT]]
// CHECK: %[[STATUS:.*]] = llvm.call %[[DISPATCH]](%[[ENV]], %{{.*}}, %[[IN]], %[[OUT]])
// CHECK: llvm.cond_br %{{.*}}, ^bb2, ^[[FAILED]](%[[STATUS]] : i32)
// CHECK: ^bb2
// CHECK: llvm.call @aimc_host_release(%[[ENV]], %[[P]])
// CHECK: llvm.getelementptr %[[IN]][40]
// CHECK: llvm.getelementptr %[[OUT]][80]
// CHECK: llvm.return
// CHECK: ^[[FAILED]](%[[WHY:.*]]: i32):
// CHECK: llvm.call @aimc_host_release_all(%[[ENV]], %[[LIST]])
// CHECK: llvm.return %[[WHY]]
llvm.func @aimc_entry(%env: !llvm.ptr, %in: !llvm.ptr, %out: !llvm.ptr) -> i32 {
  %bytes = llvm.mlir.constant(256 : i64) : i64
  %site = llvm.mlir.constant(3 : i32) : i32
  %ok = llvm.mlir.constant(0 : i32) : i32
  %p = host.allocate %bytes
  host.call dispatch(%site, %in, %out) : i32, !llvm.ptr, !llvm.ptr
  host.release %p
  %a = host.buffer 1
  %b = host.buffer out 2
  llvm.store %a, %b : !llvm.ptr, !llvm.ptr
  llvm.return %ok : i32
}

// -----

// CHECK-LABEL: llvm.func @aimc_entry(
// CHECK: %[[SLOT:.*]] = llvm.getelementptr %{{.*}}[72]
// CHECK: %[[FINISH:.*]] = llvm.load %[[SLOT]]
// CHECK: %[[STATUS:.*]] = llvm.call %[[FINISH]](
// CHECK: llvm.cond_br %{{.*}}, ^bb1, ^{{.*}}(%[[STATUS]] : i32)
llvm.func @aimc_entry(%env: !llvm.ptr, %in: !llvm.ptr, %out: !llvm.ptr) -> i32 {
  %site = llvm.mlir.constant(3 : i32) : i32
  %ok = llvm.mlir.constant(0 : i32) : i32
  host.call dispatch_finish(%site, %in, %out, %in, %ok) : i32, !llvm.ptr, !llvm.ptr, !llvm.ptr, i32
  llvm.return %ok : i32
}

// -----

// A short loop runs here, a long one through the environment; both as a function over a share. Captured values travel in a
// struct, constants do not; the closing branch says that iterations are independent.
// CHECK: #[[GROUP:.*]] = #llvm.access_group
// CHECK: #[[INDEPENDENT:.*]] = #llvm.loop_annotation<parallelAccesses = #[[GROUP]]>
// CHECK-LABEL: llvm.func @aimc_entry(
// CHECK: %[[SHORT:.*]] = llvm.icmp "sle"
// CHECK: llvm.cond_br %[[SHORT]], ^bb1, ^bb2
// CHECK: llvm.call @aimc_entry_loop_0(
// CHECK: llvm.mlir.addressof @aimc_entry_loop_0
// CHECK-LABEL: llvm.func internal unnamed_addr @aimc_entry_loop_0(
// CHECK-SAME: %{{.*}}: !llvm.ptr, %[[CONTEXT:.*]]: !llvm.ptr, %[[BEGIN:.*]]: i64, %[[END:.*]]: i64) -> i32
// CHECK: %[[DATA:.*]] = llvm.load
// CHECK: llvm.br ^bb1(%[[BEGIN]] : i64)
// CHECK: ^bb1(%[[I:.*]]: i64):
// CHECK: llvm.icmp "slt" %[[I]], %[[END]]
// CHECK: %[[AT:.*]] = llvm.getelementptr %[[DATA]][%[[I]]]
// CHECK: llvm.store %{{.*}}, %[[AT]] {access_groups = [#[[GROUP]]]
// CHECK: llvm.br ^bb1(%{{.*}} : i64) {loop_annotation = #[[INDEPENDENT]]}
llvm.func @aimc_entry(%env: !llvm.ptr, %in: !llvm.ptr, %out: !llvm.ptr) -> i32 {
  %count = llvm.mlir.constant(1000 : i64) : i64
  %grain = llvm.mlir.constant(100 : i64) : i64
  %one = llvm.mlir.constant(1.0 : f32) : f32
  %ok = llvm.mlir.constant(0 : i32) : i32
  %data = llvm.load %in : !llvm.ptr -> !llvm.ptr
  host.parallel %i to %count grain %grain : i64 {
    %at = llvm.getelementptr %data[%i] : (!llvm.ptr, i64) -> !llvm.ptr, f32
    llvm.store %one, %at : f32, !llvm.ptr
    host.yield
  }
  llvm.return %ok : i32
}

// -----

// CHECK-LABEL: llvm.func @aimc_entry(
// CHECK: llvm.cond_br %{{.*}}, ^bb2, ^bb1
// CHECK: ^bb1
// CHECK: %[[TEXT:.*]] = llvm.mlir.addressof @message
// CHECK: %[[STATUS:.*]] = llvm.call %{{.*}}(%{{.*}}, %{{.*}}, %[[TEXT]])
// CHECK: llvm.br ^bb3(%[[STATUS]] : i32)
// CHECK: llvm.mlir.global private constant @message("the batch is odd\00")
llvm.func @aimc_entry(%env: !llvm.ptr, %in: !llvm.ptr, %out: !llvm.ptr) -> i32 {
  %good = llvm.load %in : !llvm.ptr -> i1
  %ok = llvm.mlir.constant(0 : i32) : i32
  cf.assert %good, "the batch is odd"
  llvm.return %ok : i32
}

// -----

// CHECK-LABEL: llvm.func @aimc_entry(
// CHECK: llvm.cond_br %{{.*}}, ^bb2, ^bb1
// CHECK: ^bb1
// CHECK: %[[TEXT:.*]] = llvm.mlir.addressof @message
// CHECK: %[[VALUES:.*]] = llvm.alloca %{{.*}} x i64
// CHECK-COUNT-2: llvm.store
// CHECK: %[[STATUS:.*]] = llvm.call %{{.*}}(%{{.*}}, %[[TEXT]], %[[VALUES]], %{{.*}}) : !llvm.ptr, (!llvm.ptr, !llvm.ptr, !llvm.ptr, i32) -> i32
// CHECK: llvm.br ^bb3(%[[STATUS]] : i32)
llvm.func @aimc_entry(%env: !llvm.ptr, %in: !llvm.ptr, %out: !llvm.ptr) -> i32 {
  %good = llvm.load %in : !llvm.ptr -> i1
  %size = llvm.load %in : !llvm.ptr -> i64
  %ok = llvm.mlir.constant(0 : i32) : i32
  host.expect %good, "sizes {} and {} must be equal"(%size, %size) : i64, i64
  llvm.return %ok : i32
}
