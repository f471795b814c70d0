"""RLtools' TD3 on Pendulum-v1 with its defaults: 64–64, batches of 100, one update for each control step.

usage: rltools_td3.py rate|goal|compile [--seed 1]

rate: control steps per second, each with an update. goal: says when the mean of 20 episodes is −200 or better, looked at every
1000 steps; episodes are played here, one observation at a time. It compiles itself into the scratch folder at its first use (`compile`):
that is in no figure.
"""
import argparse
import os
import tempfile
import time

parser = argparse.ArgumentParser()
parser.add_argument("what", choices=["rate", "goal", "compile"])
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--seconds", type=float, default=4)
options = parser.parse_args()

# Where RLtools keeps what it compiled.
tempfile.tempdir = os.environ["POISE_PEERS_CACHE"]
import gymnasium
import numpy
import report
from gymnasium.wrappers import RescaleAction
from rltools import TD3
from task import Judge, Task


def make(**arguments):
    environment = RescaleAction(gymnasium.make("Pendulum-v1", **arguments), -1, 1)
    environment.reset(seed=options.seed)
    return environment


state = TD3(make, enable_evaluation=False, STEP_LIMIT=40000, interface_name="poise").State(options.seed)
if options.what == "rate":
    for _ in range(1000):
        state.step()
    steps = 0
    start = time.perf_counter()
    while time.perf_counter() - start < options.seconds:
        for _ in range(100):
            state.step()
        steps += 100
    report.tell(rate=steps / (time.perf_counter() - start))
elif options.what == "goal":
    judge = Judge(Task("Pendulum-v1"), options.seed)
    highest = gymnasium.make("Pendulum-v1").action_space.high

    def policy(observations):
        return highest * numpy.stack([state.action(observation) for observation in observations])

    for thousand in range(1, 40):
        for _ in range(1000):
            state.step()
        reached, score = judge.reaches_goal(policy)
        print(f"{thousand} thousand steps: {score}", flush=True)
        if reached:
            report.mark("it reaches the goal")
            report.tell(steps=1000 * thousand, last_score=score)
            break
