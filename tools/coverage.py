#!/usr/bin/env python3
"""Prints line coverage by library and of the whole tree after the tests of the `coverage` preset ran.

  tools/coverage.py [BUILD_DIR] [--missing PATH_PART ..]

Fails if a library is below its floor. --missing lists the lines without a hit in matching files.
Tests, benchmarks, fuzz targets and third-party code do not count.
"""
import argparse
import collections
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FLOORS = {"consensus": 95, "crypto": 95, "exchange": 95, "primitives": 95, "tree": 85}


def llvm(tool, *arguments):
    return subprocess.run([f"{tool}-19", *map(str, arguments)], check=True, capture_output=True, text=True).stdout


def merged_profile(build):
    profiles = sorted((build / "profiles").glob("*.profraw"))
    if not profiles:
        sys.exit(f"coverage: no profiles in {build}/profiles; run ctest --preset coverage first")
    out = build / "coverage.profdata"
    llvm("llvm-profdata", "merge", "-sparse", "-o", out, *profiles)
    return out


def programs(build):
    found = [p for p in sorted((build / "bin").iterdir()) if p.name.endswith("_test") or p.name == "openliquid"]
    if not found:
        sys.exit(f"coverage: no programs in {build}/bin")
    return [str(found[0])] + [f"-object={p}" for p in found[1:]]


def area_of(path):
    parts = path.relative_to(ROOT).parts
    if parts[0] == "lib" and parts[2] in ("src", "include"):
        return parts[1]
    if parts[0] == "app" or (parts[0] == "sim" and parts[1] in ("src", "include")):
        return parts[0]
    return None


def uncovered_lines(segments):
    """Lines that start in a counted region without a hit, from llvm-cov's segments."""
    out = []
    for (line, _, count, counted, _, gap), following in zip(segments, segments[1:]):
        if counted and not gap and count == 0:
            out += range(line, following[0] + (following[1] > 1))
    return sorted(set(out))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("build", nargs="?", type=pathlib.Path, default=ROOT / "build/coverage")
    arguments.add_argument("--missing", nargs="+", default=[])
    options = arguments.parse_args()
    build = options.build.resolve()
    summary = [] if options.missing else ["-summary-only"]
    report = json.loads(llvm("llvm-cov", "export", *programs(build), f"-instr-profile={merged_profile(build)}",
                             "-skip-functions", *summary))
    lines = collections.defaultdict(lambda: [0, 0])
    for file in report["data"][0]["files"]:
        path = pathlib.Path(file["filename"]).resolve()
        area = area_of(path) if path.is_relative_to(ROOT) else None
        if area is None:
            continue
        for key in (area, "tree"):
            lines[key][0] += file["summary"]["lines"]["covered"]
            lines[key][1] += file["summary"]["lines"]["count"]
        percent = file["summary"]["lines"]["percent"]
        if percent < 100 and any(part in str(path) for part in options.missing):
            print(f"{path.relative_to(ROOT)} {percent:.1f} % misses {uncovered_lines(file['segments'])}")
    below = []
    for area in sorted(lines, key=lambda a: (a == "tree", a)):
        covered, count = lines[area]
        percent = 100 * covered / count
        print(f"coverage: {area:<12}{covered:>7} of {count:>6} lines {percent:6.1f} %")
        if percent < FLOORS.get(area, 0):
            below.append(f"{area} is below {FLOORS[area]} %")
    if below:
        sys.exit("coverage: " + ", ".join(below))


if __name__ == "__main__":
    main()
