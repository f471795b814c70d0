"""Control steps per second of one Gymnasium environment under random actions drawn beforehand, resets included.

usage: gymnasium_steps.py ENVIRONMENT [--seconds 4]
"""
import argparse
import time

import gymnasium
import report

parser = argparse.ArgumentParser()
parser.add_argument("environment")
parser.add_argument("--seconds", type=float, default=4)
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_args()

environment = gymnasium.make(options.environment)
environment.action_space.seed(options.seed)
environment.reset(seed=options.seed)
actions = [environment.action_space.sample() for _ in range(4096)]


def rate(seconds):
    steps = 0
    start = time.perf_counter()
    while True:
        for _ in range(200):
            _, _, terminated, truncated, _ = environment.step(actions[steps & 4095])
            steps += 1
            if terminated or truncated:
                environment.reset()
        elapsed = time.perf_counter() - start
        if elapsed > seconds:
            return steps / elapsed


rate(options.seconds / 4)
report.tell(rate=rate(options.seconds))
