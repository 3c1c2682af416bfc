#!/usr/bin/env python3
"""Checks docs/requirements.md: every row is there once, and every test, file or benchmark it names exists.

A `done` row names at least one test, in sections W to Y a file is enough; a `partly` or `open` row says
what is missing and where; a `measured` row names a benchmark.
"""
import pathlib
import re
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs/requirements.md"

# How many rows of each group the specification has; 332 in all.
GROUPS = {
    "OL-CR": 18, "L1-CR": 1, "TC-CR": 3, "OL-CO": 31, "L1-CO": 14, "TC-CO": 25, "OL-PM": 9, "L1-PM": 7, "TC-PM": 3,
    "OL-BZ": 8, "L1-BZ": 1, "TC-BZ": 4, "OL-NT": 35, "L1-NT": 14, "TC-NT": 6, "OL-GP": 9, "OL-VC": 7, "OL-SY": 3,
    "TC-SY": 1, "OL-ST": 5, "OL-PR": 1, "OL-CP": 1, "OL-RC": 2, "OL-MP": 14, "L1-MP": 1, "OL-EV": 16, "OL-PC": 2,
    "OL-DX": 1, "OL-FE": 1, "L1-FE": 1, "TC-FE": 1, "L1-MV": 2, "L1-VP": 3, "TC-VP": 1, "TC-RW": 7, "TC-MN": 6,
    "TC-FN": 5, "OL-OP": 11, "L1-OP": 1, "TC-OP": 6, "OL-DO": 9, "TC-DO": 2, "OL-QM": 12, "TC-QM": 4, "OL-PF": 9,
    "L1-PF": 3, "TC-PF": 6,
}
ROWS = [f"{group}-{n}" for group, count in GROUPS.items() for n in range(1, count + 1)]
FILES_SUFFICE = ("OL-OP", "L1-OP", "TC-OP", "OL-DO", "TC-DO", "OL-QM", "TC-QM")
TEST, BENCHMARK, FILE = "test", "benchmark", "file"


def text_of(*patterns):
    """The tracked files that match, by path."""
    out = subprocess.run(["git", "ls-files", "--", *patterns], cwd=ROOT, check=True, capture_output=True, text=True)
    paths = [ROOT / line for line in out.stdout.splitlines()]
    return {path: path.read_text() for path in paths if path.exists()}


def gtest_names():
    names = set()
    for text in text_of("lib/*.cpp", "sim/*.cpp", "app/*.cpp").values():
        names |= {".".join(m) for m in re.findall(r"^(?:TYPED_)?TEST(?:_[FP])?\(\s*(\w+),\s*(\w+)\s*\)", text, re.M)}
    return names


def expand_loops(text):
    """Writes out foreach(x IN ITEMS ..) blocks."""
    loop = re.compile(r"foreach\((\w+) IN ITEMS ([^)]*)\)((?:(?!foreach\().)*?)endforeach\(\)", re.S)
    while found := loop.search(text):
        name, items, body = found.groups()
        text = text.replace(found.group(), "".join(body.replace(f"${{{name}}}", i) for i in items.split()))
    return text


def ctest_names():
    """Names of add_test as patterns: what only a configuration knows stands for anything."""
    names, catches = set(), set()
    for path, raw in text_of("*CMakeLists.txt").items():
        text = expand_loops(raw)
        names |= set(re.findall(r"add_test\(NAME (\S+)", text))
        catches |= set(re.findall(r"^ol_sim_catches\((\w+)", text, re.M))
    names = {n for n in names if "${mutant}" not in n} | {f"sim.mutant_{m}_${{run}}" for m in catches}
    return [re.compile(re.sub(r"\\\$\\\{\w+\\\}", ".+", re.escape(n)) + "$") for n in names]


class Sources:
    """What exists, by kind of name."""

    def __init__(self):
        self.gtests = gtest_names()
        self.ctests = ctest_names()
        self.models = {r["name"] for r in tomllib.loads((ROOT / "models/runs.toml").read_text())["run"]}
        cmake = "".join(text_of("*CMakeLists.txt").values())
        self.benchmarks = {f"{name}_bench" for name in re.findall(r"ol_bench\((\w+)", cmake)}

    def kind_of(self, name):
        """TEST, BENCHMARK, FILE, or None if there is no such thing."""
        if name in self.models or name in self.gtests:
            return TEST
        if name in self.benchmarks:
            return BENCHMARK
        if name.startswith("story:"):
            title = name.removeprefix("story:")
            places = [f"lib/consensus/test/scenarios/{title}.txt", f"sim/stories/{title}.story"]
            return TEST if any((ROOT / place).exists() for place in places) else None
        if name.endswith(".*") and name[0].isupper():
            return TEST if any(test.startswith(name[:-1]) for test in self.gtests) else None
        if any(pattern.match(name) for pattern in self.ctests):
            return TEST
        return FILE if (ROOT / name).is_file() else None


def check_row(row, status, evidence, missing, sources):
    """What is wrong with one row, as sentences."""
    kinds = {name: sources.kind_of(name) for name in evidence}
    yield from (f"{name} does not exist" for name, kind in kinds.items() if kind is None)
    enough = {TEST, FILE} if row.rpartition("-")[0] in FILES_SUFFICE else {TEST}
    if status == "done" and not enough & set(kinds.values()):
        yield "is done but names no test"
    if status == "done" and missing:
        yield "is done and yet something is missing"
    if status == "measured" and not kinds:
        yield "is measured but names no benchmark"
    if status in ("partly", "open") and not re.search(r"#\d+$|later$", missing):
        yield "must end with the issue, or with 'later'"
    if status == "partly" and not kinds:
        yield "is partly done but names nothing"
    if status not in ("done", "partly", "measured", "open"):
        yield f"has the status {status!r}"


def main():
    sources, problems, seen = Sources(), [], []
    counts = {}
    for number, line in enumerate(DOCUMENT.read_text().splitlines(), 1):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not re.fullmatch(r"(OL|L1|TC)-[A-Z]{2}-\d+", cells[0]):
            continue
        if len(cells) != 5:
            problems.append(f"line {number}: a row has five cells")
            continue
        row, _, status, shown, missing = cells
        seen.append(row)
        counts[status] = counts.get(status, 0) + 1
        evidence = re.findall(r"`([^`]+)`", shown)
        problems += [f"line {number}: {row}: {problem}" for problem in check_row(row, status, evidence, missing, sources)]
    problems += [f"{row} is missing" for row in ROWS if row not in seen]
    problems += [f"{row} is not a row of the specification" for row in seen if row not in ROWS]
    problems += [f"{row} is there twice" for row in sorted({r for r in seen if seen.count(r) > 1})]
    for problem in problems:
        print(f"requirements: {problem}")
    if problems:
        sys.exit(1)
    print("requirements: " + ", ".join(f"{count} {status}" for status, count in sorted(counts.items())) +
          f", {len(seen)} rows; every name exists")


if __name__ == "__main__":
    main()
