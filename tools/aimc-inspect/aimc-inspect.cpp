// Shows what is in a container.
#include "Summary.h"

#include "HelpFormatter.h"

#include <cstdio>

using namespace aimc::tools;

static const char *description = "Shows what is in a compiled network: the chip it is for, its layers and where they lie, what "
                                 "stayed digital and\nwhy, host code, sections.\n";

static const char *examples = R"(The file is verified first, as when it is run.

Examples
  aimc-inspect resnet14.aimc
  aimc-inspect resnet14.aimc --json | python3 -c 'import json, sys
  for layer in json.load(sys.stdin)["layers"]: print(layer["node"], layer["K"], layer["N"], layer["alpha"])'

--json has everything. Scalars of a layer have their names of docs/numerics.md:
  K, N, R, C, T     rows and columns of the matrix, of a tile; row tiles
  encoding          differential or offset
  bw, c, S, L       bits of a weight, in S digits of c bits; its largest level
  bx, signed        bits of an input, with a sign or not
  v, V, Q           bits and number of its slices; its largest code
  alpha, B          the input scale, a list for row tiles, or "dynamic"; bits of the ADC or "ideal"
  affine            {"a", "o"} or null
  directory         its directory of aimc-run --dump-layers)";

int main(int argc, char **argv) {
  std::string path;
  bool json = false;
  CLI::App app(description, "aimc-inspect");
  app.footer(examples);
  app.formatter(std::make_shared<HelpFormatter>());
  app.add_option("MODEL", path, "the compiled network, MODEL.aimc")->required();
  app.add_flag("--json", json, "one JSON object instead of tables");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success &request) {
    return app.exit(request);
  } catch (const CLI::ParseError &error) {
    std::fprintf(stderr, "aimc-inspect: %s; --help shows all\n", error.what());
    return 1;
  }

  auto container = aimc::Container::open(path);
  if (!container.ok()) {
    std::fprintf(stderr, "aimc-inspect: %s\n", container.status().message().c_str());
    return 1;
  }
  Json summary = summarize(**container, path);
  std::string text = json ? summary.dump(2, ' ', false, Json::error_handler_t::replace) + "\n" : toText(summary);
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    std::fprintf(stderr, "aimc-inspect: cannot write to standard output\n");
    return 1;
  }
  return 0;
}
