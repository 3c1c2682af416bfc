#!/usr/bin/env python3
"""A Foundry project on a devnet: forge create, script --broadcast and test. Usage: forge_test.py FORGE URL

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
        shutil.copytree(HERE / "forge", project, dirs_exist_ok=True)
        (project / "src").mkdir()
        for name in ("Tokens.sol", "Pair.sol"):
            shutil.copy(HERE / "src" / name, project / "src")
        (project / "foundry.toml").write_text(
            f'[profile.default]\nsolc = "{HERE / "solc.mjs"}"\noffline = true\nevm_version = "prague"\n'
            f'optimizer = true\nremappings = ["@openzeppelin/={MODULES}/@openzeppelin/"]\n'
            f'allow_paths = ["{MODULES}"]\n')

        def run(*arguments):
            done = subprocess.run([forge, *arguments], cwd=project, capture_output=True, text=True, timeout=300)
            if done.returncode != 0:
                sys.exit(f"FAILED: forge {arguments[0]}: {done.stdout[-1000:]}{done.stderr[-1000:]}")
            return done.stdout

        out = run("create", "src/Tokens.sol:Coin", "--rpc-url", url, "--private-key", KEY, "--broadcast", "--json",
                  "--constructor-args", "Forged", "FRG", "1000")
        made = json.loads(out[out.index("{"):])
        print(f"forge: deployed at {made['deployedTo']}")

        run("script", "script/Deploy.s.sol:Deploy", "--rpc-url", url, "--private-key", KEY, "--broadcast")
        [record] = (project / "broadcast/Deploy.s.sol").glob("*/run-latest.json")
        receipts = json.loads(record.read_text())["receipts"]
        if [receipt["status"] for receipt in receipts] != ["0x1"] * 5:
            sys.exit(f"FAILED: forge script: {receipts}")
        print("forge: a script deployed three contracts and used them")

        out = run("test", "--fork-url", url)
        if "2 tests passed, 0 failed" not in out:
            sys.exit(f"FAILED: forge test: {out[-1000:]}")
        print("forge: tests passed on a fork")


if __name__ == "__main__":
    main()
