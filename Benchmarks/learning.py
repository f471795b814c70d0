#!/usr/bin/env python3
"""What learning takes, and what comes of it: the tables of training in Benchmarks/README.md, from trainings of the shipped scenarios.

usage: Benchmarks/learning.py [--rows SCENARIO[:ALGORITHM],…] [--seeds 71,72,73] [--threads 2] [--looks] [--keep FOLDER] [--poise FILE]
       Benchmarks/learning.py --all-learn [--rows …] [--seeds 5000-5299] [--jobs 2]

Each row is one scenario and algorithm, trained once with each seed until the goal is reached in two evaluations in a row, or the step limit;
then judged over 100 published episodes, whose seeds neither training nor tuning saw. Prints a line as soon as a training is done, the rows of
the table at the end. `--looks` also judges at half the physics step and under harder pushes. Seconds are those on the clock, evaluations
included, so let the machine be idle.

`--all-learn` asks of many seeds how many reach the goal, after how many control steps and in how much processor time. Nothing is judged.
"""
import argparse
import concurrent.futures
import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

PROJECT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
EPISODES = 100
ROWS = [
    "humanoid-balance:ppo", "humanoid-stand:ppo", "cartpole-swingup:ppo", "cartpole-swingup:ddpg", "cartpole-swingup:td3",
    "cartpole-balance:ppo", "cartpole-balance:ddpg", "cartpole-balance:td3", "pendulum-swingup:ppo", "pendulum-swingup:ddpg",
    "pendulum-swingup:td3", "pendulum-balance:ppo", "pendulum-balance:ddpg", "pendulum-balance:td3",
]
NAMES = {"ppo": "PPO", "ddpg": "DDPG", "td3": "TD3", "dqn": "DQN", "sac": "SAC"}
PLAIN, HALF = "survival", "survival at half the physics step"
# The conditions under which survival is told, with the keys that make them; the last two only where something pushes.
CONDITIONS = {
    PLAIN: [],
    HALF: ["physics.timeStep=0.0025"],
    "survival under pushes 1.5 times as hard": ["disturbances.0.pushes.scale=1.5"],
    "survival under pushes twice as hard": ["disturbances.0.pushes.scale=2"],
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=rows, default=",".join(ROWS), help="SCENARIO:ALGORITHM, with commas between; all of the table by default")
    parser.add_argument("--seeds", type=seeds, default="71,72,73", help="with commas between; 5000-5299 for all of these")
    parser.add_argument("--all-learn", action="store_true", help="ask only how many seeds reach the goal, and how soon")
    parser.add_argument("--jobs", type=int, default=2, help="trainings side by side with --all-learn, on one thread each")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--looks", action="store_true", help="also judge under other conditions")
    parser.add_argument("--keep", help="a folder for the runs, which go away otherwise")
    parser.add_argument("--poise", default=os.path.join(PROJECT, ".build", "release", "poise"))
    options = parser.parse_args()
    if not os.access(options.poise, os.X_OK):
        sys.exit(f"{options.poise}: found no program. Run: make build")
    options.poise = os.path.abspath(options.poise)
    if options.all_learn:
        try:
            all_learn(options)
        except Failed as problem:
            sys.exit(str(problem))
        return
    tables, failure = [], None
    with tempfile.TemporaryDirectory(prefix="poise-learning-") as scratch:
        folder = os.path.abspath(options.keep or scratch)
        os.makedirs(folder, exist_ok=True)
        try:
            for scenario, algorithm in options.rows:
                results = []
                tables.append((scenario, algorithm, results))
                for seed in options.seeds:
                    results.append(one(options, folder, scenario, algorithm, seed))
        except Failed as problem:
            # What was measured before it is told all the same.
            failure = str(problem)
    print("\n| scenario | | seconds | control steps, thousands | score over 100 episodes |\n| --- | --- | --- | --- | --- |")
    tables = [table for table in tables if table[2]]
    for scenario, algorithm, results in tables:
        seconds = ", ".join(result["seconds"] for result in results)
        steps = ", ".join(result["steps"] for result in results)
        print(f"| `{scenario}` | {NAMES[algorithm]} | {seconds} | {steps} | {score(scenario, results)} |")
    if options.looks:
        for scenario, _, results in tables:
            looks(scenario, [str(seed) for seed in options.seeds[:len(results)]], results)
    if failure:
        sys.exit(failure)


BAD_INPUT = 65  # of `poise`, also where a training's numbers cannot be trusted any more


class Failed(Exception):
    """A command that did not end well."""

    def __init__(self, command, done):
        super().__init__(f"{' '.join(command)}\nended with status {done.returncode}:\n{done.stderr[-2000:]}")
        self.status = done.returncode


def rows(text):
    """The scenarios and algorithms of "humanoid-balance:ppo,cartpole-swingup"; PPO where none is named."""
    found = []
    for part in text.split(","):
        scenario, _, algorithm = part.partition(":")
        if algorithm not in ["", *NAMES]:
            raise argparse.ArgumentTypeError(f"found '{part}'; allowed after the colon: {', '.join(NAMES)}")
        found.append((scenario, algorithm or "ppo"))
    return found


def seeds(text):
    """The numbers of "71,72" or "5000-5299"."""
    found = []
    for part in text.split(","):
        ends = part.split("-")
        if len(ends) > 2 or not all(end.isdecimal() for end in ends) or int(ends[0]) > int(ends[-1]):
            raise argparse.ArgumentTypeError(f"found '{part}'; allowed a number, or two with a hyphen, the smaller first: 71,72 or 5000-5299")
        found += range(int(ends[0]), int(ends[-1]) + 1)
    return found


def train(options, out, scenario, algorithm, seed, threads):
    """One training into the folder `out`: its evaluations, and whether it ended at the goal, twice in a row."""
    run([
        options.poise, "train", scenario, "--algorithm", algorithm, "--seed", str(seed), "--threads", str(threads), "--out", out])
    with open(os.path.join(out, "evaluations.csv"), encoding="utf-8") as table:
        evaluations = list(csv.DictReader(table))
    return evaluations, len(evaluations) > 1 and all(float(evaluation["meets_goal"]) for evaluation in evaluations[-2:])


def all_learn(options):
    """Of many seeds: how many reach the goal, after how many control steps, in how much processor time."""
    print("| scenario | | seeds at the goal | control steps, thousands: median, 95 %, worst | mean processor time |")
    print("| --- | --- | --- | --- | --- |", flush=True)
    for scenario, algorithm in options.rows:

        def steps(seed):
            """Until the goal; None where it was not reached."""
            with tempfile.TemporaryDirectory(prefix="poise-learning-") as scratch:
                out = os.path.join(scratch, "run")
                try:
                    evaluations, reached = train(options, out, scenario, algorithm, seed, 1)
                except Failed as problem:
                    # With a run begun the numbers have diverged; without one the input was bad, which no other seed mends.
                    if problem.status != BAD_INPUT or not os.path.exists(out):
                        raise
                    reached = False
            if not reached:
                print(f"{scenario} {algorithm}, seed {seed}: not at the goal", file=sys.stderr, flush=True)
            return float(evaluations[-1]["environment_steps"]) / 1000 if reached else None

        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            found = list(pool.map(steps, options.seeds))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / len(found)
        reached = sorted(value for value in found if value is not None)
        # The seeds that never got there are the last ones.
        ranked = [f"{value:,.{0 if value >= 10 else 1}f}" for value in reached] + ["–"] * (len(found) - len(reached))
        places = (len(found) - 1) // 2, round(0.95 * (len(found) - 1)), len(found) - 1
        print(
            f"| `{scenario}` | {NAMES[algorithm]} | {len(reached)} of {len(found)} | {', '.join(ranked[place] for place in places)} | "
            f"{seconds:.{0 if seconds >= 10 else 1 if seconds >= 1 else 2}f} s |", flush=True)


def one(options, folder, scenario, algorithm, seed):
    """A training and what it is worth."""
    out = os.path.join(folder, f"{scenario}-{algorithm}-{seed}")
    start = time.perf_counter()
    evaluations, reached = train(options, out, scenario, algorithm, seed, options.threads)
    seconds = time.perf_counter() - start
    steps = f"{float(evaluations[-1]['environment_steps']) / 1000:,.0f}"
    is_pushed = pushes(out)
    result = {
        "seconds": ("" if reached else "not reached in ") + (f"{seconds:.0f}" if seconds >= 20 else f"{seconds:.1f}"), "steps": steps,
        "judged": {
            name: judge(options, out, keys) for name, keys in CONDITIONS.items()
            if not keys or options.looks and (is_pushed or not keys[0].startswith("disturbances"))},
    }
    print(f"{scenario} {algorithm}, seed {seed}: {result['seconds']} s, {steps} thousand steps, {score(scenario, [result])}", flush=True)
    return result


def pushes(out):
    """Whether something pushes the robot when it is judged: the run's own scenario has every key, each on its line."""
    with open(os.path.join(out, "scenario.yaml"), encoding="utf-8") as file:
        lines = file.read().splitlines()
    places = [i for i, line in enumerate(lines) if line.startswith("disturbances:")]
    return bool(places) and "pushes" in "".join(lines[places[0]:places[0] + 2])


def judge(options, out, keys):
    settings = [word for key in keys for word in ("--set", key)]
    return json.loads(run([options.poise, "evaluate", out, "--episodes", str(EPISODES), "--json", *settings]))


def run(command):
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failed(command, done)
    return done.stdout


def score(scenario, results):
    scores = [result["judged"][PLAIN] for result in results]

    def all_of(key, form):
        return ", ".join(form.format(value[key]).replace("-", "−") for value in scores)

    if scenario == "pendulum-swingup":
        return "return " + ", ".join(f"{value['return']['mean']:.0f}".replace("-", "−") for value in scores)
    if scores[0]["success_rate"] is not None:
        return "upright for the last half " + all_of("success_rate", "{:.2f}")
    survival = "survival " + all_of("survival_rate", "{:.2f}")
    return survival + ("; tilt reward " + all_of("tilt_reward_per_step", "{:.2g}") if scenario.startswith("humanoid") else "")


def looks(scenario, names, results):
    """Whether it looks like balance."""
    print(f"\n| {scenario}, seed | {' | '.join(names)} |\n| --- |" + " --- |" * len(names))

    def row(name, cells):
        print(f"| {name} | {' | '.join(cells)} |")

    for name in CONDITIONS:
        if name in results[0]["judged"]:
            row(name, [f"{result['judged'][name]['survival_rate']:.2f}" for result in results])
    plain = [result["judged"][PLAIN] for result in results]
    row("actions at ±1", [f"{100 * value['action_saturation']:.2f} %" for value in plain])
    row("action change per step, of a range of 2", [f"{value['action_change_mean']:.3f}" for value in plain])
    row("worst joint beyond its limit", [f"{value['worst_joint_limit_violation_rad'] * 57.29578:.1f}°" for value in plain])
    row("deepest penetration in episodes survived; at half the step", [
        "; ".join(centimetres(result["judged"][name]["worst_penetration_survived_m"]) for name in (PLAIN, HALF)) for result in results])


def centimetres(metres):
    """None where no episode was survived."""
    return "–" if metres is None else f"{100 * metres:.1f} cm"


if __name__ == "__main__":
    main()
