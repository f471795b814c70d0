#!/usr/bin/env python3
"""The test suite under the thread sanitizer: no data race in what runs on several threads.

Tests are built with --sanitize=thread in a folder of their own, and those run that use several threads: the worker pool, batches of worlds,
training, evaluation, the viewer's server. Reports of the sanitizer fail the run. Tests/Torture/threads.suppressions names what is no race,
each with its proof.

usage: threads.py [--filter REGEX]
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SUPPRESSIONS = ROOT / "Tests" / "Torture" / "threads.suppressions"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--filter", default="", help="tests to run; all where it is empty")
    arguments = parser.parse_args()
    log = ROOT / ".build" / "rubbish" / "thread.txt"
    log.parent.mkdir(parents=True, exist_ok=True)
    options = f"halt_on_error=0:exitcode=66:second_deadlock_stack=1:suppressions={SUPPRESSIONS}"
    command = ["swift", "test", "-c", "release", "-Xswiftc", "-enable-testing", "--scratch-path", ".build/testing-thread",
               "--sanitize=thread"]
    if arguments.filter:
        command += ["--filter", arguments.filter]
    result = subprocess.run(command, cwd=ROOT, env=dict(os.environ, TSAN_OPTIONS=options), capture_output=True, text=True,
                            errors="replace")
    output = result.stdout + result.stderr
    log.write_text(output)
    reports = re.findall(r"WARNING: ThreadSanitizer: ([^\n(]*)", output)
    summaries = sorted(set(re.findall(r"SUMMARY: ThreadSanitizer: ([^\n]*)", output)))
    tests = re.findall(r"Test run with (\d+) tests? .*", output)
    print(f"threads: {sum(map(int, tests))} tests, {len(reports)} reports of the thread sanitizer, status {result.returncode}; {log}")
    for summary in summaries:
        print(f"threads:   {summary}")
    return 0 if not reports and result.returncode == 0 and tests else 1


if __name__ == "__main__":
    sys.exit(main())
