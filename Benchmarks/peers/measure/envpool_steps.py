"""Control steps per second of EnvPool on one thread, random actions drawn beforehand; it resets by itself.

usage: envpool_steps.py TASK [--batch 8] [--seconds 4]
"""
import argparse
import time

import envpool
import numpy
import report

parser = argparse.ArgumentParser()
parser.add_argument("task")
parser.add_argument("--batch", type=int, default=8)
parser.add_argument("--seconds", type=float, default=4)
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_args()

environments = envpool.make(
    options.task, env_type="gymnasium", num_envs=options.batch, num_threads=1, seed=options.seed)
environments.action_space.seed(options.seed)
actions = [numpy.array([environments.action_space.sample() for _ in range(options.batch)]) for _ in range(256)]
environments.reset()


def rate(seconds):
    calls = 0
    start = time.perf_counter()
    while True:
        for _ in range(50):
            environments.step(actions[calls & 255])
            calls += 1
        elapsed = time.perf_counter() - start
        if elapsed > seconds:
            return calls * options.batch / elapsed


rate(options.seconds / 4)
report.tell(rate=rate(options.seconds))
