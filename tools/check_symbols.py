#!/usr/bin/env python3
"""Fails if a library that decides state refers to a symbol that could make it non-deterministic.

Usage: check_symbols.py BUILD_DIR (of the `pure` preset). Reads undefined symbols with nm.
"""
import pathlib
import re
import subprocess
import sys

LIBRARIES = ["primitives", "state", "consensus", "mempool", "execution"]
DENIED = re.compile(
    r"^(clock_gettime|gettimeofday|time|getenv|setlocale|rand|random|srand|getrandom|pthread_create|"
    r"std::random_device|std::chrono::|std::thread|sin|cos|exp|log|pow|__addtf3|__adddf3|__muldf3)\b")


def main():
    build = pathlib.Path(sys.argv[1])
    bad = checked = 0
    for library in LIBRARIES:
        archive = build / "lib" / library / f"libol_{library}.a"
        if not archive.exists():
            sys.exit(f"lint: {archive} is missing; build the pure preset first")
        out = subprocess.run(["llvm-nm-19", "-uC", str(archive)], check=True, capture_output=True, text=True)
        checked += 1
        for line in out.stdout.splitlines():
            symbol = line.strip().removeprefix("U ").strip()
            if DENIED.match(symbol):
                print(f"lint: {archive.name} refers to {symbol}")
                bad += 1
    if bad:
        sys.exit(1)
    print(f"lint: {checked} libraries refer to no clock, randomness, thread or floating-point routine")


if __name__ == "__main__":
    main()
