#!/usr/bin/env python3
"""Finite problems with other solvers from PyPI, on the same problem and in the same run as `poise bench finite`.

  python3 finite_peers.py [--states 100000] [--poise .build/release/poise] [--one-thread]

Peers: pymdptoolbox (SciPy sparse matrices) and mdpsolver (C++), each with value iteration and policy iteration as far as it can; Q-learning in
plain Python with a NumPy table on Gymnasium's FrozenLake. Prints one JSON object. Needs numpy, scipy; a peer that is missing is left out.
"""

import argparse
import functools
import json
import subprocess
import sys
import time

import numpy as np
import scipy.sparse as sparse

ACTIONS, SUCCESSORS = 4, 5


def mixed(x):
    """SplitMix64's finalizer, as FiniteBenchmark.swift has it."""
    with np.errstate(over="ignore"):
        z = x * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def problem(states):
    """Next states, probabilities [states, actions, successors] and rewards [states, actions] of `benchmarkProblem`."""
    k = np.arange(states * ACTIONS * SUCCESSORS, dtype=np.uint64)
    bits = mixed(k)
    fifth = np.uint64(states // SUCCESSORS)
    following = ((k % np.uint64(SUCCESSORS)) * fifth + bits % fifth).astype(np.int32)
    weights = ((bits >> np.uint64(40)) + np.uint64(1)).astype(float).reshape(-1, SUCCESSORS)
    probabilities = weights / weights.sum(1, keepdims=True)
    choice = np.arange(states * ACTIONS, dtype=np.uint64)
    rewards = (mixed(choice | np.uint64(1 << 62)) >> np.uint64(11)).astype(float) * 2.0**-53
    shape = (states, ACTIONS, SUCCESSORS)
    return following.reshape(shape), probabilities.reshape(shape), rewards.reshape(states, ACTIONS)


def toolbox(states, data, discount, epsilon):
    """pymdptoolbox; its copies of the matrices are left out of the time of a run."""
    import mdptoolbox.mdp as mdp
    import mdptoolbox.util

    # Its check asks a sparse matrix which elements are ≥ 0, and fills memory with the answer.
    mdptoolbox.util.check = lambda P, R: None
    # Its bound of the number of iterations asks every column of every matrix, S² steps; the iterations end by their span anyway.
    mdp.ValueIteration._boundIter = lambda self, epsilon: None
    following, p, rewards = data
    starts = np.arange(0, states * SUCCESSORS + 1, SUCCESSORS)
    matrices = [
        sparse.csr_matrix((p[:, a].ravel(), following[:, a].ravel(), starts), shape=(states, states)) for a in range(ACTIONS)
    ]
    result = {}
    for name, make in {
        "value iteration": lambda: mdp.ValueIteration(matrices, rewards, discount, epsilon=epsilon),
        "modified policy iteration": lambda: mdp.PolicyIterationModified(matrices, rewards, discount, epsilon=epsilon),
        "policy iteration": lambda: mdp.PolicyIteration(matrices, rewards, discount, eval_type=1),
    }.items():
        if name == "policy iteration" and states > 2_000:
            result[name] = {"failed": "it evaluates policies with a dense matrix of states by states"}
            continue
        try:
            solver = make()
            started, processor = time.perf_counter(), time.process_time()
            solver.run()
            result[name] = {
                "seconds": time.perf_counter() - started, "processor seconds": time.process_time() - processor,
                "sweeps": int(solver.iter), "value of state 0": float(solver.V[0]),
            }
        except Exception as error:
            result[name] = {"failed": repr(error)[:200]}
    return result


def mdpsolver(states, data, discount, tolerance, threads=(False, True)):
    """mdpsolver on one thread and on all; reading its lists is left out of the time."""
    import mdpsolver

    following, p, rewards = (part.tolist() for part in data)
    result = {}
    for parallel in threads:
        for algorithm, name in [("vi", "value iteration"), ("pi", "policy iteration"), ("mpi", "modified policy iteration")]:
            # A new model each time: a second solution would start from the first.
            model = mdpsolver.model()
            model.mdp(discount=discount, rewards=rewards, tranMatProbs=p, tranMatColumns=following)
            started, processor = time.perf_counter(), time.process_time()
            model.solve(algorithm=algorithm, tolerance=tolerance, parallel=parallel, postProcessing=False, makeFinalCheck=False)
            taken, processor = time.perf_counter() - started, time.process_time() - processor
            result[name + (", parallel" if parallel else "")] = {
                "seconds": taken, "processor seconds": processor, "value of state 0": float(model.getValue(0)),
            }
    return result


def q_learning(updates=50_000):
    """Updates a second of the usual script: Gymnasium's FrozenLake and a NumPy table."""
    import gymnasium

    environment = gymnasium.make("FrozenLake-v1")
    q = np.zeros((16, 4))
    random = np.random.default_rng(1)
    state, _ = environment.reset(seed=1)
    started = time.process_time()
    for _ in range(updates):
        action = int(random.integers(4)) if random.random() < 0.1 else int(q[state].argmax())
        following, reward, terminated, truncated, _ = environment.step(action)
        q[state, action] += 0.1 * (reward + 0.99 * q[following].max() * (not terminated) - q[state, action])
        state = environment.reset()[0] if terminated or truncated else following
    return updates / (time.process_time() - started)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--states", type=int, nargs="+", default=[100_000])
    parser.add_argument("--discount", type=float, default=0.99)
    # Both peers stop at a span of ε(1 − γ)/γ or less; `poise bench finite` proves ε/2 with the same span.
    parser.add_argument("--epsilon", type=float, default=0.01)
    parser.add_argument("--one-thread", action="store_true", help="leave out what takes all threads")
    parser.add_argument("--poise", help="runs `poise bench finite --json` of this program as well")
    options = parser.parse_args()
    result = {"q-learning updates a second": {}}
    if options.poise:
        # Through a shell, so that the program may be a wrapper with arguments.
        output = subprocess.run(
            options.poise + " bench finite --json", shell=True, capture_output=True, text=True, check=True
        ).stdout
        result["poise"] = json.loads(output)
    try:
        result["q-learning updates a second"]["NumPy and Gymnasium"] = q_learning()
    except ImportError:
        pass
    solver = functools.partial(mdpsolver, threads=(False,) if options.one_thread else (False, True))
    for states in options.states:
        data = problem(states)
        for name, measure in {"pymdptoolbox": toolbox, "mdpsolver": solver}.items():
            try:
                figures = measure(states, data, options.discount, options.epsilon)
                result[f"{name}, {states} states"] = figures
                print(name, states, json.dumps(figures), file=sys.stderr, flush=True)
            except ImportError:
                pass
    print(json.dumps(result, indent=1))


main()
