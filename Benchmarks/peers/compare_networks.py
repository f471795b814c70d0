#!/usr/bin/env python3
"""Our updates and those of PyTorch, Stable-Baselines3 and SBX (JAX) side by side: one run, one core, in turns, medians.

usage: Benchmarks/peers/compare_networks.py [--scratch DIR] [--rounds 3] [--core 0] [--ours "COMMAND"]

Makes a virtual environment with the peers in the scratch folder (several GB with PyTorch's own wheels; nothing is written
to the project), then measures in rounds: ours, then every peer, then again. Processor time is compared (ours: the median of
its rounds; theirs: the mean over two seconds), because it leaves out what a busy machine takes away; times on the clock are
printed beside it. On an idle machine the two agree. Needs `taskset`, and a network for the first run.
COMMAND prints the network benchmark as JSON; by default `swift run -c release poise bench networks --json`.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys

here = os.path.dirname(os.path.abspath(__file__))
parser = argparse.ArgumentParser()
parser.add_argument("--scratch", default="/tmp/poise-peers")
parser.add_argument("--rounds", type=int, default=3)
parser.add_argument("--core", default="0")
parser.add_argument("--ours", default="swift run -c release poise bench networks --json")
options = parser.parse_args()

PACKAGES = ["torch==2.15.0", "stable-baselines3==2.9.2", "sbx-rl==0.28.0", "jax==0.10.2", "gymnasium==1.4.0"]
os.makedirs(options.scratch, exist_ok=True)
python = os.path.join(options.scratch, "venv", "bin", "python")
if not os.path.exists(python):
    subprocess.run([sys.executable, "-m", "venv", os.path.join(options.scratch, "venv")], check=True)
if subprocess.run([python, "-c", "import torch, stable_baselines3, sbx"], capture_output=True).returncode != 0:
    subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES], check=True)

environment = dict(os.environ, OMP_NUM_THREADS="1", PB_RESULTS=os.path.join(options.scratch, "results"))
environment.pop("OPENBLAS_CORETYPE", None)
core = ["taskset", "-c", options.core]
# (label, our row, peers' script and arguments)
CASES = [
    ("DDPG 256–256, batch 256", "DDPG update 256–256, batch 256", ["micro_ddpg.py", "--hid", "256", "--batch", "256"]),
    ("DDPG 64–64, batch 100", "DDPG update 64–64, batch 100", ["micro_ddpg.py", "--hid", "64", "--batch", "100"]),
    ("PPO 64–64, batch 64", "PPO minibatch 64–64, batch 64", ["micro_ppo.py", "--hid", "64", "--batch", "64"]),
    ("PPO 64–64, batch 512", "PPO minibatch 64–64, batch 512", ["micro_ppo.py", "--hid", "64", "--batch", "512"]),
    ("PPO 256–256, batch 64", "PPO minibatch 256–256, batch 64", ["micro_ppo.py", "--hid", "256", "--batch", "64"]),
    ("PPO 256–256, batch 512", "PPO minibatch 256–256, batch 512", ["micro_ppo.py", "--hid", "256", "--batch", "512"]),
]
PEERS = [("lean PyTorch", "torchfused"), ("SBX (JAX)", "sbx"), ("Stable-Baselines3", "sb3")]


def peer(script, implementation):
    """(processor time, time on the clock) of one update in µs."""
    command = core + [python, os.path.join(here, script[0]), implementation, *script[1:], "--reps", "1"]
    lines = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.splitlines()
    record = json.loads(lines[-1])
    clock = record.get("us_train50") or record.get("us_train1") or record.get("us_per_minibatch")
    # micro_ddpg.py times train(1), train(50), then sampling; the second is the library's best. Others are timed once.
    cpu = record["us_cpu"][1 if "us_train50" in record else 0]
    return cpu, clock[0]


def ours():
    out = subprocess.run(core + options.ours.split(), capture_output=True, text=True, check=True).stdout
    return json.loads(out[out.index("{"):])


rows, conditions = {}, {}
times = {}
for number in range(options.rounds):
    print(f"round {number + 1} of {options.rounds}", file=sys.stderr, flush=True)
    for label, row, script in CASES:
        report = ours()
        conditions = report["conditions"]
        value = next(r["value"] for r in report["rows"] if r["name"] == row + ", median")
        times.setdefault((label, "ours"), []).append((value, value))
        for name, implementation in PEERS:
            times.setdefault((label, name), []).append(peer(script, implementation))
            print(f"  {label}, {name}: {times[label, name][-1][0]:.0f} µs (ours {value:.0f})", file=sys.stderr, flush=True)


def median(label, name, which):
    return statistics.median(t[which] for t in times[label, name])


print(f"One update in µs of processor time (on the clock), medians of {options.rounds}, {conditions}; × is the peer's time over ours")
for label, row, script in CASES:
    mine = median(label, "ours", 0)
    peers = [f"{name} {median(label, name, 0):.0f} ({median(label, name, 1):.0f}) = {median(label, name, 0) / mine:.2f}×" for name, _ in PEERS]
    print(f"{label}: ours {mine:.0f}; " + "; ".join(peers))
