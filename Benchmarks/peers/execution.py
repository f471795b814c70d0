"""Runs one program on one core and says what it took: time on the clock, processor time, memory, and when it printed what."""
import os
import subprocess
import tempfile
import threading
import time


class Execution:
    """One run of a program, with its output."""

    def __init__(self, command, core, marks=(), variables=None, timeout=3600, folder=None):
        """Runs `command` to its end.

        core: the processor it is bound to; None for all.
        folder: where it runs; None for here.
        marks: texts; `seconds_to[text]` is the time from the process's start to the first line that contains it.
        """
        environment = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1", PYTHONUNBUFFERED="1")
        environment.pop("OPENBLAS_CORETYPE", None)  # can halve NumPy's rate
        environment.update(variables or {})
        self.command = command
        self.lines = []
        self.seconds_to = {}
        bind = None if core is None else (lambda: os.sched_setaffinity(0, {core}))
        start = time.perf_counter()
        child = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, preexec_fn=bind,
            cwd=folder)
        guard = threading.Timer(timeout, child.kill)
        guard.start()
        try:
            for raw in child.stdout:
                now = time.perf_counter() - start
                line = raw.decode(errors="replace").rstrip("\n")
                self.lines.append(line)
                for mark in marks:
                    if mark in line:
                        self.seconds_to.setdefault(mark, now)
            # wait4 tells what this one child took; subprocess knows only of all children together.
            _, status, usage = os.wait4(child.pid, 0)
        except BaseException:
            child.kill()
            child.wait()
            raise
        finally:
            guard.cancel()
        self.seconds = time.perf_counter() - start
        self.processor_seconds = usage.ru_utime + usage.ru_stime
        self.memory_mb = usage.ru_maxrss / 1024
        self.status = child.returncode = os.waitstatus_to_exitcode(status)
        if self.status != 0:
            raise Failed(self)

    @property
    def share(self):
        """Processor time ÷ time on the clock: near 1 where the program had the core to itself."""
        return self.processor_seconds / self.seconds


class Failed(Exception):
    def __init__(self, run):
        last = "\n  ".join(run.lines[-8:])
        super().__init__(f"{' '.join(run.command)}\nended with status {run.status}:\n  {last}")


def scratch_folder():
    """A folder that is gone at the end of a `with`."""
    return tempfile.TemporaryDirectory(prefix="poise-bench-")
