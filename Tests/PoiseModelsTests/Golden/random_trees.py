"""Makes random robots and asks MuJoCo how they move, for RandomTreeTests.

    python3 -m venv /tmp/venv-trees && /tmp/venv-trees/bin/pip install mujoco==4.0.0 numpy
    /tmp/venv-trees/bin/python random_trees.py                                    # writes random_trees.json: the short form, kept
    /tmp/venv-trees/bin/python random_trees.py --count 1000 --out /tmp/trees.json  # the long form, minutes of processor time; with
                                                                                 # --accelerations seconds, and nothing of 0.2 s later
    POISE_RANDOM_TREES=/tmp/trees.json swift test -c release -Xswiftc -enable-testing --filter RandomTreeTests

Tree number n comes from seed `--seed` + n alone. A tree has up to five bodies. Each hangs on the world or on another body by every kind of
joint and of combination: one to six hinges and slides, at one anchor or several, across or askew, balls, free roots. Joints have
rotors, springs, dampers, dry friction, servos and motors with and without ranges, gears and rotors of their own, references and springs
several turns away, ranges past a turn. Every tree starts somewhere in motion.

For each tree the file has its MJCF, its start, MuJoCo's accelerations there, and where MuJoCo is 0.2 s later by steps of 10 µs. Nothing touches
in them, no range is reached (stops are as hard as Poise makes them, MuJoCo's are soft), and dry friction is as hard as MuJoCo can have it.
"""

import argparse
import json
import math
import pathlib

import mujoco
import numpy as np

HERE = pathlib.Path(__file__).parent
STEP = 1e-5
SECONDS = 0.2

ORTHOGONAL = [(1, 0, 0), (0, 1, 0), (0, 0, 1)]
# (kinds of joints, whether their axes are at right angles, whether they share an anchor, whether it must hang on the world)
SETS = [
    ("h", True, True, False), ("h", True, True, False), ("h", True, True, False), ("s", True, True, False),
    ("hh", True, True, False), ("hh", False, True, False), ("hh", False, False, False),
    ("hhh", True, True, False), ("hhh", True, True, False), ("hhh", False, False, False),
    ("ss", True, True, False), ("ss", False, True, False), ("sss", True, True, False), ("sh", True, True, False),
    ("sh", False, False, False), ("hs", False, False, False), ("ssh", True, True, True), ("ssh", True, False, True),
    ("ssshhh", True, True, True), ("sssb", True, True, True), ("b", True, True, False), ("sb", False, False, False),
    ("f", True, True, True), ("f", True, True, True),
]


def numbers(values):
    return " ".join(f"{float(v):.6g}" for v in np.atleast_1d(values))


class Tree:
    """One random robot as MJCF, with the coordinates that it starts from."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.start = []  # of each hinge and slide
        self.actuators = []
        self.joint_count = 0
        count = int(self.random.integers(1, 6))
        children = {-1: []}
        for body in range(count):
            parent = int(self.random.integers(-1, body)) if body else -1
            children.setdefault(parent, []).append(body)
        bodies = "".join(self.body(child, children, True) for child in children[-1])
        self.xml = (
            f'<mujoco model="tree_{seed}"><compiler angle="radian"/>'
            f'<option timestep="{STEP}" gravity="{numbers(self.random.uniform(-3, 3, 2))} -9.81"><flag contact="disable"/></option>'
            '<default><joint solreffriction="0.00002 1" solimpfriction="0.9999 0.9999"/></default>'
            f"<worldbody>{bodies}</worldbody><actuator>{''.join(self.actuators)}</actuator></mujoco>")

    def chance(self, share):
        return self.random.random() < share

    def power(self, low, high):
        return 10 ** self.random.uniform(low, high)

    def body(self, index, children, is_root):
        while True:
            kinds, right, shared, only_root = SETS[self.random.integers(len(SETS))]
            if is_root or not only_root:
                break
        quat = self.random.normal(size=4)
        mass, size = self.power(-1, 1), self.power(-1.3, -0.5)
        box = size * self.random.uniform(0.3, 1, 3)
        inertia = mass / 3 * np.array([box[1]**2 + box[2]**2, box[0]**2 + box[2]**2, box[0]**2 + box[1]**2])
        text = (
            f'<body name="b{index}" pos="{numbers(self.random.uniform(-0.4, 0.4, 3))}" quat="{numbers(quat / np.linalg.norm(quat))}">'
            + self.joints(kinds, right, shared)
            + f'<inertial pos="{numbers(self.random.uniform(-1, 1, 3) * size)}" mass="{mass:.6g}" '
            f'quat="{numbers(self.random.normal(size=4))}" diaginertia="{numbers(inertia)}"/>')
        for child in children.get(index, []):
            text += self.body(child, children, False)
        return text + "</body>"

    def joints(self, kinds, right, shared):
        anchor = self.random.uniform(-0.2, 0.2, 3)
        order = self.random.permutation(3)
        sign = self.random.choice([-1, 1], 3)
        limited = self.chance(0.3)
        text = ""
        for place, kind in enumerate(kinds):
            pos = anchor if shared else self.random.uniform(-0.2, 0.2, 3)
            axis = np.array(ORTHOGONAL[order[place % 3]]) * sign[place % 3] if right else self.random.normal(size=3)
            # The middle one of three hinges must keep away from a right angle, where they lock.
            middle = kind == "h" and "hhh" in kinds and place == kinds.index("hhh") + 1
            text += self.joint(kind, pos, axis, middle, limited and middle)
        return text

    def joint(self, kind, pos, axis, is_middle, is_narrow):
        name = f"j{self.joint_count}"
        self.joint_count += 1
        text = f'<joint name="{name}" type="{dict(h="hinge", s="slide", b="ball", f="free")[kind]}"'
        if kind != "f":
            text += f' pos="{numbers(pos)}"'
        if self.chance(0.4):
            text += f' armature="{self.power(-3, 0):.6g}"'
        if kind != "f" and self.chance(0.5):
            text += f' damping="{self.power(-2, 0.5):.6g}"'
        if self.chance(0.2):
            text += f' frictionloss="{self.power(-2, 0.3):.6g}"'
        if kind in "bf":
            return text + "/>"
        spread = 1 if kind == "h" else 0.3
        ref = self.random.uniform(-8, 8) * spread if self.chance(0.5) else 0.0
        q = ref + self.random.uniform(-0.9, 0.9) * spread
        if kind == "h" and not is_middle and self.chance(0.4):
            q += 2 * math.pi * int(self.random.integers(-2, 3))
        text += f' axis="{numbers(axis)}" ref="{ref:.6g}"'
        if self.chance(0.4):
            text += f' stiffness="{self.power(-1, 2):.6g}" springref="{q + self.random.uniform(-6, 6) * spread:.6g}"'
        if is_narrow:
            text += f' range="{ref - 1.35:.6g} {ref + 1.35:.6g}"'
        elif self.chance(0.3):
            text += f' range="{min(q, ref) - self.random.uniform(2.5, 8):.6g} {max(q, ref) + self.random.uniform(2.5, 8):.6g}"'
        if self.chance(0.4):
            self.actuator(name, q)
        self.start.append(float(f"{q:.6g}"))
        return text + "/>"

    def actuator(self, joint, q):
        kind = ["motor", "position", "velocity"][self.random.integers(3)]
        gear = self.random.choice([-1, 1]) * self.power(-0.3, 1)
        text = f'<{kind} joint="{joint}" gear="{gear:.6g}"'
        if kind == "position":
            text += f' kp="{self.power(-1, 1.5):.6g}" kv="{self.power(-2, 0) if self.chance(0.6) else 0:.6g}"'
        if kind == "velocity":
            text += f' kv="{self.power(-2, 0):.6g}"'
        if self.chance(0.4):
            text += f' forcerange="{-self.power(-0.5, 1):.6g} {self.power(-0.5, 1):.6g}"'
        if self.chance(0.3):
            text += f' armature="{self.power(-4, -1):.6g}"'
        self.actuators.append(text + "/>")


def record(seed, seconds=SECONDS):
    """The tree of a seed and how MuJoCo moves it; `None` where it comes near a range or flies apart."""
    tree = Tree(seed)
    return record_model(tree.xml, tree.start, seed, seconds=seconds)


def accelerations(model, start):
    """MuJoCo's accelerations as RandomTreeTests finds Poise's: twice a mean over 1 us, 80 us after the start, less that over 2 us from there.

    For all but the stiffest that is `qacc` at the start. Where a light link hangs on a servo with a strong damper, motion changes within
    some 10 us, and only what is measured alike can be compared. Steps of 0.1 us, implicit in velocities.
    """
    step, integrator = model.opt.timestep, model.opt.integrator
    model.opt.timestep, model.opt.integrator = 1e-7, mujoco.mjtIntegrator.mjINT_IMPLICITFAST

    def mean(since, over):
        data = mujoco.MjData(model)
        data.qpos[:], data.qvel[:], data.ctrl[:] = start
        mujoco.mj_step(model, data, nstep=round(since / 1e-7))
        before = data.qvel.copy()
        mujoco.mj_step(model, data, nstep=round(over / 1e-7))
        return (data.qvel - before) / over

    found = 2 * mean(80e-6, 1e-6) - mean(80e-6, 2e-6)
    model.opt.timestep, model.opt.integrator = step, integrator
    return found


def record_model(xml, scalars, seed, top_speed=60, seconds=SECONDS):
    """How MuJoCo moves a model, from the given hinges and slides and whatever else the seed gives; `None` as in `record`.

    top_speed: rad/s or m/s that no coordinate may reach. seconds: 0 for the accelerations alone, which takes a thousandth of the time.
    """
    model = mujoco.MjModel.from_xml_string(xml)
    data = mujoco.MjData(model)
    random = np.random.default_rng([seed, 1])
    scalar = iter(scalars)
    for joint in range(model.njnt):
        q, v, kind = model.jnt_qposadr[joint], model.jnt_dofadr[joint], model.jnt_type[joint]
        if kind >= 2:
            data.qpos[q] = next(scalar)
            data.qvel[v] = random.uniform(-2, 2) * (1 if kind == 3 else 0.5)
        else:
            quat = random.normal(size=4)
            data.qpos[q + (3 if kind == 0 else 0):][:4] = quat / np.linalg.norm(quat)
            size = 6 if kind == 0 else 3
            data.qvel[v:v + size] = random.uniform(-2, 2, size)
    data.ctrl[:] = random.uniform(-2, 2, model.nu)
    start = [data.qpos.tolist(), data.qvel.tolist(), data.ctrl.tolist()]
    result = {
        "seed": seed, "xml": xml, "positions": start[0], "velocities": start[1], "controls": start[2],
        "accelerations": accelerations(model, start).tolist()}
    if not seconds:
        return {**result, "laterPositions": [], "laterVelocities": []}
    fastest = np.abs(data.qvel).max()
    for _ in range(round(seconds / STEP)):
        mujoco.mj_step(model, data)
        fastest = max(fastest, np.abs(data.qvel).max())
    for joint in range(model.njnt):
        if model.jnt_limited[joint]:
            low, high = model.jnt_range[joint]
            if not low + 0.02 < data.qpos[model.jnt_qposadr[joint]] < high - 0.02:
                return None
    if not fastest < top_speed:
        return None
    result["laterPositions"], result["laterVelocities"] = data.qpos.tolist(), data.qvel.tolist()
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=24, help="how many trees")
    parser.add_argument("--seed", type=int, default=0, help="of the first tree")
    parser.add_argument("--accelerations", action="store_true", help="do not say where the trees are after 0.2 s")
    parser.add_argument("--out", type=pathlib.Path, default=HERE / "random_trees.json")
    options = parser.parse_args()
    trees, seed, dropped = [], options.seed, 0
    while len(trees) < options.count:
        tree = record(seed, 0 if options.accelerations else SECONDS)
        seed += 1
        if tree is None:
            dropped += 1
        else:
            trees.append(tree)
    rounded = lambda values: [float(f"{v:.9g}") for v in values] if isinstance(values, list) else values
    lines = ",\n".join(json.dumps({key: rounded(value) for key, value in tree.items()}, separators=(",", ":")) for tree in trees)
    options.out.write_text(f'{{"mujoco":"{mujoco.__version__}","seconds":{SECONDS},"trees":[\n{lines}\n]}}\n')
    print(f"{options.out}: {len(trees)} trees, seeds {options.seed} to {seed - 1}; {dropped} came near a range or flew apart")


if __name__ == "__main__":
    main()
