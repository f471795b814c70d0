#!/usr/bin/env python3
"""Long runs: memory that does not grow, a speed that does not fall, ten million steps without an end.

1. Trains humanoid-balance for --minutes and looks at the process twice a second: resident memory and processor time, against
   control steps. Stated: the slope of memory over the second half in MiB per hour, the change of processor time per step between the
   first and the last third of that half, the faults. Fails where memory would grow by more than --slope MiB an hour, or steps become
   more than --drift slower. Other programs of a shared machine slow some stretches of the run, a program that slows itself slows all
   of them: so each third stands for itself with the first quartile of its stretches of 20 s.
2. Drives each shipped robot with random torques at the limits for --steps physics steps: no abort, no fault.

usage: long.py [--minutes 60] [--steps 10000000] [--slope 20] [--drift 0.05] [--robots pendulum,cartpole,humanoid] [--program FILE]
"""

import argparse
import csv
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
POISE = ROOT / ".build" / "release" / "poise"
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def sample(process: int) -> tuple[float, float]:
    """Resident memory in MiB and processor seconds of a process."""
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[21]) * PAGE / 2**20, (int(fields[11]) + int(fields[12])) / TICKS


def slope(points: list[tuple[float, float]]) -> float:
    """Least-squares slope of y over x."""
    n = len(points)
    mx, my = sum(x for x, _ in points) / n, sum(y for _, y in points) / n
    squares = sum((x - mx) ** 2 for x, _ in points)
    return sum((x - mx) * (y - my) for x, y in points) / squares if squares > 0 else 0.0


def typical_cost(points: list[tuple[float, float, float, int]]) -> float:
    """First quartile of the processor time per control step, in microseconds, over stretches of 20 s of processor time."""
    costs, start = [], points[0]
    for point in points[1:]:
        if point[2] - start[2] >= 20 or (not costs and point is points[-1]):
            costs.append((point[2] - start[2]) / (point[3] - start[3]) * 1e6)
            start = point
    return sorted(costs)[len(costs) // 4]


def progress(path: pathlib.Path) -> tuple[int, float]:
    """Environment steps so far, and faults; whole lines only."""
    try:
        rows = list(csv.DictReader(path.read_text().rsplit("\n", 1)[0].splitlines()))
    except (OSError, UnicodeDecodeError):
        return 0, 0.0
    if not rows:
        return 0, 0.0
    return int(float(rows[-1]["environment_steps"])), sum(float(row["faults"] or 0) for row in rows)


def train(program: str, minutes: float, slope_limit: float, drift_limit: float) -> bool:
    with tempfile.TemporaryDirectory(prefix="poise-long-") as folder:
        run = pathlib.Path(folder) / "run"
        command = [program, "train", str(ROOT / "scenarios" / "humanoid-balance.yaml"), "--seed", "1", "--threads", "1",
                   "--out", str(run), "--set", "training.stopsAtGoal=false", "--set", "training.stepLimit=1000000000000"]
        # Evaluations would count as time per step.
        command += ["--set", "training.evaluationInterval=1000000000000"]
        with open(pathlib.Path(folder) / "log", "w+") as log:
            process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
            points: list[tuple[float, float, float, int]] = []
            faults = 0.0
            end = time.monotonic() + 60 * minutes
            last = 0
            while time.monotonic() < end and process.poll() is None:
                time.sleep(0.5)
                try:
                    memory, seconds = sample(process.pid)
                except OSError:
                    break
                steps, faults = progress(run / "progress.csv")
                if steps > last:
                    points.append((time.monotonic(), memory, seconds, steps))
                    last = steps
            alive = process.poll() is None
            if alive:
                process.send_signal(signal.SIGINT)
            status = process.wait()
            log.seek(0)
            text = log.read()
        if not alive or status != 130 or len(points) < 12:
            print(f"long: training ended with {status} after {len(points)} samples:\n{text[-2000:]}")
            return False
    # The first half fills buffers and caches.
    half = [p for p in points if p[2] >= points[-1][2] / 2]
    growth = 3600 * slope([(seconds, memory) for _, memory, seconds, _ in half])
    third = len(half) // 3
    costs = [typical_cost(half[:third + 1]), typical_cost(half[-1 - third:])]
    drift = costs[1] / costs[0] - 1
    good = growth <= slope_limit and drift <= drift_limit
    print(f"long: humanoid-balance, ppo, seed 1, 1 thread: {points[-1][3]} control steps in {points[-1][2]:.0f} s of processor "
          f"time, {faults:.0f} faults; memory {half[0][1]:.1f} to {half[-1][1]:.1f} MiB, slope {growth:+.2f} MiB per hour of "
          f"processor time; {costs[0]:.1f} then {costs[1]:.1f} µs a step, drift {100 * drift:+.1f} %: "
          f"{'good' if good else 'NOT GOOD'}", flush=True)
    return good


def endure(steps: int, robots: list[str]) -> bool:
    command = ["swift", "test", "-c", "release", "-Xswiftc", "-enable-testing", "--scratch-path", ".build/testing", "--filter",
               "EnduranceTests"]
    environment = dict(os.environ, POISE_TORTURE=str(max(1, steps // 10_000)), POISE_TORTURE_ROBOTS=",".join(robots))
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, errors="replace")
    output = result.stdout + result.stderr
    lines = re.findall(r"endurance: .*", output)
    for line in lines:
        print(f"long: {line}", flush=True)
    if result.returncode != 0 or len(lines) != len(robots):
        print(f"long: status {result.returncode}\n{output[-3000:]}")
        return False
    return True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--steps", type=int, default=10_000_000)
    parser.add_argument("--slope", type=float, default=20, help="MiB per hour")
    parser.add_argument("--drift", type=float, default=0.05)
    parser.add_argument("--program", default=str(POISE))
    parser.add_argument("--robots", default="pendulum,cartpole,humanoid")
    arguments = parser.parse_args()
    good = True
    if arguments.steps > 0:
        good = endure(arguments.steps, arguments.robots.split(","))
    if arguments.minutes > 0:
        good = train(arguments.program, arguments.minutes, arguments.slope, arguments.drift) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
