"""The test suite, built plain or under a sanitizer in a folder of its own, and run."""

import os
import signal
import subprocess
import threading

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

# What is undefined in C and C++ ends the process by a trap: that needs no runtime library, which would not be found when Swift links.
UNDEFINED = [part for language in ("-Xcc", "-Xcxx") for flag in ("-fsanitize=undefined", "-fsanitize-trap=undefined")
             for part in (language, flag)]
FLAGS = {"none": [], "address": ["--sanitize=address"] + UNDEFINED, "thread": ["--sanitize=thread"]}


class Suite:
    """The tests under one sanitizer: none, address (with undefined behaviour) or thread."""

    def __init__(self, sanitizer):
        scratch = ".build/testing" if sanitizer == "none" else f".build/testing-{sanitizer}"
        command = ["swift", "build", "--build-tests", "-c", "release", "-Xswiftc", "-enable-testing", "--scratch-path", scratch]
        built = subprocess.run(command + FLAGS[sanitizer], cwd=ROOT, capture_output=True, text=True, errors="replace")
        if built.returncode:
            raise SystemExit(f"the tests cannot be built: {(built.stdout + built.stderr)[-3000:]}")
        # For tests that measure time, or that a sanitizer's own doings would disturb.
        self.environment = {} if sanitizer == "none" else {"POISE_SANITIZER": sanitizer}
        self.program = os.path.join(ROOT, scratch, "release", "poisePackageTests.xctest")

    def run(self, options, environment, log, minutes):
        """Runs tests, what they print into the file `log`.

        Returns the status (a word where they hang), the output, and the resources that the largest process and all together took.
        """
        with open(log, "w") as output:
            process = subprocess.Popen(
                [self.program, "--testing-library", "swift-testing", *options], cwd=ROOT,
                env={**os.environ, **self.environment, **environment}, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
            is_late = threading.Event()

            def end():
                is_late.set()
                os.killpg(process.pid, signal.SIGKILL)
            alarm = threading.Timer(60 * minutes, end)
            alarm.start()
            _, code, usage = os.wait4(process.pid, 0)
            alarm.cancel()
        with open(log, errors="replace") as output:
            status = f"a hang of more than {minutes:g} minutes" if is_late.is_set() else os.waitstatus_to_exitcode(code)
            return status, output.read(), usage
