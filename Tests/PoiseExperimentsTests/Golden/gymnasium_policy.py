#!/usr/bin/env python3
"""Writes gymnasium-cartpole-policy.json: a policy that was trained in Gymnasium's CartPole-v1 and has never seen ours.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install gymnasium
    cd Tests/PoiseExperimentsTests/Golden && /tmp/venv/bin/python gymnasium_policy.py > gymnasium-cartpole-policy.json

A linear policy, right where w . (x, x', theta, theta') > 0, found by the cross-entropy method (Mannor, Rubinstein and Gat 2003, "The cross
entropy method for fast policy search"): 12 generations of 32 policies, 4 episodes each, the best 6 make the next. The first seed there is.
"""

import json

import gymnasium
import numpy


def length(environment, weights, seed: int) -> int:
    observation, _ = environment.reset(seed=seed)
    for step in range(500):
        observation, _, terminated, _, _ = environment.step(int(weights @ observation > 0))
        if terminated:
            return step + 1
    return 500


environment = gymnasium.make("CartPole-v1").unwrapped
random = numpy.random.default_rng(1)
mean, deviation = numpy.zeros(4), numpy.ones(4)
for generation in range(12):
    policies = mean + deviation * random.normal(size=(32, 4))
    scores = [sum(length(environment, w, 4 * generation + k) for k in range(4)) for w in policies]
    best = policies[numpy.argsort(scores)[-6:]]
    mean, deviation = best.mean(0), best.std(0) + 0.02
lengths = [length(environment, mean, 10_000 + k) for k in range(100)]
print(json.dumps({"gymnasium": gymnasium.__version__, "weights": mean.tolist(), "meanLengthThere": float(numpy.mean(lengths))}))
