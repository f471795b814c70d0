"""Python environments for the peers, made from PyPI in a scratch folder outside the project.

EnvPool, RLtools and PufferLib have one of their own, since they want other versions of what the rest uses.
"""
import functools
import os
import subprocess
import sys

FOLDER = os.path.abspath(os.environ.get("POISE_PEERS", "/tmp/poise-peers"))

# name: (requirements, what must import afterwards). PyPI's PyTorch brings several GB of CUDA; a CPU wheel of the same version in a folder
# that PIP_FIND_LINKS names is preferred, but for `pypi`, which is what `pip install` gives everybody.
ENVIRONMENTS = {
    "gym": (
        ["torch==2.13.0", "stable-baselines3==2.9.2", "sbx-rl==0.28.0", "jax==0.10.2", "gymnasium[mujoco]==1.4.0", "mujoco==4.0.0", "pyyaml"],
        "import torch, stable_baselines3, sbx, mujoco, yaml"),
    "pypi": (["torch==2.13.0", "stable-baselines3==2.9.2", "gymnasium==1.4.0", "pyyaml"], "import torch, stable_baselines3, yaml"),
    "envpool": (["envpool==1.2.5", "gymnasium==1.4.0"], "import envpool"),
    "rltools": (
        ["rltools==2.2.1", "gymnasium==1.4.0", "mujoco==4.0.0", "pyyaml", "mkl", "mkl-include"], "import rltools, gymnasium, mujoco, yaml"),
    "pufferlib": (
        ["torch==2.13.0", "pufferlib==3.0.0", "gymnasium==0.29.1"],
        "import pufferlib.pufferl, pufferlib.models, pufferlib.emulation, gymnasium"),
}
# PufferLib builds itself on the spot, against the PyTorch that is there, without its games (which it would fetch from elsewhere).
BEFORE = {"pufferlib": ["torch==2.13.0", "numpy<2", "setuptools<80", "wheel", "Cython", "ninja", "gymnasium==0.29.1"]}
OPTIONS = {"pufferlib": ["--no-build-isolation"]}
VARIABLES = {"pufferlib": {"NO_OCEAN": "1"}, "pypi": {"PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": ""}}
# Its setup.py reads a name that it sets only where it builds the games (NameError: c_extension_paths); this gives it one.
SITE = {"pufferlib": "import builtins\n\nbuiltins.c_extension_paths = []\n"}


class Missing(Exception):
    """A peer that cannot be installed here; says why."""


@functools.lru_cache
def python(name):
    """The interpreter of an environment, which is made where it is not there yet.

    Raises Missing with pip's last words where that fails.
    """
    folder = os.path.join(FOLDER, name)
    interpreter = os.path.join(folder, "bin", "python")
    requirements, imports = ENVIRONMENTS[name]
    if not os.path.exists(interpreter):
        os.makedirs(FOLDER, exist_ok=True)
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    if tried(interpreter, imports, folder).returncode == 0:
        return interpreter
    print(f"installing {' '.join(requirements)} in {folder}", file=sys.stderr, flush=True)
    if name in SITE:
        paths = subprocess.run([interpreter, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], capture_output=True, text=True)
        with open(os.path.join(paths.stdout.strip(), "sitecustomize.py"), "w", encoding="utf-8") as file:
            file.write(SITE[name])
    variables = dict(os.environ, **VARIABLES.get(name, {}))
    for step in [BEFORE.get(name), [*OPTIONS.get(name, []), *requirements]]:
        if step is None:
            continue
        pip = subprocess.run([interpreter, "-m", "pip", "install", "-q", *step], env=variables, capture_output=True, text=True)
        if pip.returncode != 0:
            raise Missing(last_words(pip.stderr))
    check = tried(interpreter, imports, folder)
    if check.returncode != 0:
        raise Missing(last_words(check.stderr))
    return interpreter


def tried(interpreter, imports, folder):
    """In the environment's own folder: PufferLib leaves a link wherever it is imported, and where folders bear the names of packages
    Python takes them for those."""
    return subprocess.run([interpreter, "-c", imports], capture_output=True, text=True, cwd=folder)


def last_words(text):
    """The line of a complaint that says most: the first with an error in it, else the last."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return (errors or lines[-1:] or ["no word"])[0][:200].replace("|", "/")
