#!/usr/bin/env python3
"""Our TD3 and RLtools' at the same setting: control steps per second, each with acting, recording, sampling and one update.

usage: Benchmarks/peers/compare_learners.py [--scratch DIR] [--rounds 3] [--core 0] [--ours "COMMAND"]

64–64, batches of 100, one update for each control step of the pendulum; one core, in turns, medians. Makes a virtual environment with
the peer in the scratch folder (it compiles itself there: a C++ compiler is needed). Processor time is compared, because it leaves out
what a busy machine takes away; the rate on the clock is printed beside it. COMMAND prints the learner benchmark as JSON.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys

PEER = r"""
import sys, time
from rltools import TD3
import gymnasium
from gymnasium.wrappers import RescaleAction
def make(**options):
    environment = RescaleAction(gymnasium.make("Pendulum-v1", **options), -1, 1)
    environment.reset(seed=1)
    return environment
state = TD3(make, enable_evaluation=False).State(1)
# Its step is one control step, and an update after the warm-up.
for _ in range(2000): state.step()
clock, cpu = time.perf_counter(), time.process_time()
for _ in range(4000): state.step()
print("rate", 4000 / (time.process_time() - cpu), 4000 / (time.perf_counter() - clock))
"""

parser = argparse.ArgumentParser()
parser.add_argument("--scratch", default="/tmp/poise-peers-rltools")
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--core", default="0")
parser.add_argument("--ours", default="swift run -c release poise bench learners --json")
options = parser.parse_args()

python = os.path.join(options.scratch, "venv", "bin", "python")
os.makedirs(options.scratch, exist_ok=True)
if not os.path.exists(python):
    subprocess.run([sys.executable, "-m", "venv", os.path.join(options.scratch, "venv")], check=True)
if subprocess.run([python, "-c", "import rltools, gymnasium"], capture_output=True).returncode != 0:
    subprocess.run([python, "-m", "pip", "install", "-q", "rltools", "gymnasium", "mkl", "mkl-include"], check=True)
environment = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")
core = ["taskset", "-c", options.core]


def peer():
    """Control steps per second of processor time, and on the clock."""
    run = subprocess.run(core + [python, "-c", PEER], env=environment, capture_output=True, text=True, check=True)
    line = next(line for line in run.stdout.splitlines() if line.startswith("rate "))
    return float(line.split()[1]), float(line.split()[2])


def ours():
    """Control steps per second of processor time: TD3, then DDPG."""
    out = subprocess.run(core + options.ours.split(), capture_output=True, text=True, check=True).stdout
    rows = json.loads(out[out.index("{"):])["reports"][0]["rows"]
    return [next(r["value"] for r in rows if r["name"].startswith(f"{name}, 64–64, batch 100")) for name in ("TD3", "DDPG")]


peer()  # compiles
theirs, mine = [], []
for number in range(options.rounds):
    mine.append(ours())
    theirs.append(peer())
    print(f"round {number + 1} of {options.rounds}: ours {mine[-1][0]:.0f}, RLtools {theirs[-1][0]:.0f} per s", file=sys.stderr, flush=True)
td3, ddpg = (statistics.median(values) for values in zip(*mine))
cpu, clock = (statistics.median(values) for values in zip(*theirs))
print("Control steps with an update each, per second of processor time (on the clock):")
print(f"ours TD3 {td3:.0f}, DDPG {ddpg:.0f}; RLtools TD3 {cpu:.0f} ({clock:.0f}); ours ÷ RLtools {td3 / cpu:.2f}")
