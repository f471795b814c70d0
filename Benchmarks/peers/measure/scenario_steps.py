"""Control steps per second of one of our robots in MuJoCo, random actions: bare physics, and as a Gymnasium environment.

usage: scenario_steps.py SCENARIO_FILE [--seconds 3]

Bare physics is one call for each control step, no observation and no reward, and a reset where the scenario's own episode would end.
"""
import argparse
import time

import mujoco
import numpy
import report
import scenario_environment

parser = argparse.ArgumentParser()
parser.add_argument("scenario")
parser.add_argument("--seconds", type=float, default=3)
parser.add_argument("--seed", type=int, default=1)
options = parser.parse_args()

environment = scenario_environment.ScenarioEnvironment(scenario_environment.read(options.scenario), seed=options.seed)
environment.reset()
actions = numpy.random.default_rng(options.seed).uniform(-1, 1, (4096, environment.model.nu))


def bare():
    """Steps per second of mj_step alone: the environment plays the episodes, its own work is taken out."""
    steps, inside = 0, 0.0
    model, data = environment.model, environment.data
    while inside < options.seconds:
        environment.reset()
        over = False
        while not over:
            data.ctrl[:] = environment.control_center + environment.control_half * actions[steps & 4095]
            start = time.perf_counter()
            mujoco.mj_step(model, data, nstep=environment.substeps)
            inside += time.perf_counter() - start
            steps += 1
            environment.steps += 1
            over = any(ends() for ends in environment.terminations) or environment.steps >= environment.step_limit
    return steps / inside


def whole():
    steps = 0
    start = time.perf_counter()
    environment.reset()
    while time.perf_counter() - start < options.seconds:
        for _ in range(100):
            _, _, terminated, truncated, _ = environment.step(actions[steps & 4095])
            steps += 1
            if terminated or truncated:
                environment.reset()
    return steps / (time.perf_counter() - start)


report.tell(bare=bare(), rate=whole())
