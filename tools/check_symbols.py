#!/usr/bin/env python3
"""Fails if a library that decides state could behave differently on another machine.

Usage: check_symbols.py BUILD_DIR (of the `pure` preset). Looks at the built objects:
1. undefined symbols (nm): no clock, randomness, environment, thread or maths routine;
2. instructions (objdump): no scalar or packed floating-point arithmetic or conversion.
Why objects and not -mgeneral-regs-only: docs/adr/0001-purity-check.md.
"""
import pathlib
import re
import subprocess
import sys

LIBRARIES = ["primitives", "state", "evm", "exchange", "consensus", "mempool", "execution"]
DENIED = re.compile(
    r"^(clock_gettime|gettimeofday|time|getenv|setlocale|rand|random|srand|getrandom|pthread_create|"
    r"std::random_device|std::chrono::|std::thread|sin|cos|exp|log|pow|__addtf3|__adddf3|__muldf3)\b")
FLOATING = re.compile(
    r"\tv?((add|sub|mul|div|sqrt|min|max|cmp|ucomi|comi|round)(ss|sd|ps|pd)|cvt[a-z0-9]+|f(ld|add|mul|div|sub|ild|istp)[a-z]*|"
    r"fn?m(add|sub)[0-9]+(ss|sd|ps|pd))\b")
# The load factor of std::unordered_* is a float; genesis_json's hash sets are the parser's own
# bookkeeping and decide nothing.
EXEMPT_OBJECTS = {"genesis_json.cpp.o", "json_duplicates.cpp.o"}


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def denied_symbols(archive):
    for line in output("llvm-nm-19", "-uC", str(archive)).splitlines():
        symbol = line.strip().removeprefix("U ").strip()
        if DENIED.match(symbol):
            yield f"{archive.name} refers to {symbol}"


def floating_point(archive):
    current = function = ""
    for line in output("llvm-objdump-19", "-d", "--no-show-raw-insn", "-C", str(archive)).splitlines():
        header = re.match(r"^.*\(([^()]+\.o)\):\s", line)
        if header:
            current = header.group(1)
        elif line.endswith(">:"):
            function = line
        elif current not in EXEMPT_OBJECTS and FLOATING.search(line):
            yield f"{archive.name}({current}) computes in floating point: {function.strip()} {line.strip()}"


def main():
    build = pathlib.Path(sys.argv[1])
    bad = []
    for library in LIBRARIES:
        archive = build / "lib" / library / f"libol_{library}.a"
        if not archive.exists():
            sys.exit(f"lint: {archive} is missing; build the pure preset first")
        bad += denied_symbols(archive)
        bad += floating_point(archive)
    for problem in bad[:20]:
        print(f"lint: {problem}")
    if bad:
        sys.exit(1)
    print(f"lint: {len(LIBRARIES)} libraries hold no floating point, clock, randomness or thread")


if __name__ == "__main__":
    main()
