#!/usr/bin/env python3
"""A Hardhat project tested on a devnet. Usage: hardhat_test.py URL

Hardhat compiles with solc from npm (hardhat/hardhat.config.cjs), so nothing is downloaded.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
MODULES = HERE.parent.parent / "node_modules"


def main():
    with tempfile.TemporaryDirectory(prefix="openliquid-hardhat-") as home:
        project = pathlib.Path(home) / "project"
        shutil.copytree(HERE / "hardhat", project)
        (project / "src").mkdir()
        shutil.copy(HERE / "src/Tokens.sol", project / "src")
        (project / "package.json").write_text("{}")
        (project / "node_modules").symlink_to(MODULES)
        # Its caches too stay in the temporary directory.
        environment = {**os.environ, "OL_RPC_URL": sys.argv[1], "CI": "true", "HOME": home,
                       "XDG_CACHE_HOME": home, "XDG_DATA_HOME": home, "XDG_CONFIG_HOME": home,
                       "HARDHAT_DISABLE_TELEMETRY_PROMPT": "true"}
        done = subprocess.run(["node", str(MODULES / "hardhat/internal/cli/cli.js"), "test"], cwd=project,
                              env=environment, capture_output=True, text=True, timeout=400)
        if done.returncode != 0:
            sys.exit(f"FAILED: hardhat test: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        print(f"hardhat:{done.stdout.rstrip().splitlines()[-1]}")


if __name__ == "__main__":
    main()
