"""How a measurement inside a peer's interpreter tells its result: one line of JSON that the driver looks for."""
import json
import os
import sys
from importlib import metadata

PACKAGES = ["gymnasium", "mujoco", "torch", "stable_baselines3", "sbx-rl", "jax", "numpy", "envpool", "rltools", "pufferlib"]

# One thread for JAX too; read when it is imported.
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")


def versions():
    found = {"python": sys.version.split()[0]}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            pass
    return found


def tell(**figures):
    """Prints figures by name; `None` for what was not reached."""
    print("PEER " + json.dumps({"figures": figures, "versions": versions()}), flush=True)


def mark(text):
    """Prints a line whose time the driver takes."""
    print(text, flush=True)
