#!/usr/bin/env python3
"""A Foundry project deployed by forge on a devnet. Usage: forge_test.py FORGE URL

forge compiles with solc from npm (solc.mjs), so nothing is downloaded.
"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
MODULES = HERE.parent.parent / "node_modules"
KEY = "0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6"  # of the known mnemonic


def main():
    forge, url = str(pathlib.Path(sys.argv[1]).resolve()), sys.argv[2]
    with tempfile.TemporaryDirectory(prefix="openliquid-forge-") as home:
        project = pathlib.Path(home)
        shutil.copytree(HERE / "src", project / "src")
        (project / "foundry.toml").write_text(
            f'[profile.default]\nsolc = "{HERE / "solc.mjs"}"\noffline = true\nevm_version = "prague"\n'
            f'optimizer = true\nremappings = ["@openzeppelin/={MODULES}/@openzeppelin/"]\n'
            f'allow_paths = ["{MODULES}"]\n')

        def run(*arguments):
            done = subprocess.run([forge, *arguments], cwd=project, capture_output=True, text=True, timeout=150)
            if done.returncode != 0:
                sys.exit(f"FAILED: forge {arguments[0]}: {done.stdout[-1000:]}{done.stderr[-1000:]}")
            return done.stdout

        out = run("create", "src/Tokens.sol:Coin", "--rpc-url", url, "--private-key", KEY, "--broadcast", "--json",
                  "--constructor-args", "Forged", "FRG", "1000")
        made = json.loads(out[out.index("{"):])
        print(f"forge: deployed at {made['deployedTo']}")


if __name__ == "__main__":
    main()
