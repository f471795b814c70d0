#!/usr/bin/env python3
"""Proves that a change of structure changed no number.

`record` runs a poise program over short trainings of every algorithm on every scenario, a resumed run, evaluations, exported trajectories
and simulations, and writes the SHA-256 of what came out; `compare` runs another program over the same work and names every difference.

    python3 Tests/Torture/bits.py record before.json --poise /path/of/the/program/of/before
    python3 Tests/Torture/bits.py compare before.json

Bits are promised for one instruction set, so both are to run on one machine. Without arguments (as `make torture` calls it) the program
is compared with itself on another number of threads.
"""

import argparse
import hashlib
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCENARIOS = ["pendulum-swingup", "pendulum-balance", "cartpole-balance", "cartpole-swingup", "humanoid-stand", "humanoid-balance"]
# Control steps of each training: enough for updates past the warm-up and for an evaluation.
STEPS = {"ppo": {"pendulum": 6000, "cartpole": 8000, "humanoid": 6000}, "off": {"pendulum": 1500, "cartpole": 2500, "humanoid": 6000}}
SMALL = ["evaluation.tuningEpisodes=4"]
OFF_POLICY = {"evaluationInterval": "1000", "reportInterval": "500"}


def digest(data):
    return hashlib.sha256(data).hexdigest()[:24]


def tensors(path):
    """Digest of names, shapes and bytes of a safetensors file, without what holds wall time."""
    data = path.read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + size])
    parts = hashlib.sha256()
    for name in sorted(header):
        if name in ("__metadata__", "run.state"):
            continue
        begin, end = header[name]["data_offsets"]
        parts.update(f"{name} {header[name]['dtype']} {header[name]['shape']}".encode())
        parts.update(data[8 + size + begin : 8 + size + end])
    return parts.hexdigest()[:24]


class Work:
    def __init__(self, poise, threads, folder):
        self.poise, self.threads, self.folder = str(poise), threads, pathlib.Path(folder)
        self.results = {}

    def run(self, *arguments, check=True):
        done = subprocess.run([self.poise, *map(str, arguments)], cwd=ROOT, capture_output=True)
        if check and done.returncode != 0:
            sys.exit(f"{' '.join(map(str, arguments))}: exit code {done.returncode}\n{done.stderr.decode(errors='replace')}")
        return done.stdout

    def note_run(self, name, run):
        for file in ["progress.csv", "evaluations.csv"]:
            self.results[f"{name}/{file}"] = digest((run / file).read_bytes())
        for file in ["latest", "best"]:
            path = run / "checkpoints" / f"{file}.safetensors"
            if path.exists():
                self.results[f"{name}/{file}"] = tensors(path)
        for path in sorted(run.glob("replay/*.slots")):
            self.results[f"{name}/replay/{path.name}"] = digest(path.read_bytes())

    def train(self, scenario, algorithm):
        kind = scenario.split("-")[0]
        name, run = f"train/{scenario}/{algorithm}", self.folder / f"{scenario}-{algorithm}"
        sets = list(SMALL)
        if algorithm == "ppo":
            steps = STEPS["ppo"][kind]
            sets.append("training.evaluationInterval=4000")
        else:
            steps = STEPS["off"][kind]
            sets += [f"{algorithm}.{key}={value}" for key, value in OFF_POLICY.items()]
        options = [word for change in sets for word in ("--set", change)]
        self.run("train", scenario, "--algorithm", algorithm, "--seed", 5, "--steps", steps, "--threads", self.threads, "--out", run, *options)
        self.note_run(name, run)
        return run

    def all(self, algorithms):
        for scenario in SCENARIOS:
            for algorithm in algorithms:
                run = self.train(scenario, algorithm)
                print(f"  {scenario} {algorithm}", file=sys.stderr)
                if scenario in ("cartpole-swingup", "humanoid-balance"):
                    name = f"run/{scenario}/{algorithm}"
                    for option in ["--csv", "--npz", "--onnx"]:
                        file = self.folder / f"export{option[2:]}"
                        self.run("export", run, option, file, "--episodes", 3, "--checkpoint", "latest")
                        if option != "--onnx":  # names the program that made it
                            self.results[f"{name}/export{option}"] = digest(file.read_bytes())
                    judged = self.run("evaluate", run, "--checkpoint", "latest", "--episodes", 6, "--threads", self.threads, "--json")
                    self.results[f"{name}/evaluate"] = self.judged(judged)
            for controller in ["zero", "random", "hold"]:
                story = self.run("simulate", scenario, "--controller", controller, "--seed", 3).decode()
                # The hash of the physics' state; the words around it may change.
                self.results[f"simulate/{scenario}/{controller}"] = next(line.split()[1] for line in story.splitlines() if line.startswith("  state "))
                judged = self.run("evaluate", scenario, "--controller", controller, "--episodes", 6, "--threads", self.threads, "--json")
                self.results[f"evaluate/{scenario}/{controller}"] = self.judged(judged)
        for model in ["pendulum", "cartpole", "humanoid"]:
            for controller in ["zero", "random", "hold"]:
                self.results[f"simulate/{model}/{controller}"] = digest(self.run("simulate", model, "--controller", controller, "--csv", "-"))
        shipped = ROOT / "models" / "trained" / "humanoid-balance"
        file = self.folder / "shipped.csv"
        self.run("export", shipped, "--csv", file, "--episodes", 20)
        self.results["shipped/trajectories"] = digest(file.read_bytes())
        self.resumed()
        return self.results

    def judged(self, text):
        """Keys that a version adds do not count, nor the version's own name."""
        return json.loads(text)

    def resumed(self):
        """A run that was stopped and goes on: signalled as soon as the first row of its progress is there."""
        for scenario, algorithm in [("cartpole-swingup", "ppo"), ("cartpole-swingup", "ddpg")]:
            run = self.folder / f"resumed-{algorithm}"
            options = ["--set", SMALL[0]]
            process = subprocess.Popen(
                [self.poise, "train", scenario, "--algorithm", algorithm, "--seed", "6", "--steps", "12000", "--out", str(run), *options],
                cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            while process.poll() is None:
                file = run / "progress.csv"
                if file.exists() and file.read_bytes().count(b"\n") > 2:
                    process.terminate()
                    process.wait()
            self.run("train", "--resume", run, "--threads", self.threads)
            self.note_run(f"resumed/{scenario}/{algorithm}", run)


def differences(before, after):
    for name in sorted(before):
        if name not in after:
            yield f"{name}: missing"
        elif isinstance(before[name], dict):
            for key, value in before[name].items():
                if key not in ("poise_version",) and after[name].get(key) != value:
                    yield f"{name}: {key} was {value}, is {after[name].get(key)}"
        elif before[name] != after[name]:
            yield f"{name}: other bits"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", nargs="?", choices=["record", "compare"])
    parser.add_argument("file", nargs="?", type=pathlib.Path)
    parser.add_argument("--poise", default=ROOT / ".build" / "release" / "poise", type=pathlib.Path)
    parser.add_argument("--threads", default=2, type=int)
    parser.add_argument("--algorithms", default="ppo,ddpg,td3")
    options = parser.parse_args()
    if options.action and not options.file:
        parser.error("which file?")
    algorithms = options.algorithms.split(",")

    def results(threads):
        with tempfile.TemporaryDirectory() as folder:
            return Work(options.poise, threads, folder).all(algorithms)

    if options.action == "record":
        options.file.write_text(json.dumps(results(options.threads), indent=1, sort_keys=True) + "\n")
        return
    before = json.loads(options.file.read_text()) if options.action else results(1)
    found = list(differences(before, results(options.threads)))
    print("\n".join(found) or f"bits: {len(before)} results, all the same")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
