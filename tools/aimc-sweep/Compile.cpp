#include "Compile.h"
#include "Command.h"
#include "Journal.h"
#include "Progress.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <unistd.h>

namespace aimc::tools {

namespace fs = std::filesystem;

std::string findCompiler() {
  std::error_code error;
  fs::path own = fs::read_symlink("/proc/self/exe", error);
  fs::path beside = own.parent_path() / "aimc-compile";
  return !error && fs::exists(beside, error) ? beside.string() : "aimc-compile";
}

static std::string stampOf(const fs::path &file) {
  std::error_code error;
  auto size = fs::file_size(file, error);
  auto time = fs::last_write_time(file, error);
  return error ? "-" : std::to_string(size) + "@" + std::to_string(time.time_since_epoch().count());
}

/// Sizes and times of the files beside the model that its bytes name: external data.
static std::string externalStamps(const std::string &model) {
  std::ifstream file(model, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::vector<std::string> stamps;
  std::error_code error;
  for (const fs::directory_entry &entry : fs::directory_iterator(fs::absolute(model).parent_path(), error)) {
    std::string name = entry.path().filename().string();
    if (entry.is_regular_file(error) && name != fs::path(model).filename() && bytes.find(name) != std::string::npos)
      stamps.push_back(name + ":" + stampOf(entry.path()));
  }
  std::sort(stamps.begin(), stamps.end());
  return listOf(stamps);
}

/// The contents behind an argument: of the file, or the files of the folder, that it or what follows its '=' names; of a
/// target's description wherever the compiler would find it. Empty when it names none.
static Result<std::string> contentsOf(const std::string &argument, const std::string &compiler) {
  std::string value =
      argument.substr(0, 2) == "--" ? argument.substr(std::min(argument.find('='), argument.size() - 1) + 1) : argument;
  std::vector<fs::path> candidates = {value, argument.substr(argument.rfind('=') + 1)};
  if (argument.rfind("--target=", 0) == 0) {
    std::string path = std::getenv("AIMC_TARGET_PATH") ? std::getenv("AIMC_TARGET_PATH") : "";
    for (size_t begin = 0, end; begin < path.size(); begin = end + 1) {
      end = std::min(path.find(':', begin), path.size());
      candidates.push_back(fs::path(path.substr(begin, end - begin)) / (value + ".yaml"));
    }
    candidates.push_back(fs::path(compiler).parent_path() / "../share/aimc/targets" / (value + ".yaml"));
    candidates.push_back(fs::path(AIMC_TARGET_DIR) / (value + ".yaml"));
  }
  std::error_code error;
  for (const fs::path &candidate : candidates) {
    std::vector<fs::path> files;
    if (fs::is_regular_file(candidate, error))
      files.push_back(candidate);
    else if (!candidate.empty() && fs::is_directory(candidate, error))
      for (const fs::directory_entry &entry : fs::directory_iterator(candidate, error))
        if (entry.is_regular_file(error))
          files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    std::string text;
    for (const fs::path &file : files) {
      Result<uint64_t> hash = hashFile(file.string());
      if (!hash)
        return hash.failure();
      text += file.filename().string() + ":" + hashText(*hash) + ";";
    }
    if (!text.empty())
      return text;
  }
  return std::string();
}

/// NAME-HASH.aimc.
static Result<std::string> cacheName(const ContainerSource &source, const std::string &compiler) {
  Result<uint64_t> model = hashFile(source.model);
  if (!model)
    return model.failure();
  std::string identity = hashText(*model) + "\n" + externalStamps(source.model) + "\n" + stampOf(compiler) + "\n";
  for (const std::string &argument : source.arguments) {
    Result<std::string> contents = contentsOf(argument, compiler);
    if (!contents)
      return contents.failure();
    identity += argument + "\n" + *contents + "\n";
  }
  return fs::path(source.model).stem().string() + "-" + hashText(hashBytes(identity)) + ".aimc";
}

/// Compiles one model to `path`, through a file of another name, so that what is there is whole.
static Status compileOne(const ContainerSource &source, const CompileSettings &settings, const std::string &path) {
  std::string unfinished = path + "." + std::to_string(getpid());
  std::vector<std::string> words = {settings.compiler, source.model, "-o", unfinished, "--quiet"};
  words.insert(words.end(), source.arguments.begin(), source.arguments.end());
  Status status = runCommand(words, unfinished + ".log", "compiling", "--compiler=PATH names the compiler");
  std::error_code error;
  fs::remove(unfinished + ".log", error);
  if (!status) {
    fs::remove(unfinished, error);
    return status;
  }
  fs::rename(unfinished, path, error);
  if (error)
    return Failure{path + ": cannot write: " + error.message()};
  return {};
}

std::vector<Result<std::string>> compileAll(const std::vector<ContainerSource> &sources, const CompileSettings &settings) {
  std::vector<Result<std::string>> paths;
  std::vector<size_t> missing;
  std::set<std::string> begun;
  std::error_code error;
  for (size_t i = 0; i < sources.size(); ++i) {
    paths.emplace_back(sources[i].model);
    if (sources[i].isCompiled())
      continue;
    Result<std::string> name = cacheName(sources[i], settings.compiler);
    paths[i] = name ? Result<std::string>((fs::path(settings.cache) / *name).string()) : name.failure();
    if (paths[i] && !fs::exists(*paths[i], error) && begun.insert(*paths[i]).second)
      missing.push_back(i);
  }
  if (missing.empty())
    return paths;
  fs::create_directories(settings.cache, error);

  std::optional<Progress> progress;
  if (!settings.quiet)
    progress.emplace("compiling", static_cast<int64_t>(missing.size()));
  std::atomic<size_t> next{0};
  std::mutex mutex;
  std::map<std::string, std::string> failures; // by path
  int64_t done = 0;
  auto work = [&] {
    for (size_t i; (i = next++) < missing.size();) {
      const std::string &path = *paths[missing[i]];
      Status status = error ? Status(Failure{settings.cache + ": cannot create: " + error.message()})
                            : compileOne(sources[missing[i]], settings, path);
      std::lock_guard<std::mutex> lock(mutex);
      if (!status) {
        failures[path] = status.error();
        if (settings.failFast)
          next = missing.size();
      }
      if (progress)
        progress->update(++done);
    }
  };
  std::vector<std::thread> workers;
  for (size_t i = 0; i < std::min(missing.size(), static_cast<size_t>(settings.jobs)); ++i)
    workers.emplace_back(work);
  for (std::thread &worker : workers)
    worker.join();
  for (Result<std::string> &path : paths)
    if (auto failure = path ? failures.find(*path) : failures.end(); failure != failures.end())
      path = Failure{failure->second};
  return paths;
}

} // namespace aimc::tools
