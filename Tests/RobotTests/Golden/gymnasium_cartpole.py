#!/usr/bin/env python3
"""Writes gymnasium-cartpole.json: trajectories of Gymnasium's CartPole-v1, which GymnasiumCartPoleTests.swift compares with ours.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install gymnasium
    /tmp/venv/bin/python Tests/RobotTests/Golden/gymnasium_cartpole.py > Tests/RobotTests/Golden/gymnasium-cartpole.json

Eight trajectories of 50 steps from the task's own starts. A plain law of the state chooses the actions, so that none of them ends early;
they are stored, and ours is pushed alike. States are x, x', theta, theta' in float64, as the environment holds them.
"""

import json

import gymnasium
import numpy


def trajectory(seed: int) -> dict:
    environment = gymnasium.make("CartPole-v1").unwrapped
    environment.reset(seed=seed)
    random = numpy.random.default_rng(seed)
    states = [[float(x) for x in environment.state]]
    actions = []
    for _ in range(50):
        x, speed, angle, rate = states[-1]
        action = int(0.3 * x + 0.6 * speed + 8 * angle + 2 * rate + 0.3 * random.normal() > 0)
        _, reward, terminated, _, _ = environment.step(action)
        assert reward == 1 and not terminated
        states.append([float(x) for x in environment.state])
        actions.append(action)
    return {"seed": seed, "actions": actions, "states": states}


print(json.dumps({"gymnasium": gymnasium.__version__, "trajectories": [trajectory(seed) for seed in range(8)]}))
