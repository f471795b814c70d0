"""Kills trainings at random moments, many times, and looks whether anything is lost.

A run is killed by SIGKILL, half of the times after a random time, half of the times within a random system call that changes a file
of the run: half a write, before or after a rename, a link, a synchronisation. It is resumed, and perhaps killed again, until it is
through; then its weights, its tables and its state must have the bits of a run that nobody killed. Resuming is killed just as often.

Then: SIGINT, SIGTERM and SIGHUP to trainings of the humanoid (PPO, TD3), at random moments, evaluations included: how long until the
program has saved and ended.
"""

import os
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
import poise_run
from torture import RUNS, Torture

torture = Torture(
    __doc__.splitlines()[0], kills=(200, "kills of each algorithm"),
    signals=(30, "signals to each training of the humanoid; 0 for none"))
random = torture.random


def killed_after(arguments, seconds):
    """Runs until the time is over or it ends by itself."""
    process = torture.begin(arguments)
    try:
        process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
    return process.returncode if process.returncode >= 0 else 128 - process.returncode


def kill_often(algorithm, kills):
    wanted, seconds, calls = torture.reference(algorithm)
    counts = {"by time": 0, "within a call": 0, "before a run was there": 0, "before the first checkpoint": 0,
              "while resuming": 0, "runs": 0}
    done = 0
    while done < kills:
        folder = torture.fresh(algorithm)
        counts["runs"] += 1
        words = f"{algorithm}, run {counts['runs']}"
        # So many kills before it may go through, each somewhere in what is left.
        for attempt in range(random.choice([1, 1, 2, 3, 5])):
            is_run = os.path.exists(os.path.join(folder, "run.json"))
            arguments = ["train", "--resume", folder] if is_run else RUNS[algorithm] + ["--out", folder]
            within = calls > 0 and random.random() < 0.5
            if within:
                number = random.randint(1, calls)
                status, _, errors = torture.run(arguments, torture.faulty(folder, number))
            else:
                number, errors = random.uniform(0, seconds), ""
                status = killed_after(arguments, number)
            if not torture.check(status in (0, 128 + signal.SIGKILL), f"{words}: {status} at {number}: {errors}"):
                break
            if status == 0:
                break
            done += 1
            counts["within a call" if within else "by time"] += 1
            counts["while resuming"] += is_run
            if not os.path.exists(os.path.join(folder, "run.json")):
                counts["before a run was there"] += 1
                status, _, errors = torture.run(["train", "--resume", folder])
                torture.check(status == 74 and "run.json: cannot read" in errors, f"{words}: {status}: {errors}")
            elif not os.path.exists(os.path.join(folder, "checkpoints/latest.safetensors")):
                counts["before the first checkpoint"] += 1
            else:
                torture.check_whole(folder, f"{words}, killed at {number}")
        is_run = os.path.exists(os.path.join(folder, "run.json"))
        arguments = ["train", "--resume", folder] if is_run else RUNS[algorithm] + ["--out", folder]
        status, _, errors = torture.run(arguments)
        if torture.check(status == 0, f"{words}: resuming ends with {status}: {errors}"):
            torture.check_same(folder, wanted, words)
            left = [name for _, _, names in os.walk(folder) for name in names if ".partial-" in name or name == "lock"]
            torture.check(not left, f"{words}: left behind: {left}")
    told = ", ".join(f"{count} {name}" for name, count in counts.items())
    torture.say(f"{algorithm}: {done} kills ({told}); an uninterrupted run makes {calls} calls that change files")


def signal_often(algorithm, count):
    """Signals to one training of the humanoid, resumed again and again."""
    folder = torture.fresh(f"humanoid-{algorithm}")
    arguments = ["train", "humanoid-stand", "--algorithm", algorithm, "--seed", "5", "--threads", "1", "--out", folder]
    for setting in [f"training.evaluationInterval=12000", f"{algorithm}.evaluationInterval=12000",
                    "training.stopsAtGoal=false"]:
        if algorithm != "ppo" or not setting.startswith("ppo."):
            arguments += ["--set", setting]
    latencies = []
    for number in range(count):
        which = random.choice([signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
        process = torture.begin(arguments)
        # From when it has told what it does, a moment anywhere in the seconds after.
        process.stderr.readline()
        time.sleep(random.uniform(0, 8))
        start = time.monotonic()
        process.send_signal(which)
        errors = process.communicate(timeout=120)[1].decode(errors="replace")
        latencies.append(time.monotonic() - start)
        torture.check(process.returncode == 128 + which, f"{algorithm}: {process.returncode} after {which}: {errors}")
        torture.check("saved at" in errors, f"{algorithm}: after {which}: {errors}")
        torture.check_whole(folder, f"{algorithm}, signal {number}")
        arguments = ["train", "--resume", folder, "--threads", "1"]
    latencies.sort()
    steps = errors.split("saved at ")[-1].split(" ")[0] if latencies else ""
    torture.say(f"{algorithm}, humanoid: {count} signals, from the signal to the end of the process at most "
                f"{latencies[-1]:.2f} s, median {latencies[len(latencies) // 2]:.2f} s; {steps} steps were trained")
    torture.check(latencies[-1] < 2, f"{algorithm}: a signal took {latencies[-1]:.2f} s")


for algorithm in RUNS:
    kill_often(algorithm, torture.options.kills)
for algorithm in ["ppo", "td3"]:
    if torture.options.signals:
        signal_often(algorithm, torture.options.signals)
torture.finish(f"{torture.options.kills} kills of each of {', '.join(RUNS)}")
