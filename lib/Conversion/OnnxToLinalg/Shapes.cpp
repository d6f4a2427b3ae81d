//===- Shapes.cpp - operators that give tensors other shapes, and integers from shapes --------------------------===//
#include "Lowering.h"

#include "aimc/Dialect/Onnx/ShapeInference.h"

#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;
using namespace aimc::onnx;

/// The declared type of output 0, with signless elements.
static RankedTensorType getDeclared(NodeOp node) {
  return dyn_cast<RankedTensorType>(getSignlessType(node.getResult(0).getType()));
}

/// Sizes that the declared type of output 0 knows replace computed ones.
static Sizes withDeclared(NodeOp node, Sizes sizes, Lowering &b) {
  RankedTensorType type = getDeclared(node);
  if (!type || type.getRank() != static_cast<int64_t>(sizes.size()))
    return sizes;
  for (auto [i, size] : llvm::enumerate(sizes))
    if (!type.isDynamicDim(i))
      size = b.size(type.getDimSize(i));
  return sizes;
}

/// Integers from an attribute, or from the constant operand that replaced it; an empty list when neither is there.
static FailureOr<SmallVector<int64_t>> getIntegers(NodeOp node, ValueRange inputs, StringRef name, size_t operand,
                                                   Lowering &b) {
  Value value = getOptional(inputs, operand);
  if (!value)
    return node.getInts(name);
  if (auto constants = b.constantElements(value))
    return *constants;
  if (auto type = cast<RankedTensorType>(value.getType()); type.hasStaticShape() && type.getNumElements() == 0)
    return SmallVector<int64_t>();
  return b.error(node) << "'" << name << "' is computed at run time; only a constant is supported", failure();
}

/// The same for integers that need not be constant; the operand's number of elements must be known.
static FailureOr<Sizes> getSizes(NodeOp node, ValueRange inputs, StringRef name, size_t operand, Lowering &b) {
  Value value = getOptional(inputs, operand);
  if (!value) {
    Sizes sizes;
    for (int64_t number : node.getInts(name))
      sizes.push_back(b.size(number));
    return sizes;
  }
  auto type = cast<RankedTensorType>(value.getType());
  if (type.getRank() > 1 || !type.hasStaticShape())
    return b.error(node) << "'" << name << "' is " << type << ", but must be a vector of known length", failure();
  if (type.getNumElements() > maxTensorRank)
    return b.error(node) << "'" << name << "' is " << type << "; a tensor has at most " << maxTensorRank << " dimensions",
           failure();
  return b.elements(value);
}

FailureOr<SmallVector<int64_t>> aimc::onnx::normalizeAxes(NodeOp node, ArrayRef<int64_t> axes, int64_t rank, Lowering &b) {
  SmallVector<int64_t> result;
  for (int64_t given : axes) {
    int64_t axis = normalizeAxis(given, rank);
    if (axis < 0 || axis >= rank || llvm::is_contained(result, axis))
      return b.error(node) << "axis " << given << (axis < 0 || axis >= rank ? " is outside of " : " appears twice for ") << rank
                           << " dimensions",
             failure();
    result.push_back(axis);
  }
  return result;
}

Size aimc::onnx::isListed(ArrayRef<Size> axes, int64_t i, int64_t rank, Lowering &b) {
  Size listed = b.size(0);
  for (Size axis : axes)
    for (int64_t name : {i, i - rank})
      listed = b.select(arith::CmpIPredicate::eq, axis, b.size(name), b.size(1), listed);
  return listed;
}

Sizes aimc::onnx::dropListed(ArrayRef<Size> sizes, ArrayRef<Size> listed, size_t count, Lowering &b) {
  Sizes kept(count, b.size(1));
  Size place = b.size(0); // where the next one that stays goes
  for (auto [size, drops] : llvm::zip(sizes, listed)) {
    Size target = b.select(arith::CmpIPredicate::eq, drops, b.size(0), place, b.size(-1));
    for (size_t i = 0; i < count; ++i)
      kept[i] = b.select(arith::CmpIPredicate::eq, target, b.size(i), size, kept[i]);
    place = b.add(place, b.sub(b.size(1), drops));
  }
  return kept;
}

std::optional<Sizes> aimc::onnx::getComputed(Value operand, Lowering &b) {
  if (!operand || b.constantElements(operand))
    return std::nullopt;
  auto type = cast<RankedTensorType>(operand.getType());
  if (type.getRank() > 1 || !type.hasStaticShape() || type.getNumElements() == 0 || type.getNumElements() > maxTensorRank)
    return std::nullopt;
  return b.elements(operand);
}

//===------------------------------------------------------------------------------------------------------------===//
// The same elements in the same order
//===------------------------------------------------------------------------------------------------------------===//

LogicalResult aimc::onnx::lowerReshape(NodeOp node, ValueRange inputs, Lowering &b) {
  Value tensor = inputs[0];
  FailureOr<Sizes> wanted = getSizes(node, inputs, "shape", 1, b);
  if (failed(wanted))
    return failure();
  Sizes own = b.dims(tensor), sizes = withDeclared(node, *wanted, b), known;
  bool allowZero = node.getInt("allowzero", 0);
  std::optional<size_t> unknown;
  SmallVector<size_t> decided; // at run time: 0 copies, -1 takes the rest
  for (auto [i, size] : llvm::enumerate(sizes)) {
    auto value = dyn_cast<Value>(size);
    if (value && !isDimension(value))
      decided.push_back(i);
    if (getConstantIntValue(size) == -1)
      unknown = i;
    else if (allowZero || i >= own.size())
      continue;
    else if (getConstantIntValue(size) == 0)
      size = own[i];
    else if (!decided.empty() && decided.back() == i)
      size = b.select(arith::CmpIPredicate::eq, value, b.size(0), own[i], size);
  }
  if (!decided.empty() && !unknown) {
    Size negated = b.product(sizes); // its negative is the product of the others when one is -1
    Size rest = b.floorDiv(b.product(own), b.sub(b.size(0), negated));
    for (size_t i : decided)
      sizes[i] = b.select(arith::CmpIPredicate::eq, sizes[i], b.size(-1), rest, sizes[i]);
  }
  for (Size size : sizes)
    if (getConstantIntValue(size) != -1)
      known.push_back(size);
  if (unknown)
    sizes[*unknown] = b.quotient(own, known);
  return b.replace(node, b.reshape(tensor, sizes));
}

LogicalResult aimc::onnx::lowerFlatten(NodeOp node, ValueRange inputs, Lowering &b) {
  Sizes own = b.dims(inputs[0]);
  int64_t axis = normalizeAxis(node.getInt("axis", 1), own.size());
  Sizes sizes{b.product(ArrayRef<Size>(own).take_front(axis)), b.product(ArrayRef<Size>(own).drop_front(axis))};
  return b.replace(node, b.reshape(inputs[0], sizes));
}

LogicalResult aimc::onnx::lowerSqueeze(NodeOp node, ValueRange inputs, Lowering &b) {
  if (auto computed = getComputed(getOptional(inputs, 1), b)) {
    Sizes own = b.dims(inputs[0]), listed;
    for (size_t i = 0; i < own.size(); ++i)
      listed.push_back(isListed(*computed, i, own.size(), b));
    Sizes sizes = dropListed(own, listed, own.size() - computed->size(), b);
    return b.replace(node, b.reshape(inputs[0], withDeclared(node, sizes, b)));
  }
  FailureOr<SmallVector<int64_t>> axes = getIntegers(node, inputs, "axes", 1, b);
  Sizes own = b.dims(inputs[0]), sizes;
  if (failed(axes) || failed(axes = normalizeAxes(node, *axes, own.size(), b)))
    return failure();
  for (auto [i, size] : llvm::enumerate(own))
    if (axes->empty() ? getConstantIntValue(size) != 1 : !llvm::is_contained(*axes, static_cast<int64_t>(i)))
      sizes.push_back(size);
  return b.replace(node, b.reshape(inputs[0], sizes));
}

LogicalResult aimc::onnx::lowerUnsqueeze(NodeOp node, ValueRange inputs, Lowering &b) {
  if (auto computed = getComputed(getOptional(inputs, 1), b)) {
    Sizes own = b.dims(inputs[0]), sizes;
    Size place = b.size(0); // of the next old dimension
    int64_t rank = own.size() + computed->size();
    for (int64_t i = 0; i < rank; ++i) {
      Size size = b.size(1), listed = isListed(*computed, i, rank, b);
      for (auto [j, old] : llvm::enumerate(own))
        size = b.select(arith::CmpIPredicate::eq, place, b.size(j), old, size);
      sizes.push_back(b.select(arith::CmpIPredicate::eq, listed, b.size(1), b.size(1), size));
      place = b.add(place, b.sub(b.size(1), listed));
    }
    return b.replace(node, b.reshape(inputs[0], withDeclared(node, sizes, b)));
  }
  FailureOr<SmallVector<int64_t>> axes = getIntegers(node, inputs, "axes", 1, b);
  if (failed(axes))
    return failure();
  Sizes own = b.dims(inputs[0]), sizes;
  int64_t rank = own.size() + axes->size();
  if (failed(axes = normalizeAxes(node, *axes, rank, b)))
    return failure();
  for (int64_t i = 0, next = 0; i < rank; ++i)
    sizes.push_back(llvm::is_contained(*axes, i) ? b.size(1) : own[next++]);
  return b.replace(node, b.reshape(inputs[0], sizes));
}

LogicalResult aimc::onnx::lowerIdentity(NodeOp node, ValueRange inputs, Lowering &b) {
  SmallVector<Value> results{inputs[0]};
  // Dropout's mask keeps everything.
  if (node.getNumResults() > 1 && !node.getResult(1).use_empty())
    results.push_back(b.filled(b.dims(inputs[0]), b.scalar(getElementTypeOrSelf(node.getResult(1).getType()), 1)));
  return b.replace(node, results);
}

//===------------------------------------------------------------------------------------------------------------===//
// Permutations and repetitions
//===------------------------------------------------------------------------------------------------------------===//

LogicalResult aimc::onnx::lowerTranspose(NodeOp node, ValueRange inputs, Lowering &b) {
  SmallVector<int64_t> permutation = node.getInts("perm");
  int64_t rank = getRank(inputs[0]);
  if (permutation.empty())
    for (int64_t i = rank; i-- > 0;)
      permutation.push_back(i);
  if (static_cast<int64_t>(permutation.size()) != rank || !isPermutationVector(permutation))
    return b.error(node) << "'perm' [" << permutation << "] does not permute the dimensions of " << inputs[0].getType();
  return b.replace(node, b.transpose(inputs[0], permutation));
}

static LogicalResult checkBlocks(NodeOp node, Value tensor, int64_t block, Lowering &b) {
  if (getRank(tensor) != 4 || block < 1)
    return b.error(node) << "needs a tensor of rank 4 and a positive blocksize, not " << tensor.getType() << " and " << block;
  return success();
}

LogicalResult aimc::onnx::lowerDepthToSpace(NodeOp node, ValueRange inputs, Lowering &b) {
  int64_t block = node.getInt("blocksize", 0);
  if (failed(checkBlocks(node, inputs[0], block, b)))
    return failure();
  Sizes own = b.dims(inputs[0]);
  Size s = b.size(block), depth = b.floorDiv(own[1], b.size(block * block));
  bool columnsFirst = node.getString("mode", "DCR") == "CRD";
  Value split = b.reshape(inputs[0], columnsFirst ? Sizes{own[0], depth, s, s, own[2], own[3]}
                                                  : Sizes{own[0], s, s, depth, own[2], own[3]});
  Value moved = columnsFirst ? b.transpose(split, {0, 1, 4, 2, 5, 3}) : b.transpose(split, {0, 3, 4, 1, 5, 2});
  return b.replace(node, b.reshape(moved, {own[0], depth, b.mul(own[2], s), b.mul(own[3], s)}));
}

LogicalResult aimc::onnx::lowerSpaceToDepth(NodeOp node, ValueRange inputs, Lowering &b) {
  int64_t block = node.getInt("blocksize", 0);
  if (failed(checkBlocks(node, inputs[0], block, b)))
    return failure();
  Sizes own = b.dims(inputs[0]);
  Size s = b.size(block), height = b.floorDiv(own[2], s), width = b.floorDiv(own[3], s);
  Value split = b.reshape(inputs[0], {own[0], own[1], height, s, width, s});
  Value moved = b.transpose(split, {0, 3, 5, 1, 2, 4});
  return b.replace(node, b.reshape(moved, {own[0], b.mul(own[1], b.size(block * block)), height, width}));
}

LogicalResult aimc::onnx::lowerExpand(NodeOp node, ValueRange inputs, Lowering &b) {
  FailureOr<Sizes> shape = getSizes(node, inputs, "shape", 1, b);
  if (failed(shape))
    return failure();
  Value tensor = inputs[0];
  Sizes own = b.dims(tensor), sizes(std::max(own.size(), shape->size()), b.size(1));
  for (auto [i, size] : llvm::enumerate(*shape))
    sizes[sizes.size() - shape->size() + i] = size;
  for (auto [i, size] : llvm::enumerate(own)) {
    Size &wanted = sizes[sizes.size() - own.size() + i];
    if (getConstantIntValue(wanted) == 1 || (isa<Attribute>(size) && getConstantIntValue(size) != 1))
      wanted = size;
    else if (getConstantIntValue(size) != 1 && !isa<Attribute>(wanted))
      wanted = b.select(arith::CmpIPredicate::eq, wanted, b.size(1), size, wanted);
  }
  sizes = withDeclared(node, sizes, b);
  if (sizes == own)
    return b.replace(node, tensor);
  return b.replace(node, b.compute(b.broadcastAccess(tensor, sizes), sizes, getElement(tensor),
                                   [](ValueRange scalars) -> SmallVector<Value> { return {scalars[0]}; }));
}

LogicalResult aimc::onnx::lowerTile(NodeOp node, ValueRange inputs, Lowering &b) {
  Value tensor = inputs[0];
  FailureOr<Sizes> repeats = getSizes(node, inputs, "repeats", 1, b);
  if (failed(repeats))
    return failure();
  Sizes own = b.dims(tensor);
  if (repeats->size() != own.size())
    return b.error(node) << "'repeats' has " << repeats->size() << " numbers; the tensor is " << tensor.getType();
  // Every repeated dimension becomes two, the repetition outside; the pair is one dimension of the result.
  Sizes split, sizes;
  SmallVector<unsigned> loops;
  for (auto [size, repeat] : llvm::zip(own, *repeats)) {
    if (getConstantIntValue(repeat) != 1)
      split.push_back(repeat);
    loops.push_back(split.size());
    split.push_back(size);
    sizes.push_back(b.mul(repeat, size));
  }
  if (split.size() == own.size())
    return b.replace(node, tensor);
  Access input{tensor, AffineMap::getMultiDimMapWithTargets(split.size(), loops, b.getContext())};
  Value repeated =
      b.compute(input, split, getElement(tensor), [](ValueRange scalars) -> SmallVector<Value> { return {scalars[0]}; });
  return b.replace(node, b.reshape(repeated, sizes));
}

//===------------------------------------------------------------------------------------------------------------===//
// Parts and wholes
//===------------------------------------------------------------------------------------------------------------===//

/// Whether the tensor is a list of integers that are known one by one.
static bool isIntegerList(Value tensor) {
  auto type = cast<RankedTensorType>(tensor.getType());
  return type.getRank() == 1 && type.hasStaticShape() && type.getNumElements() <= 64 && type.getElementType().isInteger(64);
}

LogicalResult aimc::onnx::lowerConcat(NodeOp node, ValueRange inputs, Lowering &b) {
  int64_t axis = normalizeAxis(node.getInt("axis", 1), getRank(inputs[0]));
  if (llvm::all_of(inputs, isIntegerList) &&
      llvm::any_of(inputs, [](Value input) { return input.getDefiningOp<tensor::FromElementsOp>(); })) {
    Sizes elements;
    for (Value input : inputs)
      elements.append(b.elements(input));
    return b.replace(node, b.fromElements(elements, getElement(inputs[0]), {static_cast<int64_t>(elements.size())}));
  }
  if (inputs.size() == 1)
    return b.replace(node, inputs[0]);
  // tensor.concat wants the other dimensions alike in every type.
  SmallVector<int64_t> shape(cast<RankedTensorType>(inputs[0].getType()).getShape());
  for (Value input : inputs)
    for (auto [known, size] : llvm::zip(shape, cast<RankedTensorType>(input.getType()).getShape()))
      known = ShapedType::isDynamic(known) ? size : known;
  SmallVector<Value> parts;
  for (Value input : inputs) {
    auto type = cast<RankedTensorType>(input.getType());
    SmallVector<int64_t> own(shape);
    own[axis] = type.getDimSize(axis);
    if (failed(verifyCompatibleShape(type.getShape(), own)))
      return b.error(node) << "operands " << inputs[0].getType() << " and " << type << " do not join along dimension " << axis;
    parts.push_back(b.castTo(input, type.clone(own)));
  }
  return b.replace(node, b.concat(axis, parts));
}

LogicalResult aimc::onnx::lowerGather(NodeOp node, ValueRange inputs, Lowering &b) {
  Value tensor = inputs[0], places = inputs[1];
  int64_t rank = getRank(tensor), axis = normalizeAxis(node.getInt("axis", 0), rank), placeRank = getRank(places);
  Sizes own = b.dims(tensor);
  auto constants = b.constantElements(places);
  if (constants)
    for (int64_t place : *constants)
      if (auto size = getConstantIntValue(own[axis]); size && (place < -*size || place >= *size))
        return b.error(node) << "index " << place << " is outside dimension " << axis << " of " << tensor.getType();
  auto fromFront = [&](int64_t place) { return place < 0 ? b.add(own[axis], b.size(place)) : b.size(place); };

  if (constants && placeRank <= 1 && isIntegerList(tensor) && tensor.getDefiningOp<tensor::FromElementsOp>()) {
    Sizes all = b.elements(tensor), chosen;
    for (int64_t place : *constants)
      chosen.push_back(all[normalizeAxis(place, all.size())]);
    ArrayRef<int64_t> shape = cast<RankedTensorType>(places.getType()).getShape();
    return b.replace(node, b.fromElements(chosen, getElement(tensor), shape));
  }
  if (constants && constants->size() == 1 && placeRank <= 1) {
    // One place is a slice, which copies nothing.
    Sizes offsets(rank, b.size(0)), sizes = own;
    offsets[axis] = fromFront(constants->front());
    sizes[axis] = b.size(1);
    return b.replace(node, b.slice(tensor, offsets, sizes, placeRank == 0 ? ArrayRef<int64_t>(axis) : ArrayRef<int64_t>()));
  }
  int64_t resultRank = rank - 1 + placeRank;
  Sizes sizes(ArrayRef<Size>(own).take_front(axis));
  sizes.append(b.dims(places));
  sizes.append(own.begin() + axis + 1, own.end());
  SmallVector<unsigned> placeLoops;
  for (int64_t i = 0; i < placeRank; ++i)
    placeLoops.push_back(axis + i);
  Access access{places, AffineMap::getMultiDimMapWithTargets(resultRank, placeLoops, b.getContext())};
  if (placeLoops.empty())
    access.map = AffineMap::get(resultRank, 0, {}, b.getContext());
  Value extent = b.asIndex(own[axis]), last = b.asIndex(b.sub(own[axis], b.size(1)));
  return b.replace(node, b.compute(access, sizes, getElement(tensor), [&](ValueRange scalars) -> SmallVector<Value> {
    // A negative index counts from the end; one that is outside reads the nearest element.
    Value place = arith::IndexCastOp::create(b, b.getIndexType(), scalars[0]), zero = b.index(0);
    Value negative = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, place, zero);
    place = arith::SelectOp::create(b, negative, arith::AddIOp::create(b, place, extent), place);
    place = arith::MaxSIOp::create(b, arith::MinSIOp::create(b, place, last), zero);
    SmallVector<Value> position;
    for (int64_t i = 0; i < rank; ++i)
      position.push_back(i == axis ? place : Value(linalg::IndexOp::create(b, i < axis ? i : i - 1 + placeRank)));
    return {tensor::ExtractOp::create(b, tensor, position)};
  }));
}

/// `index` counted from the front if negative, then limited to low … high.
static Size clampIndex(Size index, Size extent, Size low, Size high, Lowering &b) {
  auto constant = getConstantIntValue(index);
  if (constant && *constant >= std::numeric_limits<int32_t>::max())
    return high;
  if (constant && *constant <= std::numeric_limits<int32_t>::min())
    return low;
  if (constant && *constant >= 0)
    return *constant == 0 && getConstantIntValue(low) == 0 ? low : b.max(low, b.min(index, high));
  if (constant)
    return b.min(high, b.max(low, b.add(extent, index)));
  Size front = b.select(arith::CmpIPredicate::slt, index, b.size(0), b.add(index, extent), index);
  return b.max(low, b.min(front, high));
}

/// Slices along axes or with steps that only a run can tell: every dimension asks whether it is cut.
static LogicalResult lowerComputedSlice(NodeOp node, ValueRange inputs, Lowering &b) {
  using Predicate = arith::CmpIPredicate;
  Value tensor = inputs[0];
  int64_t rank = getRank(tensor);
  FailureOr<Sizes> starts = getSizes(node, inputs, "starts", 1, b), ends = getSizes(node, inputs, "ends", 2, b);
  FailureOr<Sizes> axes = getSizes(node, inputs, "axes", 3, b), steps = getSizes(node, inputs, "steps", 4, b);
  if (failed(starts) || failed(ends) || failed(axes) || failed(steps))
    return failure();
  for (size_t i = axes->size(); i < starts->size() && !getOptional(inputs, 3); ++i)
    axes->push_back(b.size(i));
  steps->resize(getOptional(inputs, 4) ? steps->size() : axes->size(), b.size(1));
  if (starts->size() != axes->size() || ends->size() != axes->size() || steps->size() != axes->size())
    return b.error(node) << starts->size() << " starts, " << ends->size() << " ends and " << steps->size()
                         << " steps do not fit " << axes->size() << " axes";
  Size zero = b.size(0), one = b.size(1);
  Sizes offsets, strides, sizes;
  for (auto [dimension, extent] : llvm::enumerate(b.dims(tensor))) {
    Size start = zero, end = extent, step = one;
    for (size_t i = 0; i < axes->size(); ++i) {
      Size here = isListed((*axes)[i], dimension, rank, b);
      start = b.select(Predicate::eq, here, one, (*starts)[i], start);
      end = b.select(Predicate::eq, here, one, (*ends)[i], end);
      step = b.select(Predicate::eq, here, one, (*steps)[i], step);
    }
    Size last = b.sub(extent, one), high = b.select(Predicate::slt, step, zero, last, extent);
    Size low = b.select(Predicate::slt, step, zero, b.size(-1), zero);
    auto limited = [&](Size limit, Size least) {
      Size front = b.select(Predicate::slt, limit, zero, b.add(limit, extent), limit);
      return b.max(least, b.min(front, high));
    };
    Size from = limited(start, zero), to = limited(end, low);
    Size distance = b.select(Predicate::slt, step, zero, b.sub(from, to), b.sub(to, from));
    Size width = b.max(one, b.select(Predicate::slt, step, zero, b.sub(zero, step), step));
    Size steps = b.add(b.floorDiv(b.max(zero, b.sub(distance, one)), width), one);
    sizes.push_back(b.select(Predicate::sgt, distance, zero, steps, zero));
    offsets.push_back(from);
    strides.push_back(step);
  }
  sizes = withDeclared(node, sizes, b);
  SmallVector<Value> firsts, distances;
  for (auto [offset, stride] : llvm::zip(offsets, strides)) {
    firsts.push_back(b.asIndex(offset));
    distances.push_back(b.asIndex(stride));
  }
  return b.replace(node, b.computeFromIndices(sizes, getElement(tensor), [&](ValueRange indices) -> SmallVector<Value> {
    SmallVector<Value> position;
    for (auto [index, first, distance] : llvm::zip(indices, firsts, distances))
      position.push_back(arith::AddIOp::create(b, first, arith::MulIOp::create(b, index, distance)));
    return {tensor::ExtractOp::create(b, tensor, position)};
  }));
}

LogicalResult aimc::onnx::lowerSlice(NodeOp node, ValueRange inputs, Lowering &b) {
  Value tensor = inputs[0];
  int64_t rank = getRank(tensor);
  if (getComputed(getOptional(inputs, 3), b) || getComputed(getOptional(inputs, 4), b))
    return lowerComputedSlice(node, inputs, b);
  FailureOr<Sizes> starts = getSizes(node, inputs, "starts", 1, b), ends = getSizes(node, inputs, "ends", 2, b);
  FailureOr<SmallVector<int64_t>> axes = getIntegers(node, inputs, "axes", 3, b),
                                  steps = getIntegers(node, inputs, "steps", 4, b);
  if (failed(starts) || failed(ends) || failed(axes) || failed(steps))
    return failure();
  if (axes->empty())
    axes = llvm::to_vector(llvm::seq<int64_t>(0, starts->size()));
  steps->resize(axes->size(), 1);
  if (starts->size() != axes->size() || ends->size() != axes->size())
    return b.error(node) << starts->size() << " starts and " << ends->size() << " ends do not fit " << axes->size() << " axes";

  Sizes offsets(rank, b.size(0)), sizes = b.dims(tensor);
  SmallVector<int64_t> strides(rank, 1);
  for (auto [i, axis] : llvm::enumerate(*axes)) {
    int64_t dimension = normalizeAxis(axis, rank), step = (*steps)[i];
    if (dimension < 0 || dimension >= rank || step == 0)
      return b.error(node) << "axis " << axis << " with step " << step << " does not fit " << tensor.getType();
    Size extent = sizes[dimension], zero = b.size(0), last = b.sub(extent, b.size(1)), length;
    if (step > 0) {
      Size start = clampIndex((*starts)[i], extent, zero, extent, b), end = clampIndex((*ends)[i], extent, zero, extent, b);
      length = getConstantIntValue(start) == 0 ? end : b.max(zero, b.sub(end, start));
      length = b.ceilDiv(length, b.size(step));
      offsets[dimension] = start;
    } else {
      Size start = clampIndex((*starts)[i], extent, zero, last, b), end = clampIndex((*ends)[i], extent, b.size(-1), last, b);
      length = b.ceilDiv(b.max(zero, b.sub(start, end)), b.size(-std::max(step, -std::numeric_limits<int64_t>::max())));
      offsets[dimension] = start;
    }
    sizes[dimension] = length;
    strides[dimension] = step;
  }
  sizes = withDeclared(node, sizes, b);

  if (isIntegerList(tensor) && tensor.getDefiningOp<tensor::FromElementsOp>()) {
    auto offset = getConstantIntValue(offsets[0]), count = getConstantIntValue(sizes[0]);
    if (offset && count) {
      Sizes all = b.elements(tensor), chosen;
      for (int64_t i = 0; i < *count; ++i)
        chosen.push_back(all[*offset + i * strides[0]]);
      return b.replace(node, b.fromElements(chosen, getElement(tensor), *count));
    }
  }
  if (llvm::all_of(strides, [](int64_t stride) { return stride == 1; }))
    return b.replace(node, b.slice(tensor, offsets, sizes));
  if (llvm::any_of(sizes, [](Size size) { return getConstantIntValue(size) == 0; }))
    return b.replace(node, b.empty(sizes, getElement(tensor)));
  if (llvm::all_of(strides, [](int64_t stride) { return stride > 0; })) {
    SmallVector<int64_t> shape;
    Sizes steps;
    for (auto [size, stride] : llvm::zip(sizes, strides)) {
      shape.push_back(isa<Attribute>(size) ? *getConstantIntValue(size) : ShapedType::kDynamic);
      steps.push_back(b.size(stride));
    }
    auto type = RankedTensorType::get(shape, getElement(tensor));
    return b.replace(node, Value(tensor::ExtractSliceOp::create(b, type, tensor, offsets, sizes, steps)));
  }
  // Slices cannot run backwards.
  return b.replace(node, b.computeFromIndices(sizes, getElement(tensor), [&](ValueRange indices) -> SmallVector<Value> {
    SmallVector<Value> position;
    for (auto [index, offset, stride] : llvm::zip(indices, offsets, strides)) {
      Value distance = arith::MulIOp::create(b, index, b.index(stride));
      position.push_back(arith::AddIOp::create(b, b.asIndex(offset), distance));
    }
    return {tensor::ExtractOp::create(b, tensor, position)};
  }));
}

LogicalResult aimc::onnx::lowerSplit(NodeOp node, ValueRange inputs, Lowering &b) {
  Value tensor = inputs[0];
  int64_t axis = normalizeAxis(node.getInt("axis", 0), getRank(tensor));
  FailureOr<Sizes> parts = getSizes(node, inputs, "split", 1, b);
  if (failed(parts))
    return failure();
  size_t count = node.getNumResults();
  if (!parts->empty() && parts->size() != count)
    return b.error(node) << "'split' has " << parts->size() << " sizes for " << count << " outputs";
  Size extent = b.dim(tensor, axis), even = b.ceilDiv(extent, b.size(count)), offset = b.size(0);
  SmallVector<Value> results;
  for (size_t i = 0; i < count; ++i) {
    // Even parts; the last one takes what is left, or, of a known size, the last ones.
    bool isEven = i + 1 < count && !isa<Attribute>(extent);
    Size size = !parts->empty() ? (*parts)[i] : isEven ? even : b.min(even, b.sub(extent, offset));
    results.push_back(b.sliceAxis(tensor, axis, offset, size));
    offset = b.add(offset, size);
  }
  if (!parts->empty())
    b.expectEqual(offset, extent, "the parts must add up to dimension " + Twine(axis));
  return b.replace(node, results);
}

LogicalResult aimc::onnx::lowerPad(NodeOp node, ValueRange inputs, Lowering &b) {
  Value tensor = inputs[0];
  int64_t rank = getRank(tensor);
  FailureOr<Sizes> pads = getSizes(node, inputs, "pads", 1, b);
  FailureOr<SmallVector<int64_t>> axes = getIntegers(node, inputs, "axes", 3, b);
  if (failed(pads) || failed(axes))
    return failure();
  if (axes->empty())
    axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  if (failed(axes = normalizeAxes(node, *axes, rank, b)))
    return failure();
  if (pads->size() != 2 * axes->size())
    return b.error(node) << "'pads' has " << pads->size() << " numbers; " << axes->size() << " axes need " << 2 * axes->size();
  Sizes own = b.dims(tensor), low(rank, b.size(0)), high(rank, b.size(0)), sizes;
  for (auto [i, axis] : llvm::enumerate(*axes)) {
    low[axis] = (*pads)[i];
    high[axis] = (*pads)[i + axes->size()];
  }
  for (int64_t i = 0; i < rank; ++i)
    sizes.push_back(b.add(b.add(own[i], low[i]), high[i]));

  Type element = getElement(tensor);
  StringRef mode = node.getString("mode", "constant");
  if (mode == "constant") {
    Value given = getOptional(inputs, 2);
    Value value = given ? b.extractScalar(given) : b.scalar(element, node.getFloat("value", 0));
    // Negative padding cuts.
    Sizes cutLow, cutSizes, addLow, addHigh;
    for (int64_t i = 0; i < rank; ++i) {
      Size zero = b.size(0), below = b.max(zero, b.sub(zero, low[i])), above = b.max(zero, b.sub(zero, high[i]));
      cutLow.push_back(below);
      cutSizes.push_back(b.sub(b.sub(own[i], below), above));
      addLow.push_back(b.max(zero, low[i]));
      addHigh.push_back(b.max(zero, high[i]));
    }
    return b.replace(node, b.pad(b.slice(tensor, cutLow, cutSizes), addLow, addHigh, value));
  }
  if (mode != "reflect" && mode != "edge" && mode != "wrap")
    return b.error(node) << "mode '" << mode << "' is not known";
  SmallVector<Value> lows, extents;
  for (int64_t i = 0; i < rank; ++i) {
    lows.push_back(b.asIndex(low[i]));
    extents.push_back(b.asIndex(own[i]));
  }
  return b.replace(node, b.computeFromIndices(sizes, element, [&](ValueRange indices) -> SmallVector<Value> {
    SmallVector<Value> position;
    Value zero = b.index(0), one = b.index(1);
    auto remainder = [&](Value x, Value period) -> Value { // in 0 … period - 1
      Value rest = arith::RemSIOp::create(b, x, period);
      Value negative = arith::CmpIOp::create(b, arith::CmpIPredicate::slt, rest, zero);
      return arith::SelectOp::create(b, negative, arith::AddIOp::create(b, rest, period), rest);
    };
    for (auto [index, below, extent] : llvm::zip(indices, lows, extents)) {
      Value place = arith::SubIOp::create(b, index, below), last = arith::SubIOp::create(b, extent, one);
      if (mode == "edge") {
        place = arith::MaxSIOp::create(b, arith::MinSIOp::create(b, place, last), zero);
      } else if (mode == "wrap") {
        place = remainder(place, extent);
      } else {
        Value period = arith::MaxSIOp::create(b, arith::AddIOp::create(b, last, last), one);
        place = remainder(place, period);
        place = arith::MinSIOp::create(b, place, arith::SubIOp::create(b, period, place));
      }
      position.push_back(place);
    }
    return {tensor::ExtractOp::create(b, tensor, position)};
  }));
}

//===------------------------------------------------------------------------------------------------------------===//
// Values from shapes, and constants
//===------------------------------------------------------------------------------------------------------------===//

LogicalResult aimc::onnx::lowerShape(NodeOp node, ValueRange inputs, Lowering &b) {
  Sizes all = b.dims(inputs[0]);
  int64_t rank = all.size();
  auto limit = [&](int64_t axis) { return std::clamp<int64_t>(normalizeAxis(axis, rank), 0, rank); };
  int64_t start = limit(node.getInt("start", 0)), end = limit(node.getInt("end", rank));
  ArrayRef<Size> sizes = ArrayRef<Size>(all).slice(start, std::max<int64_t>(0, end - start));
  return b.replace(node, b.fromElements(sizes, b.getI64Type(), {static_cast<int64_t>(sizes.size())}));
}

LogicalResult aimc::onnx::lowerSize(NodeOp node, ValueRange inputs, Lowering &b) {
  return b.replace(node, b.fromElements(b.product(b.dims(inputs[0])), b.getI64Type(), {}));
}

/// An elements attribute with signless elements.
static ElementsAttr getSignless(ElementsAttr value) {
  auto type = cast<RankedTensorType>(getSignlessType(value.getType()));
  if (type == value.getType())
    return value;
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(value))
    return DenseResourceElementsAttr::get(type, resource.getRawHandle());
  return cast<DenseElementsAttr>(value).bitcast(type.getElementType());
}

LogicalResult aimc::onnx::lowerConstant(NodeOp node, ValueRange, Lowering &b) {
  ElementsAttr value;
  if (auto elements = dyn_cast_or_null<ElementsAttr>(node.getNodeAttr("value")); elements && !isa<DenseArrayAttr>(elements))
    value = getSignless(elements);
  else if (auto number = dyn_cast_or_null<FloatAttr>(node.getNodeAttr("value_float")))
    value = DenseElementsAttr::get(RankedTensorType::get({}, number.getType()), Attribute(number));
  else if (auto integer = dyn_cast_or_null<IntegerAttr>(node.getNodeAttr("value_int")))
    value = DenseElementsAttr::get(RankedTensorType::get({}, integer.getType()), Attribute(integer));
  else if (SmallVector<float> floats = node.getFloats("value_floats"); node.getNodeAttr("value_floats"))
    value = DenseElementsAttr::get(RankedTensorType::get(static_cast<int64_t>(floats.size()), b.getF32Type()),
                                   ArrayRef<float>(floats));
  else if (node.getNodeAttr("value_ints"))
    value = b.getI64TensorAttr(node.getInts("value_ints"));
  else
    return b.error(node) << "has no value that converts; sparse tensors and strings are not supported";
  return b.replace(node, Value(arith::ConstantOp::create(b, cast<TypedAttr>(value))));
}

LogicalResult aimc::onnx::lowerConstantOfShape(NodeOp node, ValueRange inputs, Lowering &b) {
  FailureOr<Sizes> shape = getSizes(node, inputs, "shape", 0, b);
  if (failed(shape))
    return failure();
  Sizes sizes = withDeclared(node, *shape, b);
  TypedAttr value = b.getF32FloatAttr(0);
  if (auto elements = dyn_cast_or_null<DenseElementsAttr>(node.getNodeAttr("value")))
    value = cast<TypedAttr>(cast<DenseElementsAttr>(getSignless(elements)).getSplatValue<Attribute>());
  int64_t count = 1;
  SmallVector<int64_t> dimensions;
  for (Size size : sizes) {
    dimensions.push_back(getConstantIntValue(size).value_or(ShapedType::kDynamic));
    count = isa<Attribute>(size) && count <= 64 ? count * dimensions.back() : 65;
  }
  // Small ones are constants, so that shape computations see through them.
  if (count <= 64) {
    auto type = RankedTensorType::get(dimensions, value.getType());
    return b.replace(node, Value(arith::ConstantOp::create(b, DenseElementsAttr::get(type, Attribute(value)))));
  }
  return b.replace(node, b.filled(sizes, arith::ConstantOp::create(b, value)));
}

LogicalResult aimc::onnx::lowerRange(NodeOp node, ValueRange inputs, Lowering &b) {
  Type element = getElement(inputs[0]);
  Value start = b.extractScalar(inputs[0]), limit = b.extractScalar(inputs[1]), delta = b.extractScalar(inputs[2]);
  Size count;
  RankedTensorType declared = getDeclared(node);
  if (declared && declared.hasStaticShape()) {
    count = b.size(declared.getDimSize(0));
  } else if (isa<FloatType>(element)) {
    Value steps = arith::DivFOp::create(b, arith::SubFOp::create(b, limit, start), delta);
    Value number = castScalar(b, steps, element, b.getI64Type()); // truncated
    Value whole = arith::SIToFPOp::create(b, element, number);
    Value more = arith::ExtUIOp::create(b, b.getI64Type(), arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, whole, steps));
    count = b.max(b.size(0), b.castIndex(arith::AddIOp::create(b, number, more), b.getIndexType()));
  } else {
    Size distance = b.sub(b.castIndex(limit, b.getIndexType()), b.castIndex(start, b.getIndexType()));
    Value step = b.castIndex(delta, b.getIndexType());
    count =
        b.max(b.size(0),
              getConstantIntValue(step) == 1 ? distance : Size(b.createOrFold<arith::CeilDivSIOp>(b.asIndex(distance), step)));
  }
  return b.replace(node, b.computeFromIndices(count, element, [&](ValueRange indices) -> SmallVector<Value> {
    Value place = arith::IndexCastOp::create(b, b.getI64Type(), indices[0]);
    Value index = castScalar(b, place, b.getI64Type(), element);
    if (isa<FloatType>(element))
      return {arith::AddFOp::create(b, start, arith::MulFOp::create(b, index, delta))};
    return {arith::AddIOp::create(b, start, arith::MulIOp::create(b, index, delta))};
  }));
}
