"""Tries other people's robots: public ones, and small ones whose motion is known.

Every file of ../shared/mjcf is read by `poise check` or refused with file and line, and listed. Every case of ../shared/cases is simulated and
ends where MuJoCo 4.0.0 or mechanics puts it. Where a folder is missing it is skipped, which is said. POISE_SHARED names another ../shared.
"""

import csv
import glob
import io
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from torture import ROOT, Torture, crashed

SHARED = os.environ.get("POISE_SHARED", os.path.join(os.path.dirname(ROOT), "shared"))

# (file, seconds, {column: (right, tolerance)}, {column: largest magnitude on the way}); right answers from ../shared/cases/README.md.
CASES = [
    ("armature_second_link", 1, {"a_rad": (0.4590, 5e-4), "b_rad": (-0.0004, 1e-4)}, {}),
    # One step of 1 ms in the first 0.1 s is 0.12 mm.
    ("slide_armature", 0.1, {"x_m": (0.01236, 2e-5)}, {}),
    ("hinge_past_half_turn", 6, {"j_rad": (3.4855, 1e-3)}, {"j_rad_per_s": 4}),
    ("spring_many_turns", 3, {"j_rad": (8, 1e-3), "j_rad_per_s": (0, 1e-2)}, {}),
    ("heavy_ball_sinks", 5, {"z": (0.3996, 5e-4)}, {}),
    ("three_boxes", 0.12, {"z": ([0.1, 0.3, 0.5], 2e-3)}, {}),
    # The case's 0.0552, -0.4935, 1.7547 are MuJoCo's by its Euler steps of 1 ms, which lose that much to their size: by its
    # Runge-Kutta method, or by Euler's at 10 us, MuJoCo comes to these.
    ("planar_slide_damping", 1, {"x_m": (0.0724, 2e-2), "z_m": (-0.5911, 6e-2), "r_rad": (1.7540, 2e-2)}, {}),
    ("chain_sag", 8, {"c_rad": (0.7306, 2e-4)}, {}),
    ("servo_stiff_damping", 1, {"f_m": (-0.0001, 1e-4)}, {}),
]
LOADING = ["tiny_goal_mass", "constraint_flag"]

torture = Torture(__doc__.splitlines()[0], seconds=(2.0, "simulated of each public model that loads"))


def check(path, must_load=False):
    """What `poise check` says of a model: one line, or the first problem."""
    status, output, errors = torture.run(["check", path])
    torture.check(status in (0, 65) and not crashed(status), f"check {path}: ends with {status}: {output}{errors}")
    if status == 0:
        return status, output.splitlines()[0].split(": ", 1)[-1].rstrip(":")
    torture.check(f"{os.path.basename(path)}:" in errors and "found " in errors, f"check {path}: says {errors}")
    torture.check(not must_load, f"check {path}: refused: {errors}")
    return status, f"refused, {len([line for line in errors.splitlines() if 'found ' in line])} problems, the first: {errors.splitlines()[0]}"


def public_models():
    files = sorted(glob.glob(os.path.join(SHARED, "mjcf", "**", "*.xml"), recursive=True))
    if not files:
        torture.say(f"no public models at {SHARED}/mjcf: skipped")
    for path in files:
        name = os.path.relpath(path, os.path.join(SHARED, "mjcf"))
        # Parts that others include are no models; they are refused by name, too.
        status, words = check(path)
        torture.say(f"{name}: {words}")
        if status == 0:
            status, output, errors = torture.run(["simulate", path, "--seconds", str(torture.options.seconds)])
            torture.check(status == 0, f"simulate {name}: ends with {status}: {output}{errors}")
    return len(files)


def rows(path, seconds):
    status, output, errors = torture.run(["simulate", path, "--seconds", str(seconds), "--csv", "-"])
    torture.check(status == 0, f"simulate {path}: ends with {status}: {errors}")
    torture.check("LCP" not in errors, f"simulate {path}: {errors}")
    return list(csv.DictReader(io.StringIO(output)))


def cases():
    folder = os.path.join(SHARED, "cases")
    if not os.path.isdir(folder):
        torture.say(f"no cases at {folder}: skipped")
        return 0
    for name, seconds, ends, bounds in CASES:
        path = os.path.join(folder, name + ".xml")
        check(path, must_load=True)
        table = rows(path, seconds)
        if not table:
            continue
        last = table[-1]
        found = {}
        for column, (right, tolerance) in ends.items():
            # A free body's height, whatever it is called.
            names = [c for c in last if c.endswith("_z_m")] if column == "z" else [column]
            values = right if isinstance(right, list) else [right]
            for place, value in zip(names, values):
                found[place] = float(last[place])
                torture.check(abs(found[place] - value) <= tolerance,
                              f"{name}: {place} is {found[place]} after {seconds} s, right is {value} within {tolerance}")
        for column, bound in bounds.items():
            worst = max(abs(float(row[column])) for row in table)
            torture.check(worst <= bound, f"{name}: {column} reaches {worst}, at most {bound} is right")
        torture.say(f"{name}: " + ", ".join(f"{column} {value:.4f}" for column, value in found.items()))
    for name in LOADING:
        check(os.path.join(folder, name + ".xml"), must_load=True)
    status, _, errors = torture.run(["check", os.path.join(folder, "nbsp.yaml")])
    torture.check(status == 65 and "no-break space" in errors, f"nbsp.yaml: {status}, {errors}")
    return len(CASES) + len(LOADING) + 1


models, tried = public_models(), cases()
torture.finish(f"{models} public files, {tried} cases")
