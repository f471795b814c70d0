"""Lets the disk fail in the middle of trainings, and looks whether they stop as they should and lose nothing.

The rule: a file of the run that cannot be written ends the training with exit code 74 and a line that names the file and the cause;
what the last checkpoint stands on is still whole, and once the disk is well the run goes on to the bits of one that nothing happened
to. Failures are made by a preloaded library at random system calls (full, over quota, broken, read-only), by limits of file sizes,
by a folder that may not be written to, and by a small disk of its own where mounting is allowed.
"""

import os
import re
import resource
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from torture import ROOT, RUNS, Torture, crashed, first_line

torture = Torture(__doc__.splitlines()[0], failures=(60, "failing calls of each kind for each algorithm"),
                  limits=(20, "limits of file sizes for each algorithm"))
random = torture.random
REASONS = {"ENOSPC": "No space left on device", "EDQUOT": "Disk quota exceeded", "EIO": "Input/output error",
           "EROFS": "Read-only file system"}


def is_run(folder):
    return os.path.exists(os.path.join(folder, "run.json"))


def expect_stop(folder, status, errors, reason, words):
    """The rule above, of a training that has just ended."""
    torture.check(not crashed(status), f"{words}: ended with {status}: {errors}")
    if status == 74:
        torture.check(re.search(re.escape(folder) + r"[^:]*: cannot (write|create|read): (?i:" + reason + ")", errors),
                      f"{words}: the message names not file and cause: {errors}")
        if is_run(folder):
            torture.check_whole(folder, words)
    else:
        # Only what tidies up may fail without ending the training.
        torture.check(status == 0, f"{words}: ended with {status}: {first_line(errors)}")
    return status


def expect_going_on(algorithm, folder, wanted, words):
    status, _, errors = torture.run(
        ["train", "--resume", folder] if is_run(folder) else RUNS[algorithm] + ["--out", folder])
    if torture.check(status == 0, f"{words}: going on ends with {status}: {errors}"):
        torture.check_same(folder, wanted, words)


for algorithm, command in RUNS.items():
    wanted, _, calls = torture.reference(algorithm)
    for fault, reason in REASONS.items() if calls else []:
        stopped = 0
        for trial in range(torture.options.failures):
            number = random.randint(1, calls)
            words = f"{algorithm}, {fault} at call {number} of {calls}"
            folder = torture.fresh(algorithm)
            status, _, errors = torture.run(command + ["--out", folder], torture.faulty(folder, number, fault))
            stopped += expect_stop(folder, status, errors, reason, words) == 74
            # The disk fails once more while it is resumed.
            if is_run(folder) and random.random() < 0.3:
                number = random.randint(1, calls // 3)
                status, _, errors = torture.run(["train", "--resume", folder], torture.faulty(folder, number, fault))
                expect_stop(folder, status, errors, reason, f"{words}, then at call {number} of resuming")
            expect_going_on(algorithm, folder, wanted, words)
        torture.say(f"{algorithm}: {torture.options.failures} times {fault}: {stopped} ended with 74, the others went on")

    stopped = 0
    for trial in range(torture.options.limits):
        folder = torture.fresh(algorithm)
        limit = random.randint(1, 40_000)
        status, _, errors = torture.run(command + ["--out", folder], limits=[(resource.RLIMIT_FSIZE, limit)])
        stopped += expect_stop(folder, status, errors, "File too large", f"{algorithm}, files of {limit} bytes") == 74
        expect_going_on(algorithm, folder, wanted, f"{algorithm}, after files of {limit} bytes")
    torture.say(f"{algorithm}: {torture.options.limits} limits of file sizes: {stopped} ended with 74")

    # A folder that may not be written to. The superuser may write anywhere, so somebody else has to try.
    folder = torture.fresh(algorithm)
    torture.run(command + ["--out", folder])
    somebody = {} if os.getuid() else {"user": 65534, "group": 65534, "extra_groups": []}
    os.chmod(torture.scratch, 0o755)
    subprocess.run(["chmod", "-R", "a-w,a+rX", folder], check=True)
    try:
        for arguments, expected in [(["train", "--resume", folder], 74), (command + ["--out", folder + "/new"], 74),
                                    (["evaluate", folder, "--episodes", "1", "--json"], 0)]:
            status, _, errors = torture.run(arguments, **somebody)
            torture.check(status == expected and (expected == 0 or re.search("ermission denied", errors)),
                          f"read-only folder: {arguments[:2]} ends with {status}: {errors}")
        torture.say(f"{algorithm}: a read-only folder can be evaluated, and not trained in")
    except PermissionError:
        torture.say(f"{algorithm}: nobody may run {torture.options.poise}: the read-only folder is left out")
    subprocess.run(["chmod", "-R", "u+w", folder], check=True)
    torture.check_same(folder, wanted, f"{algorithm}, read-only folder")

    # A disk that is really full: of so many kilobytes, in a name space of our own.
    folder = torture.fresh("disk")
    os.makedirs(folder)
    for size in [16, 64, 96, 128]:
        script = (f'mount -t tmpfs -o size={size}k none "$1" || exit 99; shift; "$@"; status=$?; '
                  f'umount "{folder}"; exit $status')
        inside = os.path.join(folder, "run")
        done = subprocess.run(["unshare", "--mount", "sh", "-c", script, "sh", folder, torture.options.poise,
                               *command, "--out", inside], capture_output=True, cwd=ROOT)
        if done.returncode in (1, 99) and b"poise" not in done.stderr and b"cannot" not in done.stderr:
            torture.say("mounting is not allowed here: the small disk is left out")
            break
        errors = done.stderr.decode()
        torture.check(done.returncode in (0, 74), f"a disk of {size} kB: {done.returncode}: {errors}")
        if done.returncode == 74:
            torture.check("No space left on device" in errors, f"a disk of {size} kB: {errors}")
    else:
        torture.say(f"{algorithm}: small disks of 16 to 128 kB")
torture.finish(f"{torture.options.failures} failures each of {', '.join(REASONS)} for each of {', '.join(RUNS)}")
