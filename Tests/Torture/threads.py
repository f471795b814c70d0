#!/usr/bin/env python3
"""The test suite under the thread sanitizer: no data race in what runs on several threads.

Tests are built with --sanitize=thread in a folder of their own, and those run that use several threads: the worker pool, batches of worlds,
training, evaluation, the viewer's server. Reports of the sanitizer fail the run. Tests/Torture/threads.suppressions names what is no race,
each with its proof.

usage: threads.py [--filter REGEX]
"""

import argparse
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Tests" / "Torture" / "support"))
from suite import Suite

SUPPRESSIONS = ROOT / "Tests" / "Torture" / "threads.suppressions"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--filter", default="", help="tests to run; all where it is empty")
    parser.add_argument("--skip", default="", help="tests not to run")
    parser.add_argument("--minutes", type=float, default=120, help="for the run, building not counted")
    arguments = parser.parse_args()
    log = ROOT / ".build" / "rubbish" / "thread.txt"
    log.parent.mkdir(parents=True, exist_ok=True)
    # 66 is the sanitizer's own status for a report.
    environment = {"TSAN_OPTIONS": f"halt_on_error=0:exitcode=66:second_deadlock_stack=1:suppressions={SUPPRESSIONS}"}
    choice = [word for name in ("filter", "skip") if (value := getattr(arguments, name)) for word in (f"--{name}", value)]
    status, output, usage = Suite("thread").run(choice, environment, log, arguments.minutes)
    reports = re.findall(r"WARNING: ThreadSanitizer: ([^\n(]*)", output)
    tests = sum(map(int, re.findall(r"Test run with (\d+) tests?", output)))
    suites = sorted(set(re.findall(r"Suite \"?(.+?)\"? passed", output)))
    print(f"threads: {tests} tests in {len(suites)} suites, {len(reports)} reports of the thread sanitizer, status {status}, "
          f"{usage.ru_utime + usage.ru_stime:.0f} s of processor time; {log}")
    for summary in sorted(set(re.findall(r"SUMMARY: ThreadSanitizer: ([^\n]*)", output))):
        print(f"threads:   {summary}")
    return 0 if status == 0 and not reports and tests else 1


if __name__ == "__main__":
    sys.exit(main())
