//===- AnalogBase.td - the analog dialect, its types and attributes ---------------------------------------------===//
#ifndef AIMC_DIALECT_ANALOG_BASE
#define AIMC_DIALECT_ANALOG_BASE

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"

def Analog_Dialect : Dialect {
  let name = "analog";
  let cppNamespace = "::aimc::analog";
  let summary = "layers on analog crossbars, from a matrix product to one command of the runtime";
  let description = [{
    A crossbar holds a matrix of conductances. Voltages on its rows make currents in its columns: a matrix-vector product in one
    step, between a digital-to-analog converter (DAC) at every row and an analog-to-digital converter (ADC) at every column.
    This dialect says which matrices of a program are crossbars (`analog.crossbar`, a symbol: programmed once, used by
    name) and refines each of their uses step by step:

    | operation | made by | what it adds |
    |---|---|---|
    | `analog.gather`, `analog.matmul` | `analog-select` | patches of x, and their product with the matrix |
    | `analog.tiled_matmul` | `analog-partition` | one partial sum per row tile |
    | `analog.dac`, `analog.mvm`, `analog.adc`, `analog.recombine` | `analog-insert-converters` | voltages, currents, codes |
    | `analog.dispatch` | `analog-lower-to-dispatch` | all of it as one destination-style operation |

    Dimensions have the same letters everywhere: row dimensions count matrix-vector products, G groups, K rows of
    the matrix, N columns, R and C rows and columns of a tile, T = ceil(K / R) row tiles, S weight slices, V input slices. **The
    group dimension of a tensor is there exactly when the crossbar has more than one group.**

    The arithmetic of every step is `docs/numerics.md`, section 1. The chip is the module attribute `analog.target`.
  }];
  let useDefaultAttributePrinterParser = 1;
  let useDefaultTypePrinterParser = 1;
  let extraClassDeclaration = [{
    /// Name of the module attribute that holds the target.
    static constexpr ::llvm::StringLiteral getTargetAttrName() { return "analog.target"; }
    /// Name of the module attribute that lists "node: reason" for each contraction that stayed digital.
    static constexpr ::llvm::StringLiteral getDigitalNodesAttrName() { return "analog.digital_nodes"; }
    /// Name of the module attribute in which analog-place says how full the arrays are.
    static constexpr ::llvm::StringLiteral getUtilizationAttrName() { return "analog.utilization"; }
    void registerAttributes();
    void registerTypes();
  }];
  let hasOperationAttrVerify = 1;
}

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

class Analog_Type<string name, string typeMnemonic> : TypeDef<Analog_Dialect, name> {
  let mnemonic = typeMnemonic;
}

def Analog_Voltage : Analog_Type<"Voltage", "voltage"> {
  let summary = "what a DAC puts on a row of a crossbar";
  let description = [{
    An amplitude or pulse width that stands for one digit X of the input code; only `analog.dac` makes it and only `analog.mvm`
    consumes it. It is an element type of tensors.
  }];
}

def Analog_Current : Analog_Type<"Current", "current"> {
  let summary = "what a column of a crossbar hands to its ADC";
  let description = [{
    A column sum in units of one input digit times one conductance digit, pedestal removed; only `analog.mvm` makes
    it and only `analog.adc` consumes it. It is an element type of tensors.
  }];
}

//===----------------------------------------------------------------------===//
// Enumerations
//===----------------------------------------------------------------------===//

class Analog_Enum<string name, string enumSummary, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, enumSummary, cases> {
  let cppNamespace = "::aimc::analog";
  let genSpecializedAttr = 0;
}
class Analog_EnumAttr<EnumInfo info, string enumMnemonic> : EnumAttr<Analog_Dialect, info, enumMnemonic> {
  let assemblyFormat = "`<` $value `>`";
}

// The numbers are those of runtime/schema/aimc.fbs.
def Analog_Encoding : Analog_Enum<"Encoding", "how a signed level becomes conductances", [
  I32EnumAttrCase<"Differential", 0, "differential">, I32EnumAttrCase<"Offset", 1, "offset">]>;
def Analog_ScaleGranularity : Analog_Enum<"ScaleGranularity", "which weights share one scale", [
  I32EnumAttrCase<"Column", 0, "column">, I32EnumAttrCase<"Tile", 1, "tile">, I32EnumAttrCase<"Matrix", 2, "matrix">]>;
def Analog_DeviceModel : Analog_Enum<"DeviceModel", "physics of a cell", [
  I32EnumAttrCase<"Ideal", 0, "ideal">, I32EnumAttrCase<"Pcm", 1, "pcm">, I32EnumAttrCase<"PcmHermes", 2, "pcm_hermes">,
  I32EnumAttrCase<"RramNeurram", 3, "rram_neurram">, I32EnumAttrCase<"RramMilo", 4, "rram_milo">,
  I32EnumAttrCase<"Sonos", 5, "sonos">, I32EnumAttrCase<"PcmHermesPair", 6, "pcm_hermes_pair">,
  I32EnumAttrCase<"NormalIndependent", 7, "normal_independent">, I32EnumAttrCase<"NormalProportional", 8, "normal_proportional">,
  I32EnumAttrCase<"NormalInverse", 9, "normal_inverse">, I32EnumAttrCase<"UniformIndependent", 10, "uniform_independent">,
  I32EnumAttrCase<"UniformProportional", 11, "uniform_proportional">, I32EnumAttrCase<"UniformInverse", 12, "uniform_inverse">]>;
def Analog_ReadNoise : Analog_Enum<"ReadNoise", "how much a cell deviates from one product to the next", [
  I32EnumAttrCase<"None", 0, "none">, I32EnumAttrCase<"Device", 1, "device">, I32EnumAttrCase<"Independent", 2, "independent">,
  I32EnumAttrCase<"Proportional", 3, "proportional">]>;
def Analog_IrDrop : Analog_Enum<"IrDrop", "what the resistance of wires does", [
  I32EnumAttrCase<"None", 0, "none">, I32EnumAttrCase<"Approximate", 1, "approximate">, I32EnumAttrCase<"Exact", 2, "exact">]>;
def Analog_Kind : Analog_Enum<"Kind", "what a matrix product is in the network", [
  I32EnumAttrCase<"MatMul", 0, "matmul">, I32EnumAttrCase<"Convolution", 1, "convolution">,
  I32EnumAttrCase<"RecurrentInput", 2, "recurrent_input">, I32EnumAttrCase<"RecurrentState", 3, "recurrent_state">]>;
def Analog_Layout : Analog_Enum<"Layout", "where the parts of one logical cell lie", [
  I32EnumAttrCase<"Cell", 0, "cell">,               // in one unit cell
  I32EnumAttrCase<"Interleaved", 1, "interleaved">, // in neighbouring columns of one array
  I32EnumAttrCase<"Separate", 2, "separate">]>;     // at the same place of arrays of their own

def Analog_KindAttr : Analog_EnumAttr<Analog_Kind, "kind">;

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

class Analog_Attr<string name, string attrMnemonic> : AttrDef<Analog_Dialect, name> {
  let mnemonic = attrMnemonic;
}

class DefaultEnum<EnumInfo info, string value> : EnumParameter<info> {
  let defaultValue = info.cppNamespace # "::" # info.className # "::" # value;
}
// A float64, kept as APFloat because attributes are hashed.
class DoubleParameter<string value> : APFloatParameter<"a float64"> {
  let parser = [{[&]() -> ::mlir::FailureOr<::llvm::APFloat> {
    double number;
    if ($_parser.parseFloat(number))
      return ::mlir::failure();
    return ::llvm::APFloat(number);
  }()}];
  let printer = "$_printer.printFloat($_self)";
  let defaultValue = "::llvm::APFloat(" # value # ")";
}
class DefaultInt<string value> : DefaultValuedParameter<"int64_t", value>;
class DefaultBool<string value> : DefaultValuedParameter<"bool", value>;

def Analog_TargetAttr : Analog_Attr<"Target", "target"> {
  let summary = "the chip that a module is compiled for";
  let description = [{
    All that passes need to know of a target description (`targets/*.yaml`); the module attribute `analog.target` holds it.

    | parameter | meaning |
    |---|---|
    | `tile_rows`, `tile_columns` | R, C: logical weights of a tile |
    | `array_rows`, `array_columns` | unit cells of a physical array |
    | `arrays_per_chip`, `chips` | how many arrays there are |
    | `encoding` | `differential` (d⁺, d⁻ subtracted before the ADC) or `offset` (D + 2^(bw−1)) |
    | `weight_bits`, `cell_bits` | bw ≥ 2 with sign; c: bits of one cell |
    | `unit_column` | offset encoding: the offset is measured by a column, not computed |
    | `scale` | weights that share a scale: a `column` of a tile, a `tile`, the `matrix` |
    | `slice_layout`, `polarity_layout` | where parts lie: same unit `cell`, `interleaved` columns, `separate` arrays |
    | `input_bits`, `input_slice_bits` | bx (signed codes need ≥ 2); v: bits of one input slice, 0: all in one |
    | `adc_bits` | B ≥ 2; 0: ideal |
    | `device`, `g_min`, `g_max` | physics of a cell; conductances in microsiemens |
    | `devices_per_weight` | F: devices that share a target and are averaged |
    | `programming_noise`, `output_noise` | what `noisy` includes; output noise in LSB of the ADC |
    | `magnitude` | m of the generic devices |
    | `stuck_at_g_min`, `stuck_at_g_max` | probabilities that a device is stuck |
    | `read_noise`, `read_magnitude` | how cells deviate from one product to the next, and how much |
    | `input_noise` | deviation of an input digit, in parts of its largest |
    | `gain_error`, `offset_error`, `dnl`, `inl` | deviations over the ADCs of columns; all but the gain's in LSB |
    | `nonlinearity` | κ of v / (1 + abs(κv/A)) before the ADC |
    | `wire_resistance`, `ir_drop` | ohm between neighbouring cells, and what of it `noisy` includes |
    | `gated_rows` | idle rows float instead of being held at the reference potential |

    Example:

    ```mlir
    #analog.target<name = "small", tile_rows = 4, tile_columns = 4, array_rows = 4, array_columns = 8,
                   arrays_per_chip = 16, weight_bits = 8, cell_bits = 7, input_bits = 8, adc_bits = 8,
                   device = pcm, g_min = 0.0, g_max = 25.0, programming_noise = true, output_noise = 0.5>
    ```
  }];
  let parameters = (ins StringRefParameter<"name">:$name,
    "int64_t":$tile_rows, "int64_t":$tile_columns, "int64_t":$array_rows, "int64_t":$array_columns,
    DefaultInt<"1">:$arrays_per_chip, DefaultInt<"1">:$chips,
    DefaultEnum<Analog_Encoding, "Differential">:$encoding,
    DefaultInt<"8">:$weight_bits, DefaultInt<"7">:$cell_bits, DefaultBool<"false">:$unit_column,
    DefaultEnum<Analog_ScaleGranularity, "Column">:$scale,
    DefaultEnum<Analog_Layout, "Interleaved">:$slice_layout, DefaultEnum<Analog_Layout, "Interleaved">:$polarity_layout,
    DefaultInt<"8">:$input_bits, DefaultInt<"0">:$input_slice_bits, DefaultInt<"8">:$adc_bits,
    DefaultEnum<Analog_DeviceModel, "Ideal">:$device, DoubleParameter<"0.0">:$g_min, DoubleParameter<"25.0">:$g_max,
    DefaultInt<"1">:$devices_per_weight, DefaultBool<"false">:$programming_noise, DoubleParameter<"0.0">:$output_noise,
    DefaultEnum<Analog_ReadNoise, "None">:$read_noise, DefaultEnum<Analog_IrDrop, "None">:$ir_drop,
    DefaultBool<"false">:$gated_rows,
    // runtime/include/aimc/parameters.def, in its order
    DoubleParameter<"0.0">:$magnitude, DoubleParameter<"0.0">:$stuck_at_g_min, DoubleParameter<"0.0">:$stuck_at_g_max,
    DoubleParameter<"0.0">:$read_magnitude, DoubleParameter<"0.0">:$input_noise, DoubleParameter<"0.0">:$gain_error,
    DoubleParameter<"0.0">:$offset_error, DoubleParameter<"0.0">:$dnl, DoubleParameter<"0.0">:$inl,
    DoubleParameter<"0.0">:$nonlinearity, DoubleParameter<"0.0">:$wire_resistance);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// S: slices of one weight.
    int64_t getSlices() const;
    /// v: bits of one input slice for `isSigned` input codes, at most all bits of their magnitude.
    int64_t getInputSliceBits(bool isSigned) const;
    /// V: input slices.
    int64_t getInputSlices(bool isSigned) const;
    /// 2 for differential encoding, 1 for offset.
    int64_t getPolarities() const { return getEncoding() == Encoding::Differential ? 2 : 1; }
    /// Columns of a physical array that one logical column takes.
    int64_t getColumnStride() const;
    /// Arrays (at the same place) that one logical tile takes.
    int64_t getArraysPerTile() const;
  }];
}

def Analog_GridAttr : Analog_Attr<"Grid", "grid"> {
  let summary = "how a matrix is cut into tiles";
  let description = [{
    Row tile t holds rows [t·tile_rows, min((t+1)·tile_rows, K)); column tiles likewise.

    Example: `#analog.grid<tile_rows = 4, tile_columns = 8, row_tiles = 3, column_tiles = 1>`
  }];
  let parameters = (ins "int64_t":$tile_rows, "int64_t":$tile_columns, "int64_t":$row_tiles, "int64_t":$column_tiles);
  let assemblyFormat = "`<` struct(params) `>`";
}

def Analog_CodingAttr : Analog_Attr<"Coding", "coding"> {
  let summary = "how levels stand for weights, and digits for levels";
  let description = [{
    As in `#analog.target`; `slices` is S = ceil((bw−1)/c), for offset encoding ceil(bw/c).

    Example: `#analog.coding<encoding = differential, weight_bits = 8, cell_bits = 7, slices = 1>`
  }];
  let parameters = (ins DefaultEnum<Analog_Encoding, "Differential">:$encoding, "int64_t":$weight_bits, "int64_t":$cell_bits,
    "int64_t":$slices, DefaultBool<"false">:$unit_column, DefaultEnum<Analog_ScaleGranularity, "Column">:$scale);
  let assemblyFormat = "`<` struct(params) `>`";
  let genVerifyDecl = 1;
}

def Analog_PlacementAttr : Analog_Attr<"Placement", "placement"> {
  let summary = "where one tile's cells of one slice and polarity lie";
  let description = [{
    Logical column j of the tile is column `column` + j·`column_stride` of the array, its row i is row `row` + i; `rows` and
    `columns` count logical rows and columns. Polarity 0 is positive (or offset), 1 negative.

    Example: `#analog.placement<group = 0, row_tile = 1, column_tile = 0, array = 3, row = 0, column = 1, rows = 4, columns = 2,
    column_stride = 2, polarity = 1>`
  }];
  let parameters = (ins "int64_t":$group, "int64_t":$row_tile, "int64_t":$column_tile,
    DefaultInt<"0">:$slice, DefaultInt<"0">:$polarity, DefaultInt<"0">:$chip, "int64_t":$array,
    "int64_t":$row, "int64_t":$column, "int64_t":$rows, "int64_t":$columns, DefaultInt<"1">:$column_stride);
  let assemblyFormat = "`<` struct(params) `>`";
}

#endif // AIMC_DIALECT_ANALOG_BASE
