"""What the torture scripts share: the program, a scratch folder, runs that are short but whole, and how they end."""

import argparse
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

import poise_run

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
SUPPORT = os.path.dirname(os.path.abspath(__file__))

# Half a second of training each, with ten or so evaluations, so that checkpoints are a good part of it. DDPG's memory is so small that
# its ring goes round, and so do its files.
COMMON = ["train", "pendulum-balance", "--seed", "3", "--threads", "1", "--set", "training.stopsAtGoal=false",
          "--set", "evaluation.tuningEpisodes=3", "--set", "episodeSeconds=3"]
RUNS = {
    "ppo": COMMON + ["--algorithm", "ppo"] + [word for setting in [
        "training.stepLimit=16384", "training.evaluationInterval=2048", "ppo.reportInterval=1024", "ppo.worlds=8",
        "ppo.blockSize=4", "ppo.rolloutLength=64", "ppo.hiddenSizes=[16, 16]", "ppo.valueHiddenSizes=[16, 16]"]
        for word in ["--set", setting]],
    "ddpg": COMMON + ["--algorithm", "ddpg"] + [word for setting in [
        "ddpg.stepLimit=6000", "ddpg.evaluationInterval=600", "ddpg.reportInterval=200", "ddpg.worlds=4",
        "ddpg.blockSize=2", "ddpg.memoryCapacity=2500", "ddpg.warmupSteps=400", "ddpg.batchSize=32",
        "ddpg.hiddenSizes=[16, 16]", "ddpg.criticHiddenSizes=[16, 16]", "ddpg.updatesPerStep=0.25"]
        for word in ["--set", setting]],
}


class Torture:
    """A script's options, its scratch folder, its random numbers and its failures."""

    def __init__(self, about, **options):
        parser = argparse.ArgumentParser(description=about)
        parser.add_argument("--poise", default=os.path.join(ROOT, ".build/release/poise"), help="the program")
        parser.add_argument("--seed", type=int, default=1, help="of everything that is drawn here")
        for name, (default, words) in options.items():
            parser.add_argument(f"--{name}", type=type(default), default=default, help=words)
        self.options = parser.parse_args()
        self.random = random.Random(self.options.seed)
        self.name = os.path.splitext(os.path.basename(sys.argv[0]))[0]
        self.scratch = tempfile.mkdtemp(prefix=f"poise-torture-{self.name}-")
        self.failures = []
        self.start = time.monotonic()

    def fresh(self, name):
        path = os.path.join(self.scratch, name)
        shutil.rmtree(path, ignore_errors=True)
        return path

    def check(self, holds, words):
        if not holds:
            self.failures.append(words)
            if len(self.failures) <= 20:
                print(f"{self.name}: FAILED: {words.strip()[:600]}", flush=True)
        return holds

    def say(self, words):
        print(f"{self.name}: {words}", flush=True)

    def run(self, arguments, environment=None, limits=(), timeout=600, **more):
        """Runs Poise to its end: its status (128 + signal), standard output and standard error."""
        done = subprocess.run([self.options.poise, *arguments], cwd=ROOT, capture_output=True, timeout=timeout,
                              env={**os.environ, **(environment or {})}, preexec_fn=limiting(limits), **more)
        status = done.returncode if done.returncode >= 0 else 128 - done.returncode
        return status, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")

    def begin(self, arguments):
        """Starts Poise, to be ended by the caller."""
        return subprocess.Popen([self.options.poise, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE)

    def shim(self):
        """The environment that makes faults, without the moment; None where there is no C compiler."""
        library = os.path.join(self.scratch, "faults.so")
        if not os.path.exists(library):
            for compiler in [os.environ.get("CC"), "cc", "clang", "gcc"]:
                if compiler and shutil.which(compiler):
                    subprocess.run([compiler, "-shared", "-fPIC", "-o", library,
                                    os.path.join(SUPPORT, "faults.c"), "-ldl"], check=True)
                    break
            else:
                self.say("no C compiler: faults within system calls are left out")
                return None
        return {"LD_PRELOAD": library}

    def faulty(self, folder, number=0, fault="kill"):
        """The environment for one fault; see faults.c. Number 0 only counts."""
        return {**self.shim(), "FAULT_FOLDER": folder, "FAULT_AT": str(number), "FAULT": fault,
                "FAULT_COUNT": os.path.join(self.scratch, "count")}

    def counted(self):
        with open(os.path.join(self.scratch, "count")) as file:
            return int(file.read())

    def reference(self, algorithm):
        """An uninterrupted run: its results, seconds, and how many calls it made that change files."""
        folder = self.fresh(f"{algorithm}-reference")
        start = time.monotonic()
        environment = self.faulty(folder) if self.shim() else None
        status, _, errors = self.run(RUNS[algorithm] + ["--out", folder], environment)
        seconds = time.monotonic() - start
        if status:
            raise SystemExit(f"{self.name}: the {algorithm} run itself ends with {status}: {errors}")
        return poise_run.results(folder), seconds, self.counted() if environment else 0

    def check_whole(self, folder, words):
        """Every checkpoint that is there is whole, says an independent reader; latest with all that it stands on."""
        checkpoints = os.path.join(folder, "checkpoints")
        for name in sorted(os.listdir(checkpoints) if os.path.isdir(checkpoints) else []):
            if name.endswith(".safetensors"):
                self.check(not (found := poise_run.problems_of_checkpoint(folder, name)), f"{words}: {name}: {found}")

    def check_same(self, folder, wanted, words):
        """The finished run has the bits of the uninterrupted one."""
        have = poise_run.results(folder)
        differing = sorted(name for name in wanted.keys() | have.keys() if wanted.get(name) != have.get(name))
        return self.check(not differing, f"{words}: other bits in {differing}")

    def finish(self, words):
        seconds = time.monotonic() - self.start
        outcome = f"{len(self.failures)} FAILED" if self.failures else "all as promised"
        self.say(f"{words}; seed {self.options.seed}, {seconds:.0f} s: {outcome}")
        if self.failures:
            self.say(f"left for a look: {self.scratch}")
            raise SystemExit(1)
        shutil.rmtree(self.scratch)


def limiting(limits):
    def apply():
        for kind, value in limits:
            resource.setrlimit(kind, (value, value))
    return apply if limits else None


def crashed(status):
    """Whether a status is that of a fault of the program's own: a trap, an abort, a bad address, or exit code 70."""
    return status == 70 or status in [128 + number for number in (4, 5, 6, 7, 8, 11, 25)]


def first_line(text):
    lines = [line for line in text.splitlines() if re.search("cannot|found", line)]
    return lines[-1] if lines else text[-300:]
