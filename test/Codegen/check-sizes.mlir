// RUN: aimc-opt %s --allow-unregistered-dialect --host-check-sizes --cse --canonicalize --split-input-file | FileCheck %s

// Loops run over sizes that another array may lack. What is one value, or static, is not asked for.
// CHECK-LABEL: func @elementwise(
// CHECK-SAME: %[[X:.*]]: memref<?x4xf32>, %[[Y:.*]]: memref<?x4xf32>)
// CHECK-DAG: %[[M:.*]] = memref.dim %[[X]], %c0
// CHECK-DAG: %[[N:.*]] = memref.dim %[[Y]], %c0
// CHECK-DAG: %[[NONE:.*]] = arith.cmpi eq, %[[M]], %c0
// CHECK-DAG: %[[SAME:.*]] = arith.cmpi eq, %[[N]], %[[M]]
// CHECK: %[[GOOD:.*]] = arith.ori %[[NONE]], %[[SAME]]
// CHECK: host.expect %[[GOOD]], "add1: sizes {} and {} must be equal"(%[[N]], %[[M]]) : index, index
// CHECK-NOT: host.expect
// CHECK: linalg.add
func.func @elementwise(%x: memref<?x4xf32>, %y: memref<?x4xf32>) -> memref<?x4xf32> {
  %c0 = arith.constant 0 : index
  %m = memref.dim %x, %c0 : memref<?x4xf32>
  %z = memref.alloc(%m) : memref<?x4xf32>
  linalg.add ins(%x, %y : memref<?x4xf32>, memref<?x4xf32>) outs(%z : memref<?x4xf32>) loc("add1")
  return %z : memref<?x4xf32>
}

// -----

// A window of 3 at steps of 2 reaches element 2·(n - 1) + 2; over no rows it reaches none.
// CHECK-LABEL: func @window(
// CHECK-SAME: %[[X:.*]]: memref<?xf32>, %[[Y:.*]]: memref<?xf32>)
// CHECK-DAG: %[[SIZE:.*]] = memref.dim %[[X]], %c0
// CHECK-DAG: %[[N:.*]] = memref.dim %[[Y]], %c0
// CHECK-DAG: %[[NONE:.*]] = arith.cmpi eq, %[[N]], %c0
// CHECK-DAG: %[[LAST:.*]] = arith.addi %{{.*}}, %c2
// CHECK-DAG: %[[WITHIN:.*]] = arith.cmpi slt, %[[LAST]], %[[SIZE]]
// CHECK: %[[GOOD:.*]] = arith.ori %[[NONE]], %[[WITHIN]]
// CHECK: host.expect %[[GOOD]], "pool1: elements {} to {} are needed of an array that has {} (dimension 0)"(%c0, %[[LAST]], %[[SIZE]])
// CHECK: linalg.generic
func.func @window(%x: memref<?xf32>, %y: memref<?xf32>) {
  %w = memref.alloc() : memref<3xf32>
  linalg.generic {indexing_maps = [affine_map<(i, k) -> (2 * i + k)>, affine_map<(i, k) -> (k)>, affine_map<(i, k) -> (i)>],
                  iterator_types = ["parallel", "reduction"]}
      ins(%x, %w : memref<?xf32>, memref<3xf32>) outs(%y : memref<?xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %s = arith.maximumf %a, %o : f32
    linalg.yield %s : f32
  } loc("pool1")
  return
}

// -----

// What a payload chooses elements from has some.
// CHECK-LABEL: func @chosen(
// CHECK: host.expect %{{.*}}, "gather1: elements are chosen from an array that has {} of them in dimension 0"(%{{.*}}) : index
// CHECK: linalg.generic
func.func @chosen(%x: memref<?xf32>, %at: memref<2xindex>, %y: memref<2xf32>) {
  linalg.generic {indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>], iterator_types = ["parallel"]}
      ins(%at : memref<2xindex>) outs(%y : memref<2xf32>) {
  ^bb0(%i: index, %o: f32):
    %v = memref.load %x[%i] : memref<?xf32>
    linalg.yield %v : f32
  } loc("gather1")
  return
}

// -----

// A part lies within the whole; that of a loop over all elements does.
// CHECK-LABEL: func @parts(
// CHECK: host.expect %{{.*}}, "slice1: a part (dimension 0) of {} elements"
// CHECK: host.expect %{{.*}}, "slice1: elements {} to {} are taken of an array that has {} (dimension 0)"
// CHECK-NOT: host.expect
func.func @parts(%x: memref<?x4xf32>, %from: index, %count: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %n = memref.dim %x, %c0 : memref<?x4xf32>
  %part = memref.subview %x[%from, 0] [%count, 4] [1, 1] : memref<?x4xf32> to memref<?x4xf32, strided<[4, 1], offset: ?>> loc("slice1")
  "test.use"(%part) : (memref<?x4xf32, strided<[4, 1], offset: ?>>) -> ()
  scf.for %i = %c0 to %n step %c1 {
    %row = memref.subview %x[%i, 0] [1, 4] [1, 1] : memref<?x4xf32> to memref<1x4xf32, strided<[4, 1], offset: ?>>
    "test.use"(%row) : (memref<1x4xf32, strided<[4, 1], offset: ?>>) -> ()
  }
  return
}

// -----

// Shapes hold as many elements as there are, and none of their sizes is negative.
// CHECK-LABEL: func @shapes(
// CHECK-SAME: %[[X:.*]]: memref<?x?xf32>, %[[SHAPE:.*]]: memref<2xindex>, %[[N:.*]]: index)
// CHECK: host.expect %{{.*}}, "reshape1: a shape with a dimension of {} elements"
// CHECK: host.expect %{{.*}}, "reshape1: a shape with a dimension of {} elements"
// CHECK: host.expect %{{.*}}, "reshape1: {} elements do not fill a shape of {}"
// CHECK: host.expect %{{.*}}, "expand1: a shape with a dimension of {} elements"(%[[N]])
// CHECK: host.expect %{{.*}}, "expand1: {} elements do not fill a shape of {}"
// CHECK: host.expect %{{.*}}, "cast1: {} elements in dimension 1 where {} are declared"(%{{.*}}, %c7)
// CHECK: host.expect %{{.*}}, "alloc1: an array with a dimension of {} elements"(%[[N]])
func.func @shapes(%x: memref<?x?xf32>, %shape: memref<2xindex>, %n: index) {
  %r = memref.reshape %x(%shape) : (memref<?x?xf32>, memref<2xindex>) -> memref<?x?xf32> loc("reshape1")
  %e = memref.expand_shape %x [[0, 1], [2]] output_shape [%n, 3, %n] : memref<?x?xf32> into memref<?x3x?xf32> loc("expand1")
  %c = memref.cast %x : memref<?x?xf32> to memref<?x7xf32> loc("cast1")
  %a = memref.alloc(%n) : memref<?xf32> loc("alloc1")
  "test.use"(%r, %e, %c, %a) : (memref<?x?xf32>, memref<?x3x?xf32>, memref<?x7xf32>, memref<?xf32>) -> ()
  return
}
