#!/usr/bin/env python3
"""Rubbish in, messages out: all fuzz tests, many times over, plain and under the sanitizers.

The fuzz tests of the suite (MJCF, YAML, scenarios that are stepped, --set, safetensors, checkpoints, trajectories, tables of runs, command lines) make
their inputs from a seed with one mutator, Tests/TestSupport/Torture. `make test` runs each once; here their counts are multiplied, so that
there are over 100,000 inputs in all, and again with AddressSanitizer in every room, and UndefinedBehaviorSanitizer in those of C and C++
(Swift's compiler has none for Linux; Swift traps by itself at what is undefined in C). ODE is the system's own library: neither sees
into it.

What crashes is found in the notes folder as <room>.input, its number beside it: with the same POISE_TORTURE_SEED and POISE_TORTURE
it comes again.

usage: rubbish.py [--factor N] [--seed N] [--sanitize none,address] [--minutes M]
"""

import argparse
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests" / "Torture" / "support"))
from suite import Suite

# Everything that tries rubbish; `process` starts programs and is slow under a sanitizer.
TESTS = "MutatedModelTests|ScenarioFuzzTests|SafetensorsTests|CheckpointFuzzTests|TrajectoryFuzzTests|RunTableFuzzTests|ArgumentFuzzTests"
# Bytes that no room may need: everything that is read is small.
MEMORY_LIMIT = {"none": 2 << 30, "address": 8 << 30}


def run(name: str, factor: int, seed: int, minutes: float) -> bool:
    notes = ROOT / ".build" / "rubbish" / name
    notes.mkdir(parents=True, exist_ok=True)
    for old in notes.iterdir():
        old.unlink()
    print(f"rubbish: sanitizer {name}, factor {factor}, seed {seed}", flush=True)
    environment = {
        "POISE_TORTURE": str(factor), "POISE_TORTURE_SEED": str(seed), "POISE_TORTURE_NOTES": str(notes),
        # Worlds on which ODE gave up are leaked on purpose (see COdeSupport), and Swift's runtime keeps what it never frees.
        "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1"}
    status, output, usage = Suite(name).run(["--filter", TESTS], environment, notes / "output.txt", minutes)

    inputs = [(m[1], int(m[2]), m[3]) for m in re.finditer(r"rubbish: (\S+): (\d+) inputs, seed \d+, (.*)", output)]
    for room, count, rest in inputs:
        print(f"rubbish:   {room}: {count} inputs, {rest}")
    total = sum(count for _, count, _ in inputs)
    memory = usage.ru_maxrss * 1024
    seconds = usage.ru_utime + usage.ru_stime
    left = sorted(path.name for path in notes.iterdir() if path.suffix in (".input", ".number"))
    is_good = status == 0 and not left and memory < MEMORY_LIMIT[name] and total > 0
    print(f"rubbish: {name}: {total} inputs, {seconds:.0f} s of processor time, largest process "
          f"{memory / 2**20:.0f} MiB: {'good' if is_good else 'NOT GOOD'}", flush=True)
    if not is_good:
        print(f"rubbish: status {status}; what was being tried: {left or 'nothing'}; all of it in {notes}/output.txt")
        print("\n".join(line for line in output.splitlines() if "recorded an issue" in line or "ERROR" in line)[:4000])
    return is_good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--factor", type=int, default=5, help="times the inputs that `make test` has (about 21,600)")
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--sanitize", default="none,address")
    parser.add_argument("--minutes", type=float, default=120, help="for each sanitizer, building not counted")
    arguments = parser.parse_args()
    # Under a sanitizer a quarter: it is slow, and finds what it finds in any input.
    results = [
        run(name, arguments.factor if name == "none" else max(1, arguments.factor // 4), arguments.seed, arguments.minutes)
        for name in arguments.sanitize.split(",")
    ]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
