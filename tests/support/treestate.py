#!/usr/bin/env python3
"""Prints the state of a working tree, one fact a line, without any code of AgentHub: for comparison in tests.

usage: treestate.py FOLDER [--without PATH]...   (PATH and what is below it is not printed)
Bytes outside printable ASCII are printed as %XX.
"""
import hashlib, os, stat, subprocess, sys


def shown(raw):
    return "".join(chr(b) if 0x20 < b < 0x7F and b != 0x25 else "%%%02X" % b for b in raw)


def git(folder, *words):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    environment.update(LC_ALL="C", GIT_OPTIONAL_LOCKS="0")
    done = subprocess.run([b"git", b"-C", folder, *[w.encode() for w in words]], env=environment, capture_output=True)
    return done.stdout if done.returncode == 0 else b"(exit %d)\n" % done.returncode


def walk(folder, below, without, lines):
    for name in sorted(os.listdir(folder)):
        path, place = (below + b"/" + name if below else name), folder + b"/" + name
        if path == b".git" or path in without:
            continue
        info = os.lstat(place)
        mode = stat.S_IMODE(info.st_mode)
        if stat.S_ISLNK(info.st_mode):
            lines.append("link %s -> %s" % (shown(path), shown(os.readlink(place))))
        elif stat.S_ISDIR(info.st_mode):
            lines.append("folder %04o %s" % (mode, shown(path)))
            if name != b".git":
                walk(place, path, without, lines)
        elif stat.S_ISREG(info.st_mode):
            try:
                with open(place, "rb") as file:
                    digest = hashlib.sha256(file.read()).hexdigest()
            except PermissionError:
                digest = "unreadable"
            lines.append("file %04o %s %d %s" % (mode, digest, info.st_size, shown(path)))
        else:
            lines.append("special %04o %s" % (mode, shown(path)))


def main():
    folder, without = os.fsencode(sys.argv[1]), set()
    for i in range(2, len(sys.argv) - 1, 2):
        without.add(os.fsencode(sys.argv[i + 1]))
    lines = []
    walk(folder, b"", without, lines)
    try:
        with open(os.path.join(git(folder, "rev-parse", "--absolute-git-dir").strip(), b"HEAD"), "rb") as file:
            lines.append("HEAD " + shown(file.read().strip()))
    except OSError:
        lines.append("HEAD unreadable")
    for row in git(folder, "for-each-ref", "--format=%(objectname) %(refname)").splitlines():
        lines.append("ref " + shown(row))
    lines.append("commit " + shown(git(folder, "rev-parse", "--verify", "-q", "HEAD").strip()))
    for row in git(folder, "ls-files", "-z", "-s", "-v").split(b"\0"):
        lines.append("index " + shown(row))
    # The flags of each entry (intent-to-add, skip-worktree) as git prints them, without its stat data.
    for row in git(folder, "ls-files", "--debug").splitlines():
        if b"flags:" in row:
            # Stage, assume-valid, skip-worktree, intent-to-add: what the index file has; the rest is git's own business.
            lines.append("flags %x" % (int(row.split(b"flags:")[1], 16) & 0x6000B000))
    for row in git(folder, "status", "--porcelain=v2", "-z", "--untracked-files=all").split(b"\0"):
        lines.append("status " + shown(row))
    git_dir = git(folder, "rev-parse", "--absolute-git-dir").strip()
    for name in (b"MERGE_HEAD", b"CHERRY_PICK_HEAD", b"REVERT_HEAD", b"MERGE_MSG", b"BISECT_LOG"):
        try:
            with open(os.path.join(git_dir, name), "rb") as file:
                lines.append("state %s %s" % (name.decode(), hashlib.sha256(file.read()).hexdigest()))
        except OSError:
            pass
    sys.stdout.write("\n".join(lines) + "\n")


main()
