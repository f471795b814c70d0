#!/usr/bin/env python3
"""A problem of a million states and twenty million transitions from a file, solved by `poise solve`: seconds, and memory beside the file's.

    python3 Benchmarks/finite_large.py [--states 1000000] [--poise .build/release/poise] [--csv]

Each state has 4 actions of 5 transitions each, to anywhere in five fifths of the states. Needs numpy.
"""

import argparse
import os
import pathlib
import resource
import subprocess
import tempfile
import time

import numpy as np

ACTIONS, SUCCESSORS = 4, 5


def records(states, seed=1):
    """Rows of state, action, next state, probability, reward."""
    random = np.random.default_rng(seed)
    count = states * ACTIONS * SUCCESSORS
    rows = np.empty(count, dtype=[("state", "<i4"), ("action", "<i4"), ("next", "<i4"), ("p", "<f8"), ("r", "<f8")])
    k = np.arange(count)
    fifth = states // SUCCESSORS
    rows["state"] = k // (ACTIONS * SUCCESSORS)
    rows["action"] = k // SUCCESSORS % ACTIONS
    rows["next"] = k % SUCCESSORS * fifth + random.integers(fifth, size=count)
    weights = random.random((count // SUCCESSORS, SUCCESSORS)) + 0.01
    rows["p"] = (weights / weights.sum(1, keepdims=True)).ravel()
    rows["r"] = np.repeat(random.random(count // SUCCESSORS), SUCCESSORS)
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--states", type=int, default=1_000_000)
    parser.add_argument("--poise", default=".build/release/poise")
    parser.add_argument("--csv", action="store_true", help="a CSV file in place of a binary one")
    options = parser.parse_args()
    rows = records(options.states)
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / ("large.csv" if options.csv else "large.mdp")
        if options.csv:
            with file.open("w") as out:
                for first in range(0, len(rows), 1_000_000):
                    out.writelines("%d,%d,%d,%r,%r\n" % tuple(row) for row in rows[first : first + 1_000_000].tolist())
        else:
            with file.open("wb") as out:
                out.write(b"POISEMDP")
                rows.tofile(out)
        count = len(rows)
        del rows
        scenario = pathlib.Path(folder) / "large.yaml"
        scenario.write_text(
            f"mdp: {{file: {{path: {file.name}, states: {options.states}, actions: {ACTIONS}, start: 0, discount: 0.99}}}}\n"
        )
        started = time.perf_counter()
        output = subprocess.run(
            [options.poise, "solve", str(scenario), "--tolerance", "0.005"], capture_output=True, text=True, check=True
        ).stdout
        seconds = time.perf_counter() - started
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print("\n".join(output.splitlines()[:4]))
        print(f"{count} transitions, file {os.path.getsize(file) / 2**20:.0f} MiB: {seconds:.1f} s, peak {peak:.0f} MiB")
        # 20 bytes of a transition, 24 of a choice with its expected reward, 4 of a state.
        data = (20 * count + 24 * options.states * ACTIONS + 4 * options.states) / 2**20
        print(f"the problem in memory: {data:.0f} MiB; peak is {peak / data:.2f} times that")


main()
