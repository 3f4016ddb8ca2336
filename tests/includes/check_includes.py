#!/usr/bin/env python3
"""Holds the include lines to the order of the areas, so that a library never reaches upward.

usage: check_includes.py SOURCE_DIR [--self-test]
"""
import pathlib
import re
import sys

# The steps from the ground up. An area includes itself and the steps below; areas on one step do not see each other.
STEPS = [
    {"posix"},
    {"base"},
    {"settings", "db", "sdk", "chart"},
    {"git", "state", "monitor"},
    {"recovery"},
    {"agents"},
    {"commands"},
    {"hub"},
    {"ipc"},
]
LEVEL = {area: level for level, areas in enumerate(STEPS) for area in areas}

# Of the window, likewise.
GUI = ["chart", "views", "model", "window"]

# (including file or folder, included header, why). A folder ends with '/'.
EXCEPTIONS = []

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)
THEN = re.compile(r"\.then\s*\(")


def without_comments(text):
    return re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.DOTALL)


def is_excepted(path, header):
    return any((path == where or (where.endswith("/") and path.startswith(where))) and header == what
               for where, what, _ in EXCEPTIONS)


def upward(path, header):
    """A sentence when this include breaks the order, else None."""
    here, there = path.split("/"), header.split("/")
    if there[0] not in ("core", "app", "gui", "headless", "tests", "examples"):
        return None
    if here[0] in ("app", "tests", "examples"):
        return None
    if here[0] == "gui" and there[0] == "gui" and len(here) > 2:
        mine, other = GUI.index(here[1]), GUI.index(there[1])
        return f"gui/{here[1]} must not include gui/{there[1]}" if other > mine else None
    if there[0] != "core":
        return f"{here[0]} must not include {there[0]}" if here[0] != there[0] else None
    if here[0] != "core":
        return None
    mine, other = here[1], there[1]
    for area in (mine, other):
        if area not in LEVEL:
            return f"the area core/{area} has no place in the order; add it to {__file__}"
    if mine == other or LEVEL[other] < LEVEL[mine]:
        return None
    return f"core/{mine} must not include core/{other}"


def check_file(path, text):
    """The sentences about one file."""
    found = []
    code = without_comments(text)
    name = pathlib.PurePosixPath(path).name
    for quoted, angled in INCLUDE.findall(code):
        header = quoted or angled
        if is_excepted(path, header):
            continue
        if quoted and (why := upward(path, header)):
            found.append(f"{path}: {header}: {why}")
        if path.startswith("tests/"):
            continue
        if re.match(r"(QtSql/|QSql)", header):
            stem = name.rsplit(".", 1)[0]
            if not path.startswith("core/db/") and not stem.endswith("store"):
                found.append(f"{path}: {header}: only core/db and *store files include QtSql")
        if header == "git2.h" or header.startswith("git2/"):
            if not path.startswith("core/git/"):
                found.append(f"{path}: {header}: only core/git includes libgit2")
        if path.startswith("core/posix/") and re.match(r"(Qt|Q[A-Z])", header):
            found.append(f"{path}: {header}: core/posix is free of Qt")
    if path != "core/base/async.h" and THEN.search(code) and re.search(r"QFuture|core/base/async\.h|hubport\.h", code):
        found.append(f"{path}: a raw QFuture::then never runs when its promise was dropped; use whenDone()")
    return found


def self_test():
    bad = [
        ("core/base/x.cpp", '#include "core/git/y.h"'),
        ("core/git/x.cpp", '#include "core/state/y.h"'),
        ("core/commands/x.h", '#include "core/hub/hubport.h"'),
        ("core/nowhere/x.h", '#include "core/base/result.h"'),
        ("core/hub/x.cpp", '#include "app/ctl/ask.h"'),
        ("core/state/tasks.cpp", "#include <QSqlQuery>"),
        ("core/state/tasks.cpp", "#include <git2.h>"),
        ("core/posix/x.h", "#include <QString>"),
        ("core/hub/x.cpp", "QFuture<int> f; f.then([] {});"),
        ("headless/discord/x.cpp", '#include "gui/mainwindow.h"'),
    ]
    good = [
        ("core/git/x.cpp", '#include "core/base/result.h"\n#include <git2.h>'),
        ("core/state/taskstore.cpp", "#include <QSqlQuery>"),
        ("core/ipc/x.cpp", '#include "core/hub/hubport.h"'),
        ("core/base/x.cpp", '// #include "core/git/y.h"'),
        ("app/ctl/x.cpp", '#include "core/ipc/client.h"'),
        ("core/base/async.h", "QFuture<int> f; f.then([] {});"),
        ("headless/discord/x.cpp", '#include "core/hub/hubport.h"'),
    ]
    failed = [f"not noticed: {case}" for case in bad if not check_file(*case)]
    failed += [f"wrongly noticed: {case}: {check_file(*case)}" for case in good if check_file(*case)]
    return failed


def main():
    source = pathlib.Path(sys.argv[1])
    problems = self_test()
    checked = 0
    for top in ("core", "app", "gui", "headless", "tests", "examples"):
        for file in sorted((source / top).rglob("*")):
            if file.suffix in (".h", ".cpp", ".c"):
                checked += 1
                problems += check_file(file.relative_to(source).as_posix(), file.read_text(encoding="utf-8"))
    if checked == 0:
        problems.append(f"no source file below {source}")
    for problem in problems:
        print(problem)
    print(f"{checked} files, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
