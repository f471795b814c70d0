"""RLtools at work on a Gymnasium task, or on one of our scenarios simulated by MuJoCo.

usage: rltools_learn.py ALGORITHM TASK rate|goal|compile [--settings same|zoo|ours] [--seed 1] [--cap 1200]

ALGORITHM: td3 (on Pendulum-v1 with the library's defaults: 64–64, batches of 100, one update for each control step) or ppo.
TASK: Pendulum-v1, or scenario:FILE (see task.py). SETTINGS of PPO are those of learn.py; what RLtools lacks is done around its environments,
as Stable-Baselines3 does it: observations (and rewards, where the scenario says so) normalised by running statistics.

rate: control steps per second with learning. goal: says when an evaluation reaches the goal. RLtools compiles each setting into the scratch
folder at its first use (`compile`): that is in no figure.
"""
import argparse
import math
import os
import tempfile
import time
import types

parser = argparse.ArgumentParser()
parser.add_argument("algorithm", choices=["td3", "ppo"])
parser.add_argument("task")
parser.add_argument("what", choices=["rate", "goal", "compile"])
parser.add_argument("--settings", choices=["same", "zoo", "ours"], default="same")
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--seconds", type=float, default=4, help="least length of what `rate` times")
parser.add_argument("--cap", type=float, default=1200, help="seconds after which `goal` gives up")
options = parser.parse_args()

# Where RLtools keeps what it compiled.
tempfile.tempdir = os.environ["POISE_PEERS_CACHE"]
os.makedirs(tempfile.tempdir, exist_ok=True)
import gymnasium
import numpy
import report
import rltools
from gymnasium.wrappers import NormalizeReward, RescaleAction
from gymnasium.wrappers.utils import RunningMeanStd
from task import Judge, Task, normalized

task = Task(options.task)


def settings():
    """What RLtools compiles in, and how many control steps one of its steps makes."""
    if options.algorithm == "td3":
        return dict(STEP_LIMIT=40_000), 1
    worlds, steps, of_learning = {
        "same": lambda: (8, 256, {}),
        "zoo": lambda: (4, 1024, dict(GAMMA=0.9, OPTIMIZER_ALPHA=1e-3)),
        "ours": lambda: (
            task.ppo["worlds"], task.ppo["rolloutLength"],
            dict(
                BATCH_SIZE=task.ppo["minibatchSize"], N_EPOCHS=task.ppo["epochs"], GAMMA=task.ppo["discountFactor"],
                LAMBDA=task.ppo["gaeLambda"], INITIAL_ACTION_STD=math.exp(task.ppo["initialLogDeviation"]),
                OPTIMIZER_ALPHA=task.ppo["learningRate"]["initial"],
                ADAPTIVE_LEARNING_RATE=task.ppo["learningRate"]["schedule"] == "adaptive",
                ADAPTIVE_LEARNING_RATE_POLICY_KL_THRESHOLD=0.01)),
    }[options.settings]()
    common = dict(
        ACTOR_ACTIVATION_FUNCTION="TANH", CRITIC_ACTIVATION_FUNCTION="TANH", ACTION_ENTROPY_COEFFICIENT=0.0, OPTIMIZER_ALPHA=3e-4,
        INITIAL_ACTION_STD=1.0, TOTAL_STEP_LIMIT=10_000_000)
    return common | of_learning | dict(N_ENVIRONMENTS=worlds, ON_POLICY_RUNNER_STEPS_PER_ENV=steps), worlds * steps


class Normalized(gymnasium.ObservationWrapper):
    """Observations by the running statistics of all worlds, cut at ±10."""

    statistics = None

    def __init__(self, environment):
        super().__init__(environment)
        if Normalized.statistics is None:
            Normalized.statistics = RunningMeanStd(shape=environment.observation_space.shape)
        self.limit = environment.unwrapped.step_limit

    @property
    def spec(self):
        """Where RLtools looks for the time limit."""
        return types.SimpleNamespace(max_episode_steps=self.limit)

    def observation(self, observation):
        self.statistics.update(observation[None])
        return normalized(observation, self.statistics)


made = 0  # environments


def make(**arguments):
    global made
    environment = RescaleAction(task.make(training=True), -1, 1)
    if task.description:
        if task.ppo["scalesRewards"]:
            environment = NormalizeReward(environment, gamma=task.ppo["discountFactor"])
        environment = Normalized(environment)
    environment.reset(seed=1000 * options.seed + made)
    made += 1
    return environment


compiled, steps_at_once = settings()
name = "".join(letter if letter.isalnum() else "_" for letter in os.path.basename(options.task))
module = getattr(rltools, options.algorithm.upper())(
    make, enable_evaluation=False, interface_name=f"poise_{name}_{options.settings}", **compiled)
state = module.State(options.seed)
if options.what == "rate":
    for _ in range(max(1, 1000 // steps_at_once)):
        state.step()
    steps, start = 0, time.perf_counter()
    while time.perf_counter() - start < options.seconds:
        for _ in range(max(1, 100 // steps_at_once)):
            state.step()
            steps += steps_at_once
    report.tell(rate=steps / (time.perf_counter() - start))
elif options.what == "goal":
    highest = task.make().action_space.high

    def policy(observations):
        seen = normalized(observations, Normalized.statistics) if task.description else observations
        return highest * numpy.clip([state.action(observation) for observation in seen], -1, 1)

    judge = Judge(task, options.seed, options.cap, interval=4096 if options.algorithm == "ppo" else 1000)
    steps = 0
    # Its TD3 is compiled for 40,000 steps.
    while judge.goes_on(steps, policy) and (options.algorithm == "ppo" or steps < 39_000):
        state.step()
        steps += steps_at_once
    judge.tell()
