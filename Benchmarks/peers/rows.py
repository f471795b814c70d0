"""What is measured: each row is one kind of work, done by Poise and by peers in turns."""
from __future__ import annotations

import csv
import json
import math
import os
from dataclasses import dataclass, field

import scratch
from execution import Execution, scratch_folder

HERE = os.path.dirname(os.path.abspath(__file__))
PROJECT = os.path.dirname(os.path.dirname(HERE))


@dataclass
class Settings:
    """Of a run of the benchmark."""

    poise: str
    core: int
    cap: float


@dataclass
class Sample:
    """One measurement of one side. `value` is None where it was not reached."""

    value: float | None
    run: Execution
    versions: dict = field(default_factory=dict)
    # Other figures worth keeping, name: (value, unit).
    others: dict = field(default_factory=dict)
    note: str = ""


@dataclass
class Side:
    """Poise or a peer at one work. `measure(settings, seed)` gives a Sample."""

    name: str
    measure: object
    seconds: float  # what one measurement takes, about
    environment: str | None = None  # the peer's, see scratch.py
    prepare: list | None = None  # what its interpreter runs once, before anything is measured

    @property
    def is_ours(self):
        return self.environment is None


@dataclass
class Bar:
    """Poise is to be `factor` times better than the best of `peers`; None where nothing was asked."""

    peers: list
    factor: float | None = None
    ours: str | None = None  # the side of Poise's that does the peers' work; None for the best of all


@dataclass
class Row:
    name: str
    title: str
    unit: str
    less_is_better: bool
    sides: list
    bars: list = field(default_factory=list)
    limit: float | None = None  # an absolute bar for us, in the unit
    rounds: int = 3
    is_processor_time: bool = False  # its figures leave out what a busy machine takes away, on both sides
    setting: str = ""  # what a reader has to know


# MARK: - Peers

# Where RLtools keeps what it compiles.
RLTOOLS_CACHE = {"POISE_PEERS_CACHE": os.path.join(scratch.FOLDER, "rltools-cache")}


def peer(environment, script, *arguments, figure="rate", scale=1.0, seconds, name, cap=None, prepare=None):
    """A side that runs one of measure/*.py and reads its line.

    figure: the name of the figure in that line, "memory", or "seconds to MARK". cap: seconds after which it gives up on a goal, where that
    is less than the whole run's; None where it has none.
    """
    path = os.path.join(HERE, "measure", script)

    def measure(settings, seed):
        command = [scratch.python(environment), path, *arguments, "--seed", str(seed)]
        if cap is not None:
            command += ["--cap", str(min(settings.cap, cap))]
        # In the scratch folder, since PufferLib leaves a link wherever it is imported.
        run = Execution(
            command, settings.core, marks_of(figure), RLTOOLS_CACHE, timeout=settings.cap + 900, folder=scratch.FOLDER)
        lines = [json.loads(line[5:]) for line in run.lines if line.startswith("PEER ")]
        told = lines[-1] if lines else {"figures": {}, "versions": {}}
        sample = value_of(figure, run, told["figures"], scale)
        sample.versions = told["versions"]
        sample.others = {k: (v, "") for k, v in told["figures"].items() if k != figure and isinstance(v, (int, float))}
        sample.note = str(told["figures"].get("last_score", ""))
        return sample

    return Side(name, measure, seconds, environment, prepare and [path, *prepare])


SECONDS_TO = "seconds to "


def marks_of(figure):
    """The lines that tell when a figure is there."""
    return [figure.removeprefix(SECONDS_TO)] if figure.startswith(SECONDS_TO) else []


def value_of(figure, run, figures, scale=1.0):
    if figure == "memory":
        return Sample(run.memory_mb, run)
    for mark in marks_of(figure):
        seconds = run.seconds_to.get(mark)
        return Sample(None if seconds is None else seconds * scale, run)
    return Sample(figures[figure], run)


GOAL, FIRST = "reaches the goal", "the first control step"
# What a script that learns is asked: the figure, and what it is multiplied by.
ASKED = {"rate": ("rate", 1), "memory": ("memory", 1), "goal": (SECONDS_TO + GOAL, 1), "first-step": (SECONDS_TO + FIRST, 1000)}


def learner(environment, script, *arguments, what, seconds, name, cap=math.inf, prepare=None):
    """A peer that learns; `arguments` hold what it is asked."""
    figure, scale = ASKED[what]
    return peer(
        environment, script, *arguments, figure=figure, scale=scale, seconds=seconds, name=name, cap=cap if what == "goal" else None,
        prepare=prepare)


def learn(library, algorithm, task, what, settings, seconds, name, environment="gym"):
    return learner(
        environment, "learn.py", library, algorithm, task, what, "--settings", settings, what=what, seconds=seconds, name=name)


def cleanrl(algorithm, task, what, seconds, cap=math.inf):
    """CleanRL's recipe, which is the same whatever the task."""
    name = {"ppo": "CleanRL's recipe", "ddpg": "CleanRL's recipe of DDPG"}[algorithm]
    return learner("gym", f"cleanrl_{algorithm}.py", task, what, what=what, seconds=seconds, name=name, cap=cap)


def rltools(algorithm, task, what, settings, seconds, name):
    """RLtools, which compiles itself for each setting first."""
    return learner(
        "rltools", "rltools_learn.py", algorithm, task, what, "--settings", settings, what=what, seconds=seconds, name=name,
        prepare=[algorithm, task, "compile", "--settings", settings])


# MARK: - Poise


def poise_rate(scenario, *settings_of_run, steps, seconds, name):
    """Control steps per second of `poise train`, from the process's start to its end."""

    def measure(settings, seed):
        run, _ = train(settings, seed, scenario, ["training.stopsAtGoal=false", *NO_EVALUATION, *settings_of_run], steps)
        return Sample(steps / run.seconds, run)

    return Side(name, measure, seconds)


# Only the one at the end is left.
NO_EVALUATION = ["training.evaluationInterval=1000000000", "ddpg.evaluationInterval=null", "td3.evaluationInterval=null"]


def poise_goal(scenario, algorithm, seconds, name):
    """Seconds from the process's start to the first evaluation that reaches the goal."""

    def measure(settings, seed):
        run, evaluations = train(settings, seed, scenario, [f"training.algorithm={algorithm}"], None, marks_of(SECONDS_TO + GOAL))
        steps = next((float(row["environment_steps"]) for row in evaluations if float(row["meets_goal"])), None)
        others = {"seconds to the end of the process": (run.seconds, "s")}
        if steps:
            others["steps"] = (steps, "")
        sample = value_of(SECONDS_TO + GOAL, run, {})
        sample.others = others
        return sample

    return Side(name, measure, seconds)


def poise_figure(scenario, figure, *settings_of_run, steps, seconds, name, scale=1.0):
    def measure(settings, seed):
        run, _ = train(settings, seed, scenario, settings_of_run, steps, marks_of(figure))
        return value_of(figure, run, {}, scale)

    return Side(name, measure, seconds)


def train(settings, seed, scenario, keys, steps, marks=()):
    """One `poise train` on one thread into a folder that goes away; the run and its evaluations."""
    with scratch_folder() as folder:
        out = os.path.join(folder, "run")
        command = [settings.poise, "train", scenario, "--seed", str(seed), "--threads", "1", "--out", out]
        if steps:
            command += ["--steps", str(steps)]
        for key in keys:
            command += ["--set", key]
        run = Execution(command, settings.core, marks)
        with open(os.path.join(out, "evaluations.csv"), encoding="utf-8") as table:
            return run, list(csv.DictReader(table))


def poise_control_steps(scenario, seconds=4, name="Poise"):
    def measure(settings, seed):
        run = Execution([settings.poise, "bench", "control-steps", "--scenario", scenario, "--worlds", "8", "--json"], settings.core)
        text = "\n".join(run.lines)
        rows = json.loads(text[text.index("{"):])["reports"][0]["rows"]
        clock, processor = (next(r["value"] for r in rows if r["name"].endswith(end)) for end in ("on the clock", "of processor time"))
        return Sample(clock, run, others={"rate of processor time": (processor, "per s")})

    return Side(name, measure, seconds)


def poise_update(label):
    def measure(settings, seed):
        run = Execution([settings.poise, "bench", "networks", "--json"], settings.core)
        text = "\n".join(run.lines)
        rows = json.loads(text[text.index("{"):])["reports"][0]["rows"]
        return Sample(next(r["value"] for r in rows if r["name"] == label + ", median"), run)

    return Side("Poise", measure, 6)


def update_row(algorithm, hidden, batch):
    label = f"{'DDPG update' if algorithm == 'ddpg' else 'PPO minibatch'} {hidden}–{hidden}, batch {batch}"
    size = ["--hidden", str(hidden), "--batch", str(batch)]
    return Row(
        f"update-{algorithm}-{hidden}-{batch}", label, "µs", True,
        [
            poise_update(label),
            *(peer("gym", "update.py", implementation, algorithm, *size, seconds=seconds, name=name) for implementation, name, seconds in [
                ("torch", "lean PyTorch", 5), ("sbx", "SBX", 15), ("sb3", "Stable-Baselines3", 8)]),
        ],
        is_processor_time=True, setting="60 inputs, 16 actions; processor time")


def poise_help(name="Poise"):
    def measure(settings, seed):
        # One start takes a few ms, so the least of ten: what the program needs, without what the machine did beside it.
        runs = [Execution([settings.poise, "--help"], settings.core) for _ in range(10)]
        best = min(runs, key=lambda run: run.seconds)
        return Sample(best.seconds * 1000, best)

    return Side(name, measure, 0.3)


def import_only(module, seconds, name):
    def measure(settings, seed):
        run = Execution([scratch.python("gym"), "-c", f"import {module}"], settings.core)
        return Sample(run.seconds * 1000, run)

    return Side(name, measure, seconds, "gym")


# MARK: - The rows

SAME_PPO = [
    "training.algorithm=ppo", "ppo.worlds=8", "ppo.blockSize=8", "ppo.rolloutLength=256", "ppo.epochs=10", "ppo.minibatchSize=64",
    "ppo.hiddenSizes=[64, 64]", "ppo.valueHiddenSizes=[64, 64]", "ppo.shards=1", "ppo.mirrorSymmetry=null"]


# A row of the progress for a hundred gradients, as Stable-Baselines3 logs.
SAME_A2C = [
    "training.algorithm=a2c", "a2c.worlds=8", "a2c.blockSize=8", "a2c.rolloutLength=5", "a2c.gaeLambda=1", "a2c.optimizer=rmsProp",
    "a2c.learningRate.initial=7e-4", "a2c.hiddenSizes=[64, 64]", "a2c.valueHiddenSizes=[64, 64]", "a2c.shards=1",
    "a2c.mirrorSymmetry=null", "a2c.scalesRewards=false", "a2c.normalizesAdvantages=false", "a2c.normalizesObservations=false",
    "a2c.reportInterval=4096"]


def same_ddpg(algorithm):
    keys = [
        "worlds=1", "batchSize=100", "hiddenSizes=[64, 64]", "criticHiddenSizes=[64, 64]", "updatesPerStep=1", "warmupSteps=100",
        "memoryCapacity=20000", "mirrorSymmetry=null", "preSquashPenalty=0"]
    return [f"training.algorithm={algorithm}", *(f"{algorithm}.{key}" for key in keys)]


def scenario_file(name):
    return os.path.join(PROJECT, "scenarios", name + ".yaml")


def scenario_task(name):
    return "scenario:" + scenario_file(name)


SAME_TASK = (
    "to the first evaluation that reaches the goal, process start included; the same model and reward, in MuJoCo for the peers; Poise's "
    "settings for all but CleanRL's recipe, which has its own; the peers lack {}")


def small_steps_row(name, title, scenario, task, setting):
    return Row(
        name + "-steps", title + ", random actions", "control steps/s", False,
        [
            poise_control_steps(scenario),
            peer("envpool", "envpool_steps.py", task, seconds=8, name="EnvPool"),
            peer("gym", "gymnasium_steps.py", task, seconds=8, name="Gymnasium"),
        ],
        [Bar(["EnvPool"], 2)], rounds=5, setting=setting)


def scenario_rate_row(name, scenario, steps, seconds, extras):
    """PPO's rate on one of our scenarios. extras: what Poise does beside the peers' work."""
    task = scenario_task(scenario)
    return Row(
        name, f"PPO on {scenario}", "training steps/s", False,
        [
            poise_rate(scenario, steps=steps, seconds=seconds, name="Poise"),
            learn("sbx", "ppo", task, "rate", "ours", 25, "SBX"),
            learn("sb3", "ppo", task, "rate", "ours", 20, "Stable-Baselines3"),
            rltools("ppo", task, "rate", "ours", 10, "RLtools"),
            cleanrl("ppo", task, "rate", 20),
        ],
        setting=f"the same model and reward, in MuJoCo for the peers; Poise's settings for all but CleanRL's recipe; Poise also with {extras}; "
        "Poise's whole process, peers once they run")


ROWS = [
    Row(
        "humanoid-steps", "humanoid, random actions", "control steps/s", False,
        [
            poise_control_steps("humanoid-stand"),
            peer("envpool", "envpool_steps.py", "Humanoid-v5", seconds=9, name="EnvPool"),
            peer("gym", "gymnasium_steps.py", "Humanoid-v5", seconds=8, name="Gymnasium"),
            peer("gym", "scenario_steps.py", scenario_file("humanoid-stand"), seconds=12, name="Gymnasium with our humanoid"),
            peer(
                "gym", "scenario_steps.py", scenario_file("humanoid-stand"), figure="bare", seconds=12,
                name="MuJoCo with our humanoid, physics alone"),
        ],
        [Bar(["EnvPool", "Gymnasium"], 2)], rounds=5,
        setting="4 physics steps a control step, the peers' own humanoid 5; 8 worlds, EnvPool in batches of 8"),
    small_steps_row("pendulum", "pendulum", "pendulum-swingup", "Pendulum-v1", "8 worlds, EnvPool in batches of 8"),
    small_steps_row(
        "inverted-pendulum", "inverted pendulum (our cart-pole)", "cartpole-balance", "InvertedPendulum-v5",
        "4 physics steps a control step, the peers 2; 8 worlds, EnvPool in batches of 8"),
    Row(
        "ddpg-rate", "DDPG on the pendulum", "training steps/s", False,
        [
            poise_rate("pendulum-swingup", *same_ddpg("ddpg"), steps=40_000, seconds=4, name="Poise"),
            poise_rate("pendulum-swingup", *same_ddpg("td3"), steps=40_000, seconds=5, name="Poise TD3"),
            rltools("td3", "Pendulum-v1", "rate", "same", 8, "RLtools TD3"),
            cleanrl("ddpg", "Pendulum-v1", "rate", 25),
            learn("sbx", "ddpg", "Pendulum-v1", "rate", "same", 20, "SBX DDPG"),
            learn("sb3", "ddpg", "Pendulum-v1", "rate", "same", 14, "Stable-Baselines3 DDPG"),
        ],
        [
            Bar(["RLtools TD3"], 1.5, "Poise TD3"), Bar(["SBX DDPG"], 15, "Poise"), Bar(["Stable-Baselines3 DDPG"], 50, "Poise"),
        ],
        setting="64–64, batches of 100, one update a step, CleanRL's recipe 256–256 and batches of 256; Poise's whole process, peers once they run"),
    Row(
        "ppo-rate", "PPO on the pendulum", "training steps/s", False,
        [
            poise_rate("pendulum-swingup", *SAME_PPO, steps=409_600, seconds=4, name="Poise"),
            peer("pufferlib", "pufferlib_ppo.py", seconds=20, name="PufferLib"),
            rltools("ppo", "Pendulum-v1", "rate", "same", 8, "RLtools"),
            cleanrl("ppo", "Pendulum-v1", "rate", 15),
            learn("sbx", "ppo", "Pendulum-v1", "rate", "same", 25, "SBX"),
            learn("sb3", "ppo", "Pendulum-v1", "rate", "same", 15, "Stable-Baselines3"),
        ],
        [Bar(["PufferLib", "SBX"], 8), Bar(["Stable-Baselines3"], 15), Bar(["RLtools"])],
        setting="8 environments, 2048 steps a rollout, ten epochs of minibatches of 64, 64–64, CleanRL's recipe with one environment; Poise's "
        "whole process, peers once they run"),
    Row(
        "cartpole-v1-ppo-rate", "PPO on CartPole-v1", "training steps/s", False,
        [
            poise_rate("cartpole-left-right", *SAME_PPO, steps=409_600, seconds=5, name="Poise"),
            learn("sb3", "ppo", "CartPole-v1", "rate", "same", 15, "Stable-Baselines3"),
            learn("sbx", "ppo", "CartPole-v1", "rate", "same", 25, "SBX"),
            cleanrl("ppo", "CartPole-v1", "rate", 15),
        ],
        [Bar(["Stable-Baselines3"], 15)],
        setting="8 environments, 2048 steps a rollout, ten epochs of minibatches of 64, 64–64, CleanRL's recipe with its own four environments and "
        "rollouts of 512; cartpole-left-right is the same task; Poise's whole process, peers once they run"),
    Row(
        "cartpole-v1-a2c-rate", "A2C on CartPole-v1", "training steps/s", False,
        [
            poise_rate("cartpole-left-right", *SAME_A2C, steps=409_600, seconds=5, name="Poise"),
            learn("sb3", "a2c", "CartPole-v1", "rate", "same", 10, "Stable-Baselines3"),
        ],
        [Bar(["Stable-Baselines3"], 15)],
        setting="8 environments, 5 steps of each a gradient, RMSProp, 64–64; SBX and CleanRL have no A2C; Poise's whole process, the peer once it runs"),
    Row(
        "pendulum-goal", "to −200 on the pendulum", "s", True,
        [
            poise_goal("pendulum-swingup", "ppo", 1, "Poise PPO"),
            poise_goal("pendulum-swingup", "ddpg", 1, "Poise DDPG"),
            rltools("ppo", "Pendulum-v1", "goal", "zoo", 6, "RLtools PPO"),
            rltools("td3", "Pendulum-v1", "goal", "same", 6, "RLtools TD3"),
            # Given hundreds of times what Poise takes.
            cleanrl("ppo", "Pendulum-v1", "goal", 105, cap=100),
            cleanrl("ddpg", "Pendulum-v1", "goal", 60, cap=200),
            learn("sbx", "ppo", "Pendulum-v1", "goal", "zoo", 20, "SBX PPO"),
            learn("sbx", "ddpg", "Pendulum-v1", "goal", "ours", 20, "SBX DDPG"),
            learn("sb3", "ppo", "Pendulum-v1", "goal", "zoo", 25, "Stable-Baselines3 PPO"),
            learn("sb3", "ddpg", "Pendulum-v1", "goal", "ours", 30, "Stable-Baselines3 DDPG"),
        ],
        [
            Bar(["RLtools PPO", "RLtools TD3"], 2), Bar(["SBX PPO", "SBX DDPG"], 8),
            Bar(["Stable-Baselines3 PPO", "Stable-Baselines3 DDPG"], 10),
        ],
        setting="process start included; Poise as its scenario is set, with mirror symmetry; the peers' PPO with rl-baselines3-zoo's settings, "
        "their DDPG with those of our TD3 (the zoo's waits for 10,000 steps), RLtools' TD3 and CleanRL's recipes with their own"),
    Row(
        "cartpole-goal", "to the goal of cartpole-balance", "s", True,
        [
            poise_goal("cartpole-balance", "ppo", 1, "Poise PPO"),
            learn("sbx", "ppo", scenario_task("cartpole-balance"), "goal", "ours", 25, "SBX PPO"),
            learn("sb3", "ppo", scenario_task("cartpole-balance"), "goal", "ours", 10, "Stable-Baselines3 PPO"),
            rltools("ppo", scenario_task("cartpole-balance"), "goal", "ours", 10, "RLtools PPO"),
            cleanrl("ppo", scenario_task("cartpole-balance"), "goal", 60, cap=200),
        ],
        setting=SAME_TASK.format("mirror symmetry")),
    scenario_rate_row("cartpole-rate", "cartpole-balance", 204_800, 4, "mirror symmetry"),
    Row(
        "humanoid-goal", "to the goal of humanoid-stand", "s", True,
        [
            poise_goal("humanoid-stand", "ppo", 60, "Poise PPO"),
            learn("sbx", "ppo", scenario_task("humanoid-stand"), "goal", "ours", 200, "SBX PPO"),
            learn("sb3", "ppo", scenario_task("humanoid-stand"), "goal", "ours", 200, "Stable-Baselines3 PPO"),
            rltools("ppo", scenario_task("humanoid-stand"), "goal", "ours", 300, "RLtools PPO"),
            cleanrl("ppo", scenario_task("humanoid-stand"), "goal", 400, cap=400),
        ],
        [Bar(["Stable-Baselines3 PPO"], 6), Bar(["SBX PPO", "RLtools PPO"])],
        setting=SAME_TASK.format("mirror symmetry, smoothness and the averaging of the policy")),
    scenario_rate_row("humanoid-rate", "humanoid-stand", 65_536, 10, "mirror symmetry, smoothness and averaging"),
    Row(
        "ppo-memory", "peak memory, PPO on the pendulum", "MB", True,
        [
            poise_figure("pendulum-swingup", "memory", *SAME_PPO, steps=20_480, seconds=1, name="Poise"),
            cleanrl("ppo", "Pendulum-v1", "memory", 8),
            learn("sb3", "ppo", "Pendulum-v1", "memory", "same", 12, "Stable-Baselines3", environment="pypi"),
            learn("sb3", "ppo", "Pendulum-v1", "memory", "same", 8, "Stable-Baselines3 without CUDA"),
            learn("sbx", "ppo", "Pendulum-v1", "memory", "same", 20, "SBX"),
        ],
        [Bar(["CleanRL's recipe"], 5), Bar(["Stable-Baselines3"], 10)],
        setting="Stable-Baselines3 as `pip install` gives it, and with a PyTorch without CUDA, as the other peers have"),
    Row(
        "humanoid-memory", "peak memory, PPO on humanoid-balance", "MB", True,
        [poise_figure("humanoid-balance", "memory", "evaluation.partEpisodes=null", steps=65_536, seconds=12, name="Poise")], limit=200, rounds=1,
        setting="evaluation of 100 episodes included"),
    Row(
        "first-step", "process start to the first training step, pendulum", "ms", True,
        [
            poise_figure("pendulum-swingup", SECONDS_TO + "pendulum-swingup, ", steps=3200, seconds=0.4, name="Poise", scale=1000),
            cleanrl("ppo", "Pendulum-v1", "first-step", 3),
            learn("sb3", "ppo", "Pendulum-v1", "first-step", "same", 4, "Stable-Baselines3"),
            learn("sbx", "ppo", "Pendulum-v1", "first-step", "same", 8, "SBX"),
        ],
        limit=100, rounds=5, setting="Poise has written its run folder by then; of Poise the time is that to the line which it prints once folder, policy and worlds are made, right before the first step"),
    Row(
        "help", "`poise --help`, beside the import of a peer", "ms", True,
        [
            poise_help(), import_only("stable_baselines3", 3, "import of Stable-Baselines3"), import_only("sbx", 5, "import of SBX"),
        ],
        limit=50, rounds=5),
    *(update_row(*case) for case in [
        ("ddpg", 256, 256), ("ddpg", 64, 100), ("ppo", 64, 64), ("ppo", 64, 512), ("ppo", 256, 64), ("ppo", 256, 512)]),
]
