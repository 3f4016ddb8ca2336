// agenthub-hook: what git calls in a guarded repository, under the name of each hook. It lets no agent move a protected
// branch, writes down what people moved, and then becomes the hook of that name that was there before. It needs no hub.
#include "app/hook/caller.h"
#include "app/hook/refs.h"
#include "core/posix/fd.h"
#include "core/posix/guardfile.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

using namespace hub;
using namespace hub::hook;

namespace
{

constexpr std::string_view branchPrefix = "refs/heads/";

struct Guard {
    std::string folder;
    posix::GuardFile file;

    bool protects(std::string_view ref) const
    {
        return std::find(file.branches.begin(), file.branches.end(), ref) != file.branches.end();
    }
};

std::string ownPath()
{
    char path[PATH_MAX];
    const ssize_t size = ::readlink("/proc/self/exe", path, sizeof path);
    return size > 0 ? std::string(path, size_t(size)) : std::string();
}

// A file that can't be read guards the usual branches and chains the usual hooks: the one mistake that nobody would
// notice is to guard nothing.
Guard readGuard()
{
    Guard guard;
    const std::string self = ownPath();
    guard.folder = self.substr(0, self.rfind('/'));
    std::string text;
    std::string problem;
    if (const int failed = posix::readFileAt(AT_FDCWD, (guard.folder + '/' + posix::guardFileName).c_str(), text))
        problem = posix::errorText(failed);
    else
        problem = posix::decodeGuard(text, guard.file);
    if (!problem.empty()) {
        std::fprintf(stderr,
                     "agenthub: %s/%s: %s; main and master are guarded. Mend it: agenthubctl projects guard install\n",
                     guard.folder.c_str(), posix::guardFileName, problem.c_str());
        guard.file = {{"refs/heads/main", "refs/heads/master"}, false, guard.folder + "/../hooks"};
    }
    return guard;
}

std::string readInput()
{
    std::string text;
    char piece[65536];
    for (;;) {
        const ssize_t got = ::read(STDIN_FILENO, piece, sizeof piece);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return text;
        text.append(piece, size_t(got));
    }
}

// The hook that comes next reads what we have read.
void replayInput(const std::string &text)
{
    const posix::Fd copy(::memfd_create("input", MFD_CLOEXEC));
    size_t done = 0;
    while (copy.isOpen() && done < text.size()) {
        const ssize_t wrote = ::write(copy.get(), text.data() + done, text.size() - done);
        if (wrote <= 0)
            break;
        done += size_t(wrote);
    }
    if (!copy.isOpen() || done < text.size() || ::lseek(copy.get(), 0, SEEK_SET) != 0 ||
        ::dup2(copy.get(), STDIN_FILENO) < 0) {
        std::fprintf(stderr, "agenthub: cannot hand the hook its input: %s\n", posix::errorText(errno).c_str());
        std::exit(1);
    }
}

bool isRunnable(const std::string &path)
{
    struct stat info;
    return ::access(path.c_str(), X_OK) == 0 && ::stat(path.c_str(), &info) == 0 && !S_ISDIR(info.st_mode);
}

// A hook that came after the guard, as git would have found it by itself. Git looks for each at the moment when it
// wants to run it, so a link made now counts for this commit.
void linkLateHooks(const Guard &guard)
{
    const std::string target = std::string("../") + posix::guardProgram;
    for (const char *name : posix::guardLateHooks) {
        const std::string link = guard.folder + '/' + posix::guardHooks + '/' + name;
        if (isRunnable(guard.file.chain + '/' + name) && ::symlink(target.c_str(), link.c_str()) != 0 &&
            errno != EEXIST)
            std::fprintf(stderr, "agenthub: the hook %s does not run: %s: %s\n", name, link.c_str(),
                         posix::errorText(errno).c_str());
    }
}

// Becomes the hook of this name that was there before the guard: same arguments, its exit code is ours.
int chain(const std::string &folder, const std::string &name, char **arguments)
{
    const std::string path = folder + '/' + name;
    if (folder.empty() || !isRunnable(path) || sameFile(path, "/proc/self/exe")) // the last: led back to ourselves
        return 0;
    std::string program = path.find('/') == 0 ? path : "./" + path;
    arguments[0] = program.data();
    ::execvp(program.c_str(), arguments); // like git, gives a text without #! to the shell
    std::fprintf(stderr, "agenthub: cannot run the hook %s: %s\n", path.c_str(), posix::errorText(errno).c_str());
    return 1;
}

int refuse(std::string_view branch, const char *left)
{
    const std::string name(branch.substr(branch.starts_with(branchPrefix) ? branchPrefix.size() : 0));
    std::fprintf(stderr,
                 "agenthub: %s is protected: agents don't move it, and it is where it was.%s\n"
                 "agenthub: Commit on your own branch (git switch agent/NAME/TASK); a person brings it home with "
                 "agenthubctl finish-task.\n",
                 name.c_str(), left);
    return 1;
}

int checkCommit(const Guard &guard, const Repository &repository)
{
    const std::string branch = branchAtHead(repository);
    if (!guard.protects(branch))
        return 0;
    if (callerIsAgent())
        return refuse(branch, " Files and index are as they were.");
    if (!guard.file.everyone)
        return 0;
    std::fprintf(
        stderr,
        "agenthub: %s is protected from direct commits (setting git/protect_from). Files and index are as they "
        "were.\nagenthub: Commit on a branch and merge it; or git commit --no-verify, if you mean it.\n",
        branch.substr(branchPrefix.size()).c_str());
    return 1;
}

// One line per move with one write(2), so that lines of several gits never mix. What does not fit to disk is told, but
// holds no person up.
void writeDown(const Guard &guard, const std::vector<Move> &moves, std::string_view suffix)
{
    std::string text;
    for (const Move &move : moves) {
        text += std::to_string(posix::wallNanos() / 1000000) + ' ' + std::to_string(::getuid()) + ' ';
        text.append(move.from).append(1, ' ').append(move.to).append(1, ' ').append(move.ref).append(suffix) += '\n';
    }
    const posix::Fd file =
        posix::openAt(AT_FDCWD, (guard.folder + '/' + posix::guardMoves).c_str(), O_WRONLY | O_APPEND | O_CREAT, 0666);
    if (!file.isOpen() || ::write(file.get(), text.data(), text.size()) != ssize_t(text.size()))
        std::fprintf(stderr, "agenthub: this move could not be written down: %s\n", posix::errorText(errno).c_str());
}

// The hub's watcher takes a new value for a person's when it finds a line about it, so the line has to be there first.
// It says where the ref really stands, which git does not.
void intend(const Guard &guard, const Repository &repository, std::vector<Move> moves, bool packing)
{
    std::erase_if(moves, [&](const Move &move) { return leavesAsIs(repository, move, packing); });
    std::vector<std::string> from;
    for (const Move &move : moves)
        from.push_back(currentValue(repository, std::string(move.ref)));
    for (size_t i = 0; i < moves.size(); ++i) {
        if (!from[i].empty())
            moves[i].from = from[i];
    }
    writeDown(guard, moves, posix::guardIntended);
}

int checkTransaction(const Guard &guard, const Repository &repository, std::string_view state, const std::string &input)
{
    if (state != "prepared" && state != "committed")
        return 0;
    std::vector<Move> moves = parseMoves(input);
    std::erase_if(moves, [&](const Move &move) { return !guard.protects(move.ref); });
    if (moves.empty())
        return 0;
    const bool packing = callerPacksRefs();
    if (state == "committed") {
        if (!packing && !callerIsAgent())
            writeDown(guard, moves, {});
        return 0;
    }
    const auto moved = std::find_if(moves.begin(), moves.end(),
                                    [&](const Move &move) { return !leavesAsIs(repository, move, packing); });
    if (moved == moves.end())
        return 0;
    if (!callerIsAgent()) {
        intend(guard, repository, moves, packing);
        return 0;
    }
    return refuse(moved->ref, " Files or index may have changed: look at git status.");
}

// Lines are "<local ref> <local id> <remote ref> <remote id>". A backup holds the state of a person's files, and an
// agent's branch is a person's to publish.
int checkPush(const Guard &guard, std::string_view input)
{
    const auto isBackup = [](std::string_view ref) { return ref.starts_with("refs/heads/backup/"); };
    for (const Move &push : parseMoves(input)) {
        const std::string_view local = push.from;
        const std::string_view remote = push.ref.substr(0, push.ref.find(' '));
        const bool stays = isBackup(local) || isBackup(remote);
        const bool agents =
            guard.protects(remote) || local.starts_with("refs/heads/agent/") || remote.starts_with("refs/heads/agent/");
        if (!stays && !agents)
            continue;
        if (callerIsAgent()) {
            std::fprintf(
                stderr,
                "agenthub: agents don't push %s; nothing was sent.\nagenthub: Leave the work on your branch; a "
                "person publishes it with agenthubctl finish-task.\n",
                std::string(remote).c_str());
            return 1;
        }
        if (stays) {
            std::fprintf(stderr,
                         "agenthub: %s is a backup and holds uncommitted work, so it stays here; nothing was "
                         "sent.\nagenthub: git push --no-verify sends it all the same.\n",
                         std::string(local).c_str());
            return 1;
        }
    }
    return 0;
}

} // namespace

int main(int argc, char **argv)
{
    const std::string called = argc > 0 ? argv[0] : "";
    const std::string name = called.substr(called.rfind('/') + 1);
    if (name.empty() || name == posix::guardProgram) {
        std::fputs("agenthub-hook is called by git, under the name of a hook\n", stderr);
        return 2;
    }
    Guard guard = readGuard();
    const Repository repository = repositoryHere();
    // A copy of the repository names the original's guard in its configuration, but has branches and hooks of its own.
    const std::string guarded = guard.folder.substr(0, guard.folder.rfind('/'));
    const bool isCopy = !repository.commonDir.empty() && !sameFile(repository.commonDir, guarded);
    if (isCopy && guard.file.chain == guarded + "/hooks")
        guard.file.chain = repository.commonDir + "/hooks";
    if (name == "pre-commit" || name == "reference-transaction")
        linkLateHooks(guard);
    if (isCopy)
        return chain(guard.file.chain, name, argv);
    int refused = 0;
    if (name == "pre-commit") {
        refused = checkCommit(guard, repository);
    } else if (name == "reference-transaction" || name == "pre-push") {
        const std::string input = readInput();
        refused = name == "pre-push" ? checkPush(guard, input)
                                     : checkTransaction(guard, repository, argc > 1 ? argv[1] : "", input);
        if (refused == 0)
            replayInput(input);
    }
    return refused != 0 ? refused : chain(guard.file.chain, name, argv);
}
