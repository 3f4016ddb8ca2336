#!/usr/bin/env python3
"""Prints what a repository is beside its objects, one fact a line, without any code of AgentHub: for comparison in tests.

usage: repositorystate.py FOLDER     (of its main working tree)
Refs, HEADs, reflogs, stashes with their content, configuration, hooks, info/, linked working trees, the index and the
status of each tree, and what `git fsck` says.
"""
import hashlib, os, pathlib, subprocess, sys


def git(folder, *words):
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    environment.update(LC_ALL="C", GIT_OPTIONAL_LOCKS="0")
    done = subprocess.run(["git", "-C", folder, *words], env=environment, capture_output=True)
    return done.stdout + (b"" if done.returncode == 0 else b"(exit %d) %s\n" % (done.returncode, done.stderr))


def show(title, text):
    for line in text.replace(b"\0", b"\n").splitlines():
        print(title, line.decode(errors="backslashreplace"))


def main():
    main_tree = sys.argv[1]
    common = pathlib.Path(os.fsdecode(git(main_tree, "rev-parse", "--path-format=absolute", "--git-common-dir").strip()))
    show("ref", git(main_tree, "for-each-ref", "--format=%(refname) %(objectname) %(symref) %(*objectname)"))
    show("stash", git(main_tree, "stash", "list", "--format=%gd %H %gs"))
    for row in git(main_tree, "stash", "list", "--format=%H").split():
        show("stashed", git(main_tree, "diff", "--stat", row.decode() + "^1", row.decode()))
    for row in git(main_tree, "for-each-ref", "--format=%(refname)").splitlines() + [b"HEAD"]:
        show("reflog " + row.decode(), git(main_tree, "log", "-g", "--format=%H %gs", row.decode(), "--"))
    show("config", git(main_tree, "config", "--local", "--list"))
    for folder in ("hooks", "info"):
        for path in sorted((common / folder).rglob("*")) if (common / folder).is_dir() else []:
            info = path.lstat()
            content = os.readlink(path) if path.is_symlink() else hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
            print(folder, oct(info.st_mode), path.name, content)
    for tree in git(main_tree, "worktree", "list", "--porcelain").splitlines():
        show("worktree", tree)
        if tree.startswith(b"worktree "):
            folder = os.fsdecode(tree[9:])
            show("head", git(folder, "rev-parse", "--symbolic-full-name", "HEAD"))
            show("index", git(folder, "ls-files", "-s", "-v"))
            show("status", git(folder, "status", "--porcelain=v2", "--branch", "--untracked-files=all"))
    show("fsck", git(main_tree, "fsck", "--no-dangling", "--no-progress"))


main()
