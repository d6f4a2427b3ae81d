// What aimc-inspect knows about a container, as JSON; the text is made from it.
#ifndef AIMC_TOOLS_INSPECT_SUMMARY_H
#define AIMC_TOOLS_INSPECT_SUMMARY_H

#include "Layers.h"

namespace aimc::tools {

/// Everything: file, inputs, outputs, target, crossbars with their placement, layers, digital nodes, host code, sections.
Json summarize(const Container &container, const std::string &path);

/// The same for people: tables, sizes with units.
std::string toText(const Json &summary);

} // namespace aimc::tools

#endif // AIMC_TOOLS_INSPECT_SUMMARY_H
