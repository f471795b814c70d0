#!/usr/bin/env python3
"""Where the time of a training goes: microseconds of a control step and of an update, by phase and by room.

Records a training with `perf` (Debian: linux-perf), sorts each sample by what was running and by what had called it, and prints a table.
Processor time, so the sum over the threads; what the clock says beside it, and how busy the cores were, stand below the table.

usage: Benchmarks/profile.py [--scenario humanoid-balance] [--algorithm ppo] [--steps 200000] [--threads 2] [--seed 1] [--poise FILE]
"""
import argparse
import collections
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FREQUENCY = 997  # Hz; a prime, so that it does not fall into step with the loop
STACK = 8192  # bytes kept of each sample's stack; ODE keeps no frame pointers, so callers are found by its unwind tables

C_LIBRARY = r"libc\.|libm\.|ld-linux"

# What runs: the first pattern that fits the shared object or the symbol.
PLACES = [
    ("ODE", r"libode|libccd|dRandInt"),  # we give ODE its dRandInt, so that its solver repeats
    ("matrix products", r"dk_kernels_\w+::(tile_call|dense_)|dk_dense"),
    ("Adam, norms and other passes over parameters", r"dk_kernels|dk_"),
    ("PoiseSimulation", r"\$s15PoiseSimulation|poise_ode|PoiseOde"),
    ("PoiseModels", r"\$s11PoiseModels"),
    ("PoiseEnvironments", r"\$s17PoiseEnvironments"),
    ("PoiseNetworks", r"\$s13PoiseNetworks"),
    ("PoiseAlgorithms", r"\$s15PoiseAlgorithms"),
    ("PoiseExperiments", r"\$s16PoiseExperiments"),
    ("PoiseCore", r"\$s9PoiseCore"),
    ("Swift's runtime", r"libswift|libFoundation|libdispatch"),
    ("kernel", r"\[kernel|\[unknown\] k|\[k\]"),
    ("C library", C_LIBRARY),
]
# What these compute, or which memory they give, is their callers' business.
HELPERS = rf"{C_LIBRARY}|@plt"
# What for: the first pattern that fits any caller.
PHASES = [
    ("evaluation", r"PoiseExperiments10Evaluation"),
    ("update", r"PoiseAlgorithms(3PPO|4DDPG)V.*(update|compute|write|Shard)|OffPolicyTrainerC5learn"),
    ("control step", r"EnvironmentBlock|EnvironmentCore|collect|ActingShard|PoiseSimulation|PoiseEnvironments|libode|libm\.|libccd"),
]


def first_fit(rules, text, otherwise):
    return next((name for name, pattern in rules if re.search(pattern, text)), otherwise)


def samples(recording):
    """(place, phase) of each sample."""
    script = subprocess.Popen(
        ["perf", "script", "-i", recording, "--no-demangle", "--no-inline", "-F", "ip,sym,dso"], stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True, errors="replace")
    frames = []
    for line in script.stdout:
        if line.strip():
            frames.append(line)
        elif frames:
            worker = next((frame for frame in frames if not re.search(HELPERS, frame)), frames[0])
            yield first_fit(PLACES, demangled(worker), "other"), first_fit(PHASES, "".join(frames), "rest of the program")
            frames = []


def demangled(frame):
    """C++ kernels by their names; Swift's mangled names say their module already."""
    if "_ZN" not in frame:
        return frame
    return re.sub(r"_ZN\d+(dk_kernels_[a-z0-9]+?)(?:L)?\d+([a-z_]+)I?", r"\1::\2 ", frame)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenario", default="humanoid-balance")
    parser.add_argument("--algorithm", default="ppo")
    parser.add_argument("--steps", type=int, default=200_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--poise", default=os.path.join(PROJECT, ".build", "release", "poise"))
    arguments = parser.parse_args()
    if shutil.which("perf") is None:
        print("perf is missing. On Debian: apt-get install linux-perf", file=sys.stderr)
        return 69
    with tempfile.TemporaryDirectory(prefix="poise-profile-") as folder:
        recording, run = os.path.join(folder, "perf.data"), os.path.join(folder, "run")
        train = [
            arguments.poise, "train", arguments.scenario, "--algorithm", arguments.algorithm, "--seed", str(arguments.seed),
            "--threads", str(arguments.threads), "--steps", str(arguments.steps), "--out", run, "--set", "training.stopsAtGoal=false",
        ]
        start = time.monotonic()
        done = subprocess.run(
            ["perf", "record", "-q", "-e", "cpu-clock", "-F", str(FREQUENCY), "--call-graph", f"dwarf,{STACK}", "-o", recording, "--", *train],
            cwd=PROJECT, capture_output=True, text=True)
        clock = time.monotonic() - start
        if done.returncode != 0:
            print(done.stderr[-2000:], file=sys.stderr)
            return 70
        counts = collections.Counter(samples(recording))
    print_table(arguments, counts, clock)
    return 0


def print_table(arguments, counts, clock):
    total = sum(counts.values())
    phases = [phase for phase in [*(name for name, _ in reversed(PHASES)), "rest of the program"] if any(p == phase for _, p in counts)]
    places = sorted({place for place, _ in counts}, key=lambda place: -sum(n for (p, _), n in counts.items() if p == place))

    def microseconds(n):
        return n / FREQUENCY / arguments.steps * 1e6

    print(f"| µs of processor time per control step | {' | '.join(phases)} | all | share |")
    print("| --- |" + " --- |" * (len(phases) + 2))
    for place in places:
        row = [counts[place, phase] for phase in phases]
        cells = [f"{microseconds(n):.2f}" if n else "" for n in row]
        print(f"| {place} | {' | '.join(cells)} | {microseconds(sum(row)):.2f} | {100 * sum(row) / total:.1f} % |")
    sums = [sum(n for (_, p), n in counts.items() if p == phase) for phase in phases]
    print(f"| all | {' | '.join(f'{microseconds(n):.2f}' for n in sums)} | {microseconds(total):.2f} | 100 % |")
    beside = sum(n for (place, _), n in counts.items() if place not in ("ODE", "matrix products"))
    print(
        f"\n{arguments.scenario}, {arguments.algorithm}, seed {arguments.seed}, {arguments.steps} control steps, "
        f"{arguments.threads} threads: {clock:.1f} s by the clock, {total / FREQUENCY:.1f} s of processor time, "
        f"{100 * total / FREQUENCY / clock / arguments.threads:.0f} % of {arguments.threads} cores, start and recording included; beside "
        f"ODE and the matrix products {100 * beside / total:.1f} %.")


if __name__ == "__main__":
    sys.exit(main())
