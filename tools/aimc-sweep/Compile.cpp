#include "Compile.h"
#include "Journal.h"
#include "Progress.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <spawn.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

extern char **environ;

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

/// Runs the compiler; what it says goes to the file `log`.
static Status runCompiler(const std::vector<std::string> &words, const std::string &log) {
  std::vector<char *> arguments;
  for (const std::string &word : words)
    arguments.push_back(const_cast<char *>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  pid_t child;
  int error = posix_spawnp(&child, words[0].c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0)
    return Failure{words[0] + ": cannot run the compiler: " + std::strerror(error) + "; --compiler=PATH names it"};
  int status;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR)
    ;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
    return {};
  std::ifstream stream(log);
  std::string said((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  while (!said.empty() && said.back() == '\n')
    said.pop_back();
  std::string command;
  for (const std::string &word : words)
    command += (command.empty() ? "" : " ") + word;
  return Failure{"compiling failed: " + command + "\n" + said};
}

/// Compiles one model to `path`, through a file of another name, so that what is there is whole.
static Status compileOne(const ContainerSource &source, const CompileSettings &settings, const std::string &path) {
  std::string unfinished = path + "." + std::to_string(getpid());
  std::vector<std::string> words = {settings.compiler, source.model, "-o", unfinished, "--quiet"};
  words.insert(words.end(), source.arguments.begin(), source.arguments.end());
  Status status = runCompiler(words, unfinished + ".log");
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

Result<std::vector<std::string>> compileAll(const std::vector<ContainerSource> &sources, const CompileSettings &settings) {
  std::vector<std::string> paths(sources.size());
  std::vector<size_t> missing;
  std::error_code error;
  for (size_t i = 0; i < sources.size(); ++i) {
    paths[i] = sources[i].model;
    if (sources[i].isCompiled())
      continue;
    Result<std::string> name = cacheName(sources[i], settings.compiler);
    if (!name)
      return name.failure();
    paths[i] = (fs::path(settings.cache) / *name).string();
    if (!fs::exists(paths[i], error) && std::find(paths.begin(), paths.begin() + static_cast<std::ptrdiff_t>(i), paths[i]) ==
                                            paths.begin() + static_cast<std::ptrdiff_t>(i))
      missing.push_back(i);
  }
  if (missing.empty())
    return paths;
  fs::create_directories(settings.cache, error);
  if (error)
    return Failure{settings.cache + ": cannot create: " + error.message()};

  std::optional<Progress> progress;
  if (!settings.quiet)
    progress.emplace("compiling", static_cast<int64_t>(missing.size()));
  std::atomic<size_t> next{0};
  std::mutex mutex;
  Status failure;
  int64_t done = 0;
  auto work = [&] {
    for (size_t i; (i = next++) < missing.size();) {
      Status status = compileOne(sources[missing[i]], settings, paths[missing[i]]);
      std::lock_guard<std::mutex> lock(mutex);
      if (!status) {
        if (failure)
          failure = status;
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
  if (!failure)
    return failure.failure();
  return paths;
}

} // namespace aimc::tools
