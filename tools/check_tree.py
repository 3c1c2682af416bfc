#!/usr/bin/env python3
"""Checks of the source tree that the compiler does not make.

1. An include of <ol/x/..> appears only where the library graph allows it.
2. Libraries that decide state use no name from the banned list (docs/architecture.md,
   "Determinism").
3. No file names a path outside the project or a to-do without an issue.
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Who may include whom: docs/architecture.md, "Libraries".
ALLOWED = {
    "base": set(),
    "crypto": {"base"},
    "primitives": {"base", "crypto"},
    "state": {"base", "crypto", "primitives"},
    "storage": {"base", "crypto", "primitives", "state"},
    "p2p": {"base", "crypto", "primitives"},
    "consensus": {"base", "crypto", "primitives"},
    "rpc": {"base", "crypto", "primitives"},
    "mempool": {"base", "crypto", "primitives", "state"},
    "evm": {"base", "crypto", "primitives", "state"},
    "exchange": {"base", "crypto", "primitives", "state"},
    "api": {"base", "crypto", "exchange", "state"},
    "execution": {"base", "crypto", "primitives", "state", "evm", "exchange"},
}
EVERYTHING = set(ALLOWED) | {"node"}
PURE = ["base", "crypto", "primitives", "state", "consensus", "mempool", "evm", "exchange", "execution"]

# Banned in libraries that decide state, with the replacement to use.
BANNED = [
    (r"\bstd::unordered_(map|set|multimap|multiset)\b", "std::map or a sorted vector: iteration order must not depend on the machine"),
    (r"\bstd::chrono::(system|steady|high_resolution)_clock\b", "time passed in as a value"),
    (r"\bstd::random_device\b|\bstd::mt19937", "randomness passed in as a value"),
    (r"\bstd::thread\b|\bstd::mutex\b|\bstd::async\b", "nothing: these libraries start no threads"),
    (r"\b(float|double)\b(?!, json::)", "integers with named rounding"),
    (r"\bgetenv\b|\bsetlocale\b", "configuration passed in as a value"),
    (r"\bassert\s*\(", "OL_CHECK, which is on in every build"),
    (r"\bthrow\b|\btry\s*\{", "Result<T, E>"),
]
# Base offers the queue between threads and crypto makes keys; neither decides state with them.
EXEMPT = {
    "lib/base/include/ol/base/bounded_queue.hpp",
    "lib/base/include/ol/base/thread_safety.hpp",
}


def tracked(pattern):
    out = subprocess.run(["git", "ls-files", pattern], cwd=ROOT, check=True, capture_output=True, text=True)
    return [line for line in out.stdout.splitlines() if line]


def strip_comments(text):
    text = re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group().count("\n"), text, flags=re.S)
    text = re.sub(r"//[^\n]*", "", text)
    return re.sub(r'"(\\.|[^"\\\n])*"', '""', text)


def check_includes(problems):
    for path in tracked("lib/*.hpp") + tracked("lib/*.cpp"):
        library = path.split("/")[1]
        if {"test", "bench", "fuzz"} & set(path.split("/")[2:-1]):
            continue
        allowed = EVERYTHING if library == "node" else ALLOWED.get(library)
        if allowed is None:
            problems.append(f"{path}: library '{library}' is not in tools/check_tree.py")
            continue
        for number, line in enumerate((ROOT / path).read_text().splitlines(), 1):
            match = re.match(r'\s*#include <ol/([a-z0-9_]+)/', line)
            if match and match.group(1) != library and match.group(1) not in allowed:
                problems.append(f"{path}:{number}: {library} may not include {match.group(1)}")


def check_banned(problems):
    for library in PURE:
        for path in tracked(f"lib/{library}/*"):
            if {"test", "bench", "fuzz"} & set(path.split("/")[2:-1]):
                continue
            if not path.endswith((".hpp", ".cpp")) or path in EXEMPT:
                continue
            for number, line in enumerate(strip_comments((ROOT / path).read_text()).splitlines(), 1):
                for pattern, instead in BANNED:
                    if re.search(pattern, line):
                        problems.append(f"{path}:{number}: {line.strip()!r}; use {instead}")


def check_words(problems):
    for path in tracked("*"):
        if path.endswith((".zst", "package-lock.json")):
            continue
        try:
            text = (ROOT / path).read_text()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if re.search(r"\bTODO\b(?!\(#\d+\))|\bFIXME\b|\bXXX\b", line) and path != "tools/check_tree.py":
                problems.append(f"{path}:{number}: a to-do names its issue: TODO(#12): ...")


def main():
    problems = []
    check_includes(problems)
    check_banned(problems)
    check_words(problems)
    for problem in problems:
        print(f"lint: {problem}")
    if problems:
        sys.exit(1)
    print("lint: includes, banned names and to-dos are in order")


if __name__ == "__main__":
    main()
