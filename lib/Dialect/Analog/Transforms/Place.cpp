//===- Place.cpp - tiles to chips, arrays, rows and columns -----------------------------------------------------===//
#include "aimc/Dialect/Analog/IR/Analog.h"
#include "aimc/Dialect/Analog/Transforms/Passes.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/MathExtras.h"

namespace aimc::analog {
#define GEN_PASS_DEF_ANALOGPLACEPASS
#include "aimc/Dialect/Analog/Transforms/Passes.h.inc"
} // namespace aimc::analog

using namespace mlir;
using namespace aimc::analog;

//===----------------------------------------------------------------------===//
// Packing rectangles
//===----------------------------------------------------------------------===//

namespace {
/// A rectangle of cells, and where it lies: in bin `bin` from (row, column) on.
struct Rectangle {
  int64_t rows, columns;
  int64_t bin = -1, row = 0, column = 0;
};

/// A bin of the size of an array, filled with shelves from the top: rectangles of a shelf stand side by side.
struct Bin {
  struct Shelf {
    int64_t row, rows, usedColumns;
  };
  int64_t number;
  int64_t usedRows = 0;
  SmallVector<Shelf, 2> shelves;
};

/// Packs rectangles into as few bins as first fit by decreasing height finds.
class Packer {
public:
  Packer(int64_t rows, int64_t columns) : rows(rows), columns(columns) {}

  void pack(MutableArrayRef<Rectangle> rectangles);
  int64_t getBins() const { return bins; }

private:
  bool placeIn(Bin &bin, Rectangle &rectangle) const;

  int64_t rows, columns;
  int64_t bins = 0;
  SmallVector<Bin, 0> open; ///< bins that may have room
};
} // namespace

bool Packer::placeIn(Bin &bin, Rectangle &rectangle) const {
  for (Bin::Shelf &shelf : bin.shelves)
    if (rectangle.rows <= shelf.rows && shelf.usedColumns + rectangle.columns <= columns) {
      rectangle.bin = bin.number;
      rectangle.row = shelf.row;
      rectangle.column = shelf.usedColumns;
      shelf.usedColumns += rectangle.columns;
      return true;
    }
  if (bin.usedRows + rectangle.rows > rows)
    return false;
  bin.shelves.push_back({bin.usedRows, rectangle.rows, 0});
  bin.usedRows += rectangle.rows;
  return placeIn(bin, rectangle);
}

void Packer::pack(MutableArrayRef<Rectangle> rectangles) {
  SmallVector<Rectangle *> order = llvm::map_to_vector(rectangles, [](Rectangle &rectangle) { return &rectangle; });
  llvm::stable_sort(order, [](const Rectangle *a, const Rectangle *b) {
    return std::pair(a->rows, a->columns) > std::pair(b->rows, b->columns);
  });
  for (Rectangle *rectangle : order) {
    if (rectangle->rows == rows && rectangle->columns == columns) { // fills an array: nothing to search
      rectangle->bin = bins++;
      continue;
    }
    if (llvm::any_of(open, [&](Bin &bin) { return placeIn(bin, *rectangle); }))
      continue;
    open.push_back({bins++, 0, {}});
    placeIn(open.back(), *rectangle);
  }
}

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

namespace {
/// How the slices and polarities of one crossbar's tile lie: next to each other, or in arrays of their own.
struct PartLayout {
  int64_t slices, polarities;
  Layout sliceLayout, polarityLayout;

  PartLayout(CodingAttr coding, TargetAttr target)
      : slices(coding.getSlices()), polarities(coding.getEncoding() == Encoding::Differential ? 2 : 1),
        sliceLayout(target.getSliceLayout()), polarityLayout(target.getPolarityLayout()) {}

  /// Position of (slice, polarity) among the parts whose layout is `layout`.
  int64_t getPosition(Layout layout, int64_t slice, int64_t polarity) const {
    int64_t position = sliceLayout == layout ? slice : 0;
    return polarityLayout == layout ? position * polarities + polarity : position;
  }
  int64_t count(Layout layout) const { return getPosition(layout, slices - 1, polarities - 1) + 1; }
};

/// All of a module's crossbars on the target's arrays. A bin is as many arrays as a tile's separate parts need.
class Placer {
public:
  Placer(ModuleOp module, TargetAttr target) : module(module), target(target) {}

  LogicalResult place();

private:
  LogicalResult addTiles(CrossbarOp crossbar);
  LogicalResult checkArrays(int64_t bins);
  void record(CrossbarOp crossbar, ArrayRef<Rectangle> tiles, int64_t binsPerChip);

  ModuleOp module;
  TargetAttr target;
  SmallVector<CrossbarOp> crossbars;
  SmallVector<Rectangle, 0> tiles; ///< of all crossbars in order; of one: (group, row tile, column tile)
  int64_t arraysPerBin = 1;
};
} // namespace

static int64_t countTiles(CrossbarOp crossbar) {
  return crossbar.getGroups() * crossbar.getRowTiles() * crossbar.getGrid()->getColumnTiles();
}

LogicalResult Placer::addTiles(CrossbarOp crossbar) {
  if (!crossbar.getCoding())
    return crossbar.emitOpError() << "'" << crossbar.getNode() << "' has no coding; run analog-quantize-weights first";
  PartLayout parts(*crossbar.getCoding(), target);
  int64_t stride = parts.count(Layout::Interleaved);
  arraysPerBin = std::max(arraysPerBin, parts.count(Layout::Separate));
  GridAttr grid = *crossbar.getGrid();
  int64_t rows = crossbar.getRows(), columns = crossbar.getColumns();
  for (uint64_t g = 0; g < crossbar.getGroups(); ++g)
    for (int64_t row = 0; row < rows; row += grid.getTileRows())
      for (int64_t column = 0; column < columns; column += grid.getTileColumns()) {
        Rectangle tile{std::min(grid.getTileRows(), rows - row), std::min(grid.getTileColumns(), columns - column) * stride};
        if (tile.rows > target.getArrayRows() || tile.columns > target.getArrayColumns())
          return crossbar.emitOpError() << "'" << crossbar.getNode() << "' has a tile of " << tile.rows << " x " << tile.columns
                                        << " cells; an array of target '" << target.getName() << "' has "
                                        << target.getArrayRows() << " x " << target.getArrayColumns();
        tiles.push_back(tile);
      }
  return success();
}

/// Whether the target has arrays for `bins` bins.
LogicalResult Placer::checkArrays(int64_t bins) {
  int64_t binsPerChip = target.getArraysPerChip() / arraysPerBin;
  if (binsPerChip == 0)
    return module.emitError() << "a tile takes " << arraysPerBin << " arrays (slices and polarities apart); a chip of target '"
                              << target.getName() << "' has " << target.getArraysPerChip();
  if (bins <= binsPerChip * target.getChips())
    return success();
  CrossbarOp largest = *llvm::max_element(crossbars, [](CrossbarOp a, CrossbarOp b) { return countTiles(a) < countTiles(b); });
  InFlightDiagnostic diagnostic = module.emitError();
  diagnostic << "the network needs " << bins * arraysPerBin << " arrays; target '" << target.getName() << "' has "
             << target.getArraysPerChip() * target.getChips() << " (" << target.getChips()
             << (target.getChips() == 1 ? " chip of " : " chips of ") << target.getArraysPerChip()
             << "): use --chips=" << llvm::divideCeil(bins, binsPerChip)
             << ", a target with more or larger arrays, or keep layers digital with --digital-nodes";
  diagnostic.attachNote(largest.getLoc()) << "'" << largest.getNode() << "' is the largest: " << largest.getGroups() << " x "
                                          << largest.getRows() << " x " << largest.getColumns() << " weights on "
                                          << countTiles(largest) << " tiles";
  return diagnostic;
}

void Placer::record(CrossbarOp crossbar, ArrayRef<Rectangle> tilesOfCrossbar, int64_t binsPerChip) {
  MLIRContext *context = crossbar.getContext();
  PartLayout parts(*crossbar.getCoding(), target);
  int64_t stride = parts.count(Layout::Interleaved);
  int64_t rowTiles = crossbar.getRowTiles(), columnTiles = crossbar.getGrid()->getColumnTiles();
  SmallVector<Attribute> placement;
  for (auto [number, tile] : llvm::enumerate(tilesOfCrossbar))
    for (int64_t slice = 0; slice < parts.slices; ++slice)
      for (int64_t polarity = 0; polarity < parts.polarities; ++polarity) {
        int64_t array = tile.bin % binsPerChip * arraysPerBin + parts.getPosition(Layout::Separate, slice, polarity);
        int64_t column = tile.column + parts.getPosition(Layout::Interleaved, slice, polarity);
        placement.push_back(PlacementAttr::get(context, number / (rowTiles * columnTiles), number / columnTiles % rowTiles,
                                               number % columnTiles, slice, polarity, tile.bin / binsPerChip, array, tile.row,
                                               column, tile.rows, tile.columns / stride, stride));
      }
  crossbar.setPlacementAttr(ArrayAttr::get(context, placement));
}

LogicalResult Placer::place() {
  llvm::append_range(crossbars, module.getOps<CrossbarOp>());
  for (CrossbarOp crossbar : crossbars)
    if (failed(addTiles(crossbar)))
      return failure();
  Packer packer(target.getArrayRows(), target.getArrayColumns());
  packer.pack(tiles);
  if (failed(checkArrays(packer.getBins())))
    return failure();

  int64_t cells = 0;
  ArrayRef<Rectangle> rest = tiles;
  for (CrossbarOp crossbar : crossbars) {
    record(crossbar, rest.take_front(countTiles(crossbar)), target.getArraysPerChip() / arraysPerBin);
    int64_t separate = PartLayout(*crossbar.getCoding(), target).count(Layout::Separate);
    for (const Rectangle &tile : rest.take_front(countTiles(crossbar)))
      cells += tile.rows * tile.columns * separate;
    rest = rest.drop_front(countTiles(crossbar));
  }
  Builder b(module.getContext());
  int64_t arrays = packer.getBins() * arraysPerBin;
  double capacity = double(arrays) * target.getArrayRows() * target.getArrayColumns();
  module->setAttr(
      AnalogDialect::getUtilizationAttrName(),
      b.getDictionaryAttr({b.getNamedAttr("arrays", b.getI64IntegerAttr(arrays)),
                           b.getNamedAttr("available", b.getI64IntegerAttr(target.getArraysPerChip() * target.getChips())),
                           b.getNamedAttr("cells", b.getF64FloatAttr(arrays == 0 ? 0.0 : cells / capacity))}));
  return success();
}

namespace {
struct AnalogPlacePass : aimc::analog::impl::AnalogPlacePassBase<AnalogPlacePass> {
  void runOnOperation() override {
    TargetAttr target = getTargetOrError(getOperation());
    if (!target || failed(Placer(getOperation(), target).place()))
      signalPassFailure();
  }
};
} // namespace
