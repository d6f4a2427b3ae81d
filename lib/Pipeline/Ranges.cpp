//===- Ranges.cpp -----------------------------------------------------------------------------------------------===//
#include "aimc/Pipeline/Ranges.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

using namespace aimc;

llvm::Error aimc::saveRanges(const Ranges &ranges, llvm::StringRef path) {
  std::error_code error;
  llvm::raw_fd_ostream os(path, error);
  if (error)
    return llvm::createStringError(error, "cannot write ranges to %s: %s", path.str().c_str(), error.message().c_str());
  llvm::json::OStream json(os, /*IndentSize=*/1);
  json.object([&] {
    for (const auto &[node, layer] : ranges)
      json.attributeObject(llvm::json::fixUTF8(node), [&, &layer = layer] {
        if (layer.alpha)
          json.attribute("alpha", *layer.alpha);
        if (!layer.tileAlpha.empty())
          json.attributeArray("alpha", [&] {
            for (float alpha : layer.tileAlpha)
              json.value(alpha);
          });
        if (!layer.adcRange.empty())
          json.attributeArray("adc_range", [&] {
            for (float range : layer.adcRange)
              json.value(range);
          });
      });
  });
  os << '\n';
  os.close();
  if (os.has_error())
    return llvm::createStringError(os.error(), "cannot write ranges to %s", path.str().c_str());
  return llvm::Error::success();
}
