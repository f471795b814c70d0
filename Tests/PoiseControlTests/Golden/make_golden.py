#!/usr/bin/env python3
"""Writes riccati.json: solutions of discrete algebraic Riccati equations by SciPy, and the gains that follow from them.

    python3 Tests/PoiseControlTests/Golden/make_golden.py

SciPy solves them by an ordered generalised Schur decomposition of the symplectic pencil, Poise by doubling: two algorithms, one answer.
"""

import json
import pathlib

import numpy as np
from scipy.linalg import solve_discrete_are


def case(name, a, b, q, r):
    a, b, q, r = (np.asarray(m, dtype=float) for m in (a, b, q, r))
    x = solve_discrete_are(a, b, q, r)
    k = np.linalg.solve(r + b.T @ x @ b, b.T @ x @ a)
    assert np.all(np.abs(np.linalg.eigvals(a - b @ k)) < 1)
    return {"name": name, **{key: m.tolist() for key, m in zip("abqrxk", (a, b, q, r, x, k))}}


def main():
    h = 0.05
    cases = [
        case("pendulum, upright", [[1 + 15 * h * h, h], [15 * h, 1]], [[6 * h * h], [6 * h]], np.diag([1, 0.1]), [[1]]),
        case("double integrator", [[1, 0.1], [0, 1]], [[0.005], [0.1]], np.eye(2), [[0.01]]),
        case("a cost of positions alone", [[1, 0.1], [0, 1]], [[0.005], [0.1]], np.diag([1, 0]), [[10]]),
    ]
    random = np.random.default_rng(28)
    for n, m in [(3, 1), (5, 2), (8, 3), (20, 6)]:
        a = random.normal(size=(n, n)) * 1.1 / np.sqrt(n)
        b = random.normal(size=(n, m))
        q = random.normal(size=(n, n))
        r = random.normal(size=(m, m))
        cases.append(case(f"random, {n} states, {m} inputs", a, b, q @ q.T / n, r @ r.T / m + np.eye(m)))
    path = pathlib.Path(__file__).with_name("riccati.json")
    path.write_text(json.dumps(cases))
    print(f"{path}: {len(cases)} cases")


if __name__ == "__main__":
    main()
