#include "Layer.h"

#include <algorithm>
#include <math.h>

namespace aimc::simulator {

/// Offsets and coefficients stay this small, so that indices never leave int64.
static constexpr int64_t coefficientLimit = int64_t(1) << 40;

static bool readMap(const fb::AffineIndex &index, int dims, AffineMap &out) {
  uint64_t axes = index.offsets()->size();
  if (axes < 1 || axes > maxAxes || index.coefficients()->size() != axes * uint64_t(dims))
    return false;
  out.axes = int(axes);
  out.dims = dims;
  out.offsets = index.offsets()->data();
  out.coefficients = index.coefficients()->data();
  for (uint64_t i = 0; i < axes; ++i)
    if (llabs(out.offsets[i]) > coefficientLimit)
      return false;
  for (uint64_t i = 0; i < axes * uint64_t(dims); ++i)
    if (llabs(out.coefficients[i]) > coefficientLimit)
      return false;
  return true;
}

static aimc_status readAddressing(const aimc_driver_host *host, const fb::Dispatch &info, Layer &out) {
  out.kDims = info.k_sizes() ? int(info.k_sizes()->size()) : 0;
  out.rowDims = int(info.row_dims());
  if (info.row_dims() > maxDims - 2 || out.rowDims + 1 + out.kDims > maxDims)
    return fail(host, AIMC_UNSUPPORTED, "%s: more than %d loop dimensions", out.node, maxDims);
  int64_t k = 1;
  for (int d = 0; d < out.kDims; ++d) {
    int64_t size = info.k_sizes()->Get(unsigned(d));
    if (size < 1 || size > out.crossbar->rows)
      return fail(host, AIMC_INVALID_MODEL, "%s: K dimension of size %lld, the matrix has %lld rows", out.node, (long long)size,
                  (long long)out.crossbar->rows);
    out.kSizes.push_back(size);
    k *= size;
    if (k > out.crossbar->rows)
      break;
  }
  if (k != out.crossbar->rows)
    return fail(host, AIMC_INVALID_MODEL, "%s: K dimensions hold %lld elements, the matrix has %lld rows", out.node,
                (long long)k, (long long)out.crossbar->rows);
  if (!readMap(*info.x(), out.rowDims + 1 + out.kDims, out.x) || !readMap(*info.y(), out.rowDims + 2, out.y))
    return fail(host, AIMC_INVALID_MODEL, "%s: index map of the wrong shape", out.node);
  for (int d = 0; d < out.rowDims; ++d) {
    int found = -1;
    for (int a = 0; a < out.y.axes && found < 0; ++a) {
      bool alone = out.y.coefficient(a, d) == 1;
      for (int other = 0; other < out.y.dims; ++other)
        alone &= other == d || out.y.coefficient(a, other) == 0;
      if (alone)
        found = a;
    }
    if (found < 0)
      return fail(host, AIMC_INVALID_MODEL, "%s: no axis of the result is row dimension %d alone", out.node, d);
    out.rowAxis.push_back(found);
  }
  out.scaleDims = info.scale_dims();
  out.batchDim = info.batch_dim();
  out.batchOuter = info.batch_outer();
  out.batchInner = info.batch_inner();
  if (out.batchDim >= out.rowDims || out.batchOuter < 1 || out.batchInner < 1)
    return fail(host, AIMC_INVALID_MODEL, "%s: batch dimension %d of %d row dimensions (outer %lld, inner %lld)", out.node,
                out.batchDim, out.rowDims, (long long)out.batchOuter, (long long)out.batchInner);
  return AIMC_OK;
}

static aimc_status readInputConverter(const aimc_driver_host *host, const fb::Dispatch &info, Layer &out) {
  out.dynamic = info.dynamic();
  out.isSigned = info.input_signed();
  out.inputBits = int(info.input_bits());
  out.sliceBits = int(info.input_slice_bits());
  out.inputSlices = int(info.input_slices());
  if (info.input_bits() < (out.isSigned ? 2u : 1u) || info.input_bits() > 16 || info.input_slice_bits() < 1 ||
      info.input_slice_bits() > 16)
    return fail(host, AIMC_UNSUPPORTED, "%s: %u-bit inputs in slices of %u bits; the simulator takes 1..16 (2..16 signed)",
                out.node, info.input_bits(), info.input_slice_bits());
  int magnitudeBits = out.inputBits - (out.isSigned ? 1 : 0);
  int slices = (magnitudeBits + out.sliceBits - 1) / out.sliceBits;
  if (out.inputSlices != slices)
    return fail(host, AIMC_INVALID_MODEL, "%s: %d input slices, %d bits in slices of %d need %d", out.node, out.inputSlices,
                magnitudeBits, out.sliceBits, slices);
  int digitBits = out.sliceBits < magnitudeBits ? out.sliceBits : magnitudeBits;
  if (digitBits > (out.isSigned ? 7 : 8))
    return fail(host, AIMC_UNSUPPORTED, "%s: %s input slices of %d bits; the simulator's have up to %d", out.node,
                out.isSigned ? "signed" : "unsigned", digitBits, out.isSigned ? 7 : 8);
  float q = float((1 << magnitudeBits) - 1);
  out.input = {out.isSigned ? -q : 0.0f, q, out.isSigned};
  out.largestInputDigit = (1 << digitBits) - 1;
  out.alpha = info.alpha() == 0.0f ? 1.0f : info.alpha();
  if (!out.dynamic && !(out.alpha > 0.0f && isfinite(out.alpha)))
    return fail(host, AIMC_INVALID_MODEL, "%s: input scale %g", out.node, double(out.alpha));
  if (!info.tile_alpha() || info.tile_alpha()->size() == 0)
    return AIMC_OK;
  if (out.dynamic || int64_t(info.tile_alpha()->size()) != out.crossbar->rowTiles)
    return fail(host, AIMC_INVALID_MODEL, "%s: %u input scales of row tiles, there are %lld%s", out.node,
                info.tile_alpha()->size(), (long long)out.crossbar->rowTiles, out.dynamic ? ", measured at run time" : "");
  for (float alpha : *info.tile_alpha()) {
    out.tileAlpha.push_back(alpha == 0.0f ? 1.0f : alpha);
    if (!(out.tileAlpha.back() > 0.0f && isfinite(alpha)))
      return fail(host, AIMC_INVALID_MODEL, "%s: input scale %g", out.node, double(alpha));
  }
  return AIMC_OK;
}

/// The full scale of the unit column's ADC: the data-free range of docs/numerics.md for a column of `rows` equal digits.
static float unitRange(const Layer &layer, int64_t rows, int32_t digit) {
  if (digit == 0)
    return 1.0f;
  double largest = double(layer.largestInputDigit), sum = double(rows) * digit, root = sqrt(double(rows)) * digit;
  double mean = layer.isSigned ? 0.0 : largest / 4, deviation = layer.isSigned ? largest / 3 : largest / 4;
  double bound = largest * sum, estimate = fabs(mean * sum) + 4 * deviation * root;
  return float(bound < estimate ? bound : estimate);
}

static aimc_status readOutputConverter(const LayerOptions &options, const fb::Dispatch &info, Layer &out) {
  const Crossbar &crossbar = *out.crossbar;
  const uint32_t adcBits = options.target->adc_bits() < 0 ? info.adc_bits() : uint32_t(options.target->adc_bits());
  out.ideal = adcBits == 0;
  if (adcBits == 1 || adcBits > 22)
    return fail(options.host, AIMC_UNSUPPORTED, "%s: %u-bit ADC; the simulator takes 2..22", out.node, adcBits);
  const void *ranges;
  uint64_t count =
      uint64_t(crossbar.groups) * uint64_t(crossbar.rowTiles) * uint64_t(crossbar.columns) * uint64_t(crossbar.slices);
  if (aimc_status status = readBlob(options.host, info.adc_range(), count * sizeof(float), "adc_range", out.node, &ranges))
    return status;
  const float *range = static_cast<const float *>(ranges);
  if (!out.ideal && !range)
    return info.adc_bits()
               ? fail(options.host, AIMC_INVALID_MODEL, "%s: an ADC of %u bits without ranges", out.node, adcBits)
               : fail(options.host, AIMC_INVALID_ARGUMENT,
                      "%s: compiled for an ideal ADC, so that one of %u bits has no ranges; compile it with adc.bits", out.node,
                      adcBits);
  bool isUnsigned = info.adc_unsigned();
  if (isUnsigned && (!crossbar.offset || out.isSigned))
    return fail(options.host, AIMC_INVALID_MODEL, "%s: an unsigned ADC needs offset encoding and inputs >= 0", out.node);
  if (!out.ideal) {
    out.highestCode = float((1 << (adcBits - (isUnsigned ? 0 : 1))) - 1);
    out.lowestCode = isUnsigned ? 0.0f : -out.highestCode;
  }
  const Effects &effects = options.effects;
  const float outputNoise = effects.isOn(AIMC_EFFECT_OUTPUT_NOISE) ? options.target->output_noise() : 0.0f;
  out.outputNoise = outputNoise > 0.0f;
  if (effects.isOn(AIMC_EFFECT_INPUT_NOISE))
    out.inputNoise = 16.0f * (options.target->input_noise() * float(out.largestInputDigit));
  if (out.ideal && effects.isOn(AIMC_EFFECT_ADC_LINEARITY))
    return fail(options.host, AIMC_UNSUPPORTED,
                "%s: an ideal ADC has no thresholds that adc.dnl and adc.inl could move; disable "
                "adc-linearity",
                out.node);
  if (out.ideal && effects.isOn(AIMC_EFFECT_NONLINEARITY))
    return fail(options.host, AIMC_UNSUPPORTED,
                "%s: an ideal ADC has no full scale, against which adc.nonlinearity is measured; "
                "disable nonlinearity",
                out.node);
  if (effects.isOn(AIMC_EFFECT_ADC_LINEARITY) && adcBits > uint32_t(maxThresholdBits))
    return fail(options.host, AIMC_UNSUPPORTED,
                "%s: an ADC of %u bits; thresholds of at most %d bits are simulated one by one, disable "
                "adc-linearity",
                out.node, adcBits, maxThresholdBits);

  for (const Tile &tile : crossbar.tiles) {
    TileConverters converters;
    for (int64_t s = 0; s < crossbar.slices; ++s)
      for (int64_t j = 0; j < tile.columns; ++j) {
        const double gamma = tile.gamma.empty() ? 1.0 : double(tile.gamma[size_t(j)]);
        const double weight = gamma * double(uint64_t(1) << (uint64_t(s) * crossbar.cellBits));
        converters.idealScale.push_back(weight / crossbar.stepsPerDigit);
        if (out.ideal) {
          if (out.outputNoise)
            converters.noiseScale.push_back(outputNoise);
          continue;
        }
        int64_t column = (int64_t(tile.group) * crossbar.rowTiles + tile.rowTile) * crossbar.columns + tile.n0 + j;
        float a = j < tile.width ? range[column * crossbar.slices + s] : unitRange(out, tile.rows, crossbar.unitDigit(s));
        float ka = out.highestCode / a;
        float delta = float(1.0 / double(ka));
        if (!(a > 0.0f) || !isfinite(a) || !isfinite(ka) || !isfinite(delta))
          return fail(options.host, AIMC_INVALID_MODEL, "%s: ADC range %g of column %lld, slice %lld, row tile %u", out.node,
                      double(a), (long long)(tile.n0 + j), (long long)s, tile.rowTile);
        converters.ka.push_back(ka);
        converters.scale.push_back(weight * double(delta));
        if (out.outputNoise)
          converters.noiseScale.push_back(outputNoise * delta);
      }
    if (options.converters.any())
      out.errors.push_back(drawConverterErrors(options.converters, crossbar, tile, out.ideal ? nullptr : converters.ka.data(),
                                               out.lowestCode, out.highestCode));
    out.converters.push_back(static_cast<TileConverters &&>(converters));
  }
  return AIMC_OK;
}

/// How a layer wants the rows [R] of its crossbar: those of a tile sorted by all K dims but the one along x's last axis, then
/// by that one. Empty: as they are.
static std::vector<int32_t> wantedOrder(const fb::Dispatch &info, const Crossbar &crossbar) {
  const int64_t kDims = info.k_sizes() ? info.k_sizes()->size() : 0, dims = info.row_dims() + 1 + kDims;
  const int64_t axes = info.x()->offsets()->size();
  if (axes < 1 || int64_t(info.x()->coefficients()->size()) != axes * dims)
    return {};
  int64_t inner = -1, behind = 1, count = 1;
  for (int64_t d = 0; d < kDims; ++d) {
    const int64_t size = info.k_sizes()->Get(unsigned(d));
    if (size < 1 || size > crossbar.rows || count > crossbar.rows)
      return {};
    count *= size;
    behind *= size;
    const int64_t coefficient = info.x()->coefficients()->Get(unsigned((axes - 1) * dims + info.row_dims() + 1 + d));
    if (coefficient == 0)
      continue;
    if (coefficient != 1 || inner >= 0)
      return {};
    inner = size;
    behind = 1;
  }
  if (inner < 0 || behind == 1 || count != crossbar.rows)
    return {};
  std::vector<int32_t> order(size_t(crossbar.rows));
  for (int64_t k = 0; k < crossbar.rows; ++k)
    order[size_t(k)] = int32_t(k);
  auto key = [&](int64_t k) { return std::pair(k / (inner * behind) * behind + k % behind, k / behind % inner); };
  for (int64_t k0 = 0; k0 < crossbar.rows; k0 += crossbar.tileRows)
    std::sort(order.begin() + k0, order.begin() + std::min(k0 + crossbar.tileRows, crossbar.rows),
              [&](int32_t a, int32_t b) { return key(a) < key(b); });
  return order;
}

void orderRows(const fb::Model &model, std::vector<Crossbar> &crossbars) {
  std::vector<bool> seen(crossbars.size());
  for (const fb::Dispatch *dispatch : *model.dispatches()) {
    if (dispatch->crossbar() >= crossbars.size())
      continue;
    Crossbar &crossbar = crossbars[dispatch->crossbar()];
    std::vector<int32_t> order = wantedOrder(*dispatch, crossbar);
    if (seen[dispatch->crossbar()] && order != crossbar.order)
      order.clear();
    crossbar.order = std::move(order);
    seen[dispatch->crossbar()] = true;
  }
  for (Crossbar &crossbar : crossbars) {
    crossbar.places.resize(crossbar.order.size());
    for (size_t at = 0; at < crossbar.order.size(); ++at)
      crossbar.places[size_t(crossbar.order[at])] = int32_t(int64_t(at) % crossbar.tileRows);
  }
}

void correctLayer(const aimc_correction &correction, Layer &layer) {
  for (uint32_t n = 0; n < correction.count; ++n) {
    const double scale = double(correction.scale[n]), bias = layer.bias ? double(layer.bias[n]) : 0.0;
    const double a = layer.affineScale ? double(layer.affineScale[n]) : 1.0;
    const double o = layer.affineOffset ? double(layer.affineOffset[n]) : 0.0;
    layer.correctedScale.push_back(float(scale * a));
    layer.correctedOffset.push_back(float((scale * o + (scale - 1.0) * bias) + double(correction.offset[n])));
  }
  layer.affineScale = layer.correctedScale.data();
  layer.affineOffset = layer.correctedOffset.data();
}

aimc_status readLayer(const LayerOptions &options, const fb::Dispatch &info, const std::vector<Crossbar> &crossbars,
                      Layer &out) {
  const aimc_driver_host *host = options.host;
  out.info = &info;
  out.node = info.node()->c_str();
  if (info.crossbar() >= crossbars.size())
    return fail(host, AIMC_INVALID_MODEL, "%s: crossbar %u of %zu", out.node, info.crossbar(), crossbars.size());
  out.crossbar = &crossbars[info.crossbar()];
  const Crossbar &crossbar = *out.crossbar;
  if (aimc_status status = readAddressing(host, info, out))
    return status;

  uint64_t vectorBytes = uint64_t(crossbar.groups) * uint64_t(crossbar.columns) * sizeof(float);
  const struct {
    const fb::Blob *blob;
    const char *name;
    const float **out;
  } vectors[] = {{info.bias(), "bias", &out.bias},
                 {info.affine_scale(), "affine_scale", &out.affineScale},
                 {info.affine_offset(), "affine_offset", &out.affineOffset}};
  for (const auto &vector : vectors) {
    const void *bytes;
    if (aimc_status status = readBlob(host, vector.blob, vectorBytes, vector.name, out.node, &bytes))
      return status;
    *vector.out = static_cast<const float *>(bytes);
  }
  out.tileBase = info.tile_base();
  if (out.tileBase > tileLimit - crossbar.tiles.size())
    return fail(host, AIMC_UNSUPPORTED, "%s: tile numbers beyond 2^24", out.node);
  if (!options.quantized)
    return AIMC_OK;

  if (aimc_status status = readInputConverter(host, info, out))
    return status;
  // One plane: sums and what the pedestal adds stay within int32.
  int64_t rows = crossbar.rows < crossbar.tileRows ? crossbar.rows : crossbar.tileRows;
  if (crossbar.planes == 1 && rows * out.largestInputDigit * 255 > INT32_MAX)
    return fail(host, AIMC_UNSUPPORTED, "%s: tiles of %lld rows; sums of input digits up to %lld leave 32 bits", out.node,
                (long long)rows, (long long)out.largestInputDigit);
  return readOutputConverter(options, info, out);
}

} // namespace aimc::simulator
