#include "devnet_processes.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <deque>
#include <fstream>
#include <thread>

#include "command.hpp"

namespace ol::app {
namespace {

constexpr std::chrono::seconds kStopPatience{15};

std::string describe_end(int status) {
  if (WIFSIGNALED(status)) {
    return std::string("was ended by signal ") + std::to_string(WTERMSIG(status)) + " (" +
           ::strsignal(WTERMSIG(status)) + ")";
  }
  return "stopped with exit status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

bool port_is_free(const std::string& host, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) return true;
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return true;
  // As the nodes listen: connections that ended lately do not hold the port.
  const int reuse = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
  const bool in_use =
      ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
      errno == EADDRINUSE;
  ::close(fd);
  return !in_use;
}

DevnetProcesses::~DevnetProcesses() {
  stop();
}

pid_t DevnetProcesses::start(std::uint32_t i) {
  const std::filesystem::path node_home = home_ / ("node" + std::to_string(i));
  const std::string log = (node_home / "node.log").string();
  const std::string home_text = node_home.string();
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) throw CommandError(std::string("cannot start a process: ") + std::strerror(errno));
  if (pid == 0) {
    // Only async-signal-safe calls until exec. A signal of the terminal goes to the parent, which
    // stops its nodes in order.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    ::setpgid(0, 0);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    const int fd = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    ::dup2(fd, STDOUT_FILENO);
    ::dup2(fd, STDERR_FILENO);
    // The list ends at its first null.
    const char* const more = test_protocols_ ? "--p2p-test-protocols" : nullptr;
    ::execl("/proc/self/exe", "openliquid", "start", "--home", home_text.c_str(), more, nullptr);
    ::_exit(127);
  }
  processes_.push_back({i, pid});
  return pid;
}

std::vector<DevnetProcesses::Ended> DevnetProcesses::ended() {
  std::vector<Ended> out;
  std::erase_if(processes_, [&](const Process& process) {
    int status = 0;
    if (::waitpid(process.pid, &status, WNOHANG) != process.pid) return false;
    out.push_back({process.index, describe_end(status)});
    return true;
  });
  return out;
}

void DevnetProcesses::stop() {
  for (const Process& process : processes_)
    ::kill(process.pid, SIGTERM);
  const auto deadline = std::chrono::steady_clock::now() + kStopPatience;
  while (!processes_.empty() && std::chrono::steady_clock::now() < deadline) {
    static_cast<void>(ended());
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  for (const Process& process : processes_) {
    ::kill(process.pid, SIGKILL);
    ::waitpid(process.pid, nullptr, 0);
  }
  processes_.clear();
}

std::size_t DevnetProcesses::running() const {
  return processes_.size();
}

std::string DevnetProcesses::log_tail(std::uint32_t i, std::size_t lines) const {
  std::ifstream in(home_ / ("node" + std::to_string(i)) / "node.log");
  std::deque<std::string> last;
  for (std::string line; std::getline(in, line);) {
    last.push_back(line);
    if (last.size() > lines) last.pop_front();
  }
  std::string out;
  for (const std::string& line : last)
    out += "  " + line + "\n";
  return out;
}

}  // namespace ol::app
