"""Tries other people's robots: public ones, and small ones whose motion is known.

Every file of ../shared/mjcf is read by `poise check` or refused with file and line, and listed. Every case of ../shared/cases is simulated
and ends where MuJoCo 4.0.0 or mechanics puts it. Where a folder is missing it is skipped, which is said; POISE_SHARED names another ../shared.
Then variants of ours: heaps and heavy things rest, thrown things fly, odd models load.
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
    ("planar_slide_damping", 1, {"x_m": (0.0724, 2e-2), "z_m": (-0.5911, 2e-3), "r_rad": (1.7540, 2e-3)}, {}),
    ("chain_sag", 8, {"c_rad": (0.7306, 2e-4)}, {}),
    ("servo_stiff_damping", 1, {"f_m": (-0.0001, 1e-4)}, {}),
]
LOADING = ["tiny_goal_mass", "constraint_flag"]

torture = Torture(__doc__.splitlines()[0], seconds=(2.0, "simulated of each public model that loads"),
                  rest=(2.0, "seconds that heaps rest"))


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


# Variants of the kinds of the cases that are about contacts, masses and starts; those about joints are in foreign_variants.py and random_trees.py.

ITERATIVE = '<custom><text name="poise_solver" data="iterative"/></custom>'
FLOOR = '<geom type="plane" size="0 0 1" {}/>'


def free(name, at, geom, mass, inside=""):
    return f'<body name="{name}" pos="{at}"><freejoint/><geom {geom} mass="{mass}"/>{inside}</body>'


def box(name, x, z, half=0.1, mass=1):
    return free(name, f"{x} 0 {z}", f'type="box" size="{half} {half} {half}"', mass)


def scenes():
    """(name, bodies, what stays where: {body: height}, m that it may sink)."""
    for mass in (1e-3, 300, 1e4, 1e5):
        yield f"ball of {mass} kg", free("b", "0 0 0.3", 'type="sphere" size="0.3"', mass), {"b": 0.3}, 2.5e-3
    yield "capsule of 2 t", free("b", "0 0 0.3", 'type="capsule" size="0.3 0.5" euler="90 0 0"', 2000), {"b": 0.3}, 2.5e-3
    yield "cylinder of 2 t", free("b", "0 0 0.5", 'type="cylinder" size="0.3 0.5"', 2000), {"b": 0.5}, 2.5e-3
    legs = "".join(
        f'<body pos="{x} {y} -0.2"><geom type="capsule" size="0.05" fromto="0 0 0 0 0 -0.35" mass="10"/></body>'
        for x in (-0.5, 0.5) for y in (-0.3, 0.3))
    yield "table of 1 t", free("b", "0 0 0.6", 'type="box" size="0.6 0.4 0.2"', 960, legs), {"b": 0.6}, 2.5e-3
    for count in (3, 10):
        boxes = "".join(box(f"b{i}", 0, 0.1 + 0.2 * i) for i in range(count))
        yield f"stack of {count}", boxes, {f"b{i}": 0.1 + 0.2 * i for i in range(count)}, 0.01
    pyramid = [(row, place) for row in range(4) for place in range(4 - row)]
    yield ("pyramid of ten", "".join(box(f"b{r}{c}", 0.21 * c + 0.105 * r, 0.1 + 0.2 * r) for r, c in pyramid),
           {f"b{r}{c}": 0.1 + 0.2 * r for r, c in pyramid}, 0.01)
    wall = [(row, place) for row in range(3) for place in range(3)]
    yield ("wall of nine", "".join(box(f"b{r}{c}", 0.2 * c, 0.1 + 0.2 * r) for r, c in wall),
           {f"b{r}{c}": 0.1 + 0.2 * r for r, c in wall}, 0.01)
    yield "growing boxes", box("a", 0, 0.05, 0.05, 0.5) + box("b", 0, 0.2, 0.1, 1) + box("c", 0, 0.5, 0.2, 4), {
        "a": 0.05, "b": 0.2, "c": 0.5}, 0.01
    plank = free("p", "0 0 0.22", 'type="box" size="0.5 0.2 0.02"', 2)
    yield "plank on two boxes", box("a", -0.4, 0.1) + box("b", 0.4, 0.1) + plank, {"a": 0.1, "b": 0.1, "p": 0.22}, 0.01
    yield "ball on a box", box("a", 0, 0.1) + free("b", "0 0 0.25", 'type="sphere" size="0.05"', 0.2), {"a": 0.1, "b": 0.25}, 0.01


def model(name, body, outer=""):
    path = os.path.join(torture.scratch, name.replace(" ", "_") + ".xml")
    with open(path, "w") as file:
        file.write(f'<mujoco model="variant"><worldbody>{body}</worldbody>{outer}</mujoco>')
    return path


def resting():
    count = 0
    for name, bodies, heights, least in scenes():
        for solver, outer in (("direct", ""), ("iterative", ITERATIVE)):
            table = rows(model(f"{name} {solver}", FLOOR.format("") + bodies, outer), torture.options.rest)
            count += 1
            if not table:
                continue
            sunk = {body: height - float(table[-1][f"{body}_z_m"]) for body, height in heights.items()}
            worst = max(sunk, key=lambda body: abs(sunk[body]))
            torture.check(-1e-3 < sunk[worst] < least, f"{name}, {solver}: {worst} is {1000 * sunk[worst]:.2f} mm below its place")
            torture.say(f"{name}, {solver}: at most {1000 * sunk[worst]:.3f} mm below its place")
    return count


def thrown():
    """Without motors: a ball flies a parabola, a box spins on, a wheel turns on."""
    path = model("thrown", free("b", "0 0 5", 'type="box" size="0.1 0.2 0.3"', 2).replace("<freejoint", '<freejoint name="f"'))
    status, output, errors = torture.run(["simulate", path, "--velocity", "f=1,2,3,0.4,0.5,9", "--seconds", "1", "--csv", "-"])
    torture.check(status == 0, f"simulate {path}: ends with {status}: {errors}")
    last = list(csv.DictReader(io.StringIO(output)))[-1]
    for column, right in (("b_x_m", 1), ("b_y_m", 2), ("b_z_m", 5 + 3 - 9.81 / 2)):
        torture.check(abs(float(last[column]) - right) < 0.02, f"thrown: {column} is {last[column]}, not {right}")
    for bad in ("g=1,2,3,0,0,0", "f=1", "f=1,2,3,4,5,x", "f=1e9,0,0,0,0,0"):
        status, output, errors = torture.run(["simulate", path, "--velocity", bad])
        torture.check(status in (64, 65) and "velocity" in errors, f"--velocity {bad}: {status}, {errors}")


def refusals():
    """What need not be refused, and what must be."""
    joint = '<body name="a">{}<geom size="0.05" {}/></body>'
    good = {
        "a mass of 1e-12 kg on a slide": (joint.format('<joint type="slide"/>', 'mass="1e-12"'), ""),
        "a mass of 1e-12 kg on a hinge": (joint.format('<joint pos="0 0 1"/>', 'mass="1e-12"'), ""),
        "a marker without mass that hangs on nothing": (
            '<body><geom size="0.1"/><joint/><body><geom size="0.01" mass="0" contype="0" conaffinity="0"/></body></body>', ""),
        "constraint off, with friction": (
            joint.format('<joint range="-1 1" frictionloss="1"/>', ""), '<option><flag constraint="disable"/></option>'),
        "equality off": (joint.format("<joint/>", ""), '<option><flag equality="disable"/></option>'),
        "a range of ten turns": (joint.format('<joint range="-3600 3600" ref="1800"/>', ""), ""),
        "dry friction on a ball": (joint.format('<joint type="ball" frictionloss="1"/>', ""), ""),
    }
    for name, (body, outer) in good.items():
        check(model(name, body, outer), must_load=True)
    status, _, errors = torture.run(["check", model("air", joint.format("<joint/>", ""), '<option density="1.2"/>')])
    torture.check(status == 65 and "air.xml:1" in errors and "density" in errors, f"air: {status}, {errors}")
    return len(good) + 1


models, tried = public_models(), cases()
tried += resting() + refusals()
thrown()
torture.finish(f"{models} public files, {tried} cases and variants")
