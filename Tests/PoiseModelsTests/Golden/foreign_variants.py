"""Writes robots as other people write them, ten of each kind that once moved wrongly, and asks MuJoCo how they move.

    /tmp/venv-trees/bin/python foreign_variants.py      # writes foreign_variants.json, which RandomTreeTests reads; see random_trees.py

Where random_trees.py draws everything from moderate ranges, these go to the ends: rotors fifty times as heavy as their links, servos of
a million N·m/rad, three joints in one body of a milligram or of a tonne, dry friction on every joint at once. Kinds are numbered as in `KINDS`,
robot n of kind k has the number 100 k + n.
"""

import json

import numpy as np

from random_trees import HERE, STEP, numbers, record_model


def inertial(mass=1.0, pos=(0.1, -0.05, 0.07), size=0.1, quat=(0.8, 0.1, 0.5, -0.3)):
    inertia = mass * size**2 * np.array([1.0, 1.3, 0.8])
    return f'<inertial pos="{numbers(pos)}" quat="{numbers(quat)}" mass="{mass:.6g}" diaginertia="{numbers(inertia)}"/>'


class Robot:
    """Builds one robot: joints are named j0, j1, … as they come; q gives the start of hinges and slides."""

    def __init__(self):
        self.count, self.start, self.actuators = 0, [], []

    def joint(self, kind="hinge", q=0.2, axis="0 1 0", **attributes):
        name = f"j{self.count}"
        self.count += 1
        if kind in ("hinge", "slide"):
            self.start.append(q)
            attributes["axis"] = axis
        text = " ".join(f'{key}="{value}"' for key, value in attributes.items())
        return f'<joint name="{name}" type="{kind}" {text}/>'

    def drive(self, kind, joint=None, **attributes):
        joint = f"j{self.count - 1}" if joint is None else joint
        self.actuators.append(f'<{kind} joint="{joint}" ' + " ".join(f'{k}="{v}"' for k, v in attributes.items()) + "/>")

    def xml(self, bodies, friction="0.00002 1"):
        return (
            f'<mujoco><compiler angle="radian"/><option timestep="{STEP}" gravity="0.3 -0.5 -9.81"><flag contact="disable"/></option>'
            f'<default><joint solreffriction="{friction}" solimpfriction="0.9999 0.9999"/></default>'
            f'<worldbody>{bodies}</worldbody><actuator>{"".join(self.actuators)}</actuator></mujoco>')


def body(joints, inside="", pos="0.1 0.2 -0.3", quat="0.7 0.3 -0.4 0.5", **mass):
    return f'<body pos="{pos}" quat="{quat}">{joints}{inertial(**mass)}{inside}</body>'


def arm(robot, count=2, **attributes):
    """Hinges one on the other, about axes in turn."""
    text = ""
    axes = ["0 1 0", "1 0 0", "0 0.6 0.8"]
    joints = [robot.joint(axis=axes[i % 3], q=0.3 - 0.4 * i, **attributes) for i in range(count)]
    for joint in reversed(joints):
        text = body(joint, text, mass=0.4)
    return text


def many(robot, kinds, **attributes):
    """Joints of one body: letters h, s, b, f; hinges and slides about or along x, y, z and three more."""
    names = {"h": "hinge", "s": "slide", "b": "ball", "f": "free"}
    axes = {"h": ["1 0 0", "0 1 0", "0 0 1"], "s": ["1 0 0", "0 1 0", "0 0 1"]}
    seen = {"h": 0, "s": 0}
    text = ""
    for kind in kinds:
        own = dict(attributes)
        if kind == "f":
            own.pop("pos", None)
            own.pop("damping", None)
        if kind in seen:
            own["axis"] = axes[kind][seen[kind] % 3]
            own["q"] = [0.2, -0.3, 0.4][seen[kind]]
            seen[kind] += 1
        text += robot.joint(names[kind], **own)
    return text


def rotors(n):
    r = Robot()
    joints = [
        lambda: body(r.joint(armature=5), body(r.joint(armature=0.5, axis="1 0 0"), body(r.joint(armature=3), mass=0.02), mass=0.1), mass=0.3),
        lambda: body(r.joint(axis="1 1 0"), body(r.joint("ball", armature=2, pos="0 0 0.1"), arm(r), mass=0.2)),
        lambda: body(many(r, "f", armature=0.7), arm(r, armature=0.2)),
        lambda: body(many(r, "ssh", armature=3, pos="0.1 0.2 0.3"), arm(r)),
        lambda: body(many(r, "ssshhh", armature=0.5), arm(r)),
        lambda: body(many(r, "sssb", armature=1.5, pos="0.1 0 0.1"), arm(r)),
        lambda: body(r.joint(), arm(r) + (r.drive("motor", gear=-100, armature=1e-3) or "")),
        lambda: body(r.joint(axis="0 0 1"), body(r.joint("slide", armature=4, pos="0.3 0 0"), arm(r))),
        lambda: body(many(r, "hh", armature=50), arm(r)),
        lambda: body(r.joint("ball"), body(many(r, "hhh", armature=0.8, range="-1.3 1.3"), arm(r))),
    ]
    return r, joints[n]()


def turns(n):
    r = Robot()
    joints = [
        lambda: body(r.joint(q=9, ref=8, stiffness=2, springref=-5, range="-12 30"), arm(r)),
        lambda: body(r.joint(q=-20, ref=3, damping=0.5), arm(r)) + (r.drive("position", "j0", kp=30, kv=1) or ""),
        lambda: body(many(r, "hh", ref=7, stiffness=5, springref=-11), arm(r)),
        lambda: body(many(r, "hhh", ref=0, stiffness=5, springref=2, range="-1.3 1.3"), arm(r)),
        lambda: body(r.joint(axis="1 0 0", q=100, range="-400 400", stiffness=0.5, springref=90), arm(r)),
        lambda: body(many(r, "ssh", ref=4, stiffness=8, springref=-3), arm(r)),
        lambda: body(r.joint("slide", ref=-6), body(r.joint(q=-7, ref=-6.5, range="-20 2"), arm(r))),
        lambda: body(r.joint(q=3.2, ref=3.1, armature=0.1, frictionloss=0.2), arm(r, ref=-9)),
        lambda: body(many(r, "ssshhh", ref=0, stiffness=3, springref=6), arm(r)),
        lambda: body(r.joint(q=-3.2, ref=3.1), arm(r)) + (r.drive("position", "j0", gear=-0.5, kp=80, forcerange="-4 9") or ""),
    ]
    return r, joints[n]()


def roots(n):
    r = Robot()
    acts = dict(stiffness=6, damping=2, springref=0.4, armature=0.3, pos="0.2 -0.1 0.3")
    joints = [
        lambda: body(many(r, "ssh", damping=5)),
        lambda: body(many(r, "ssh", **acts), arm(r)),
        lambda: body(many(r, "ssh", frictionloss=3), arm(r)),
        lambda: body(many(r, "shs", **acts), arm(r)),
        lambda: body(many(r, "sssh", **acts), arm(r)),
        lambda: body(many(r, "sshh", **acts), arm(r)),
        lambda: body(many(r, "ssshhh", **acts), arm(r)),
        lambda: body(many(r, "sssb", damping=2, armature=0.3, pos="0.2 -0.1 0.3"), arm(r)),
        lambda: body(many(r, "ssh", pos="0.2 -0.1 0.3"), arm(r)) + (r.drive("position", "j0", kp=200, kv=20) or "")
        + (r.drive("velocity", "j1", kv=30, forcerange="-5 5") or ""),
        lambda: body(r.joint(axis="0 0 1"), body(many(r, "ssh", **acts), arm(r))),
    ]
    return r, joints[n]()


def chains(n):
    r = Robot()
    kinds = ["hhh", "ss", "sss", "sh", "hs", "ssshhh", "hhh", "hhh", "hsh", "ssb"][n]
    mass = [1, 1, 5, 0.1, 10, 1, 1e-6, 1000, 0.01, 1][n]
    inside = arm(r) if n not in (6, 7) else ""
    place = "0.1 0.05 -0.1" if n != 7 else "1 0.5 -1"
    before = "" if n % 2 else None
    text = body(many(r, kinds, pos=place), inside, mass=mass, pos="0.2 0 0.1")
    return r, text if before is None else body(r.joint(axis="1 0 1", damping=0.1), text)


def servos(n):
    r = Robot()
    last = lambda kind, **attributes: r.drive(kind, **attributes) or ""
    joints = [
        lambda: body(r.joint(), arm(r, 1) + last("position", kp=1e4, kv=10)),
        lambda: body(r.joint() + last("position", kp=1e6, forcerange="-30 50"), arm(r)),
        lambda: body(r.joint("slide") + last("position", kp=1e5, kv=100), arm(r)),
        lambda: body(r.joint() + last("velocity", kv=30), arm(r)),
        lambda: body(r.joint() + last("velocity", kv=1e3, forcerange="-1 3", gear=-3), arm(r)),
        lambda: body(r.joint() + last("position", kp=50, kv=2) + last("velocity", kv=3) + last("motor", gear=4), arm(r)),
        lambda: body(many(r, "hhh", range="-1.3 1.3") + last("position", kp=300, kv=5), arm(r)),
        lambda: body(many(r, "ssshhh") + last("position", kp=300, kv=5, gear=2) + last("motor", gear=-3), arm(r)),
        lambda: body(r.joint(armature=0.2, frictionloss=0.4, damping=0.3, stiffness=4) + last("position", kp=40, gear=50, armature=1e-3), arm(r)),
        lambda: body(many(r, "f"), arm(r, 3, damping=0.2) + last("position", kp=100, forcerange="2 9")),
    ]
    return r, joints[n]()


def friction(n):
    r = Robot()
    loss = dict(frictionloss=0.6)
    joints = [
        lambda: body(r.joint(**loss), arm(r, 3, frictionloss=0.3)),
        lambda: body(r.joint("slide", **loss), arm(r, 2, frictionloss=2)),
        lambda: body(many(r, "hh", **loss), arm(r)),
        lambda: body(many(r, "hhh", range="-1.3 1.3", **loss), arm(r)),
        lambda: body(many(r, "hhh", **loss), arm(r, 1, **loss)),
        lambda: body(many(r, "ssh", pos="0.1 0.2 0.3", **loss), arm(r)),
        lambda: body(r.joint("ball", pos="0 0 0.2", **loss), arm(r)),
        lambda: body(many(r, "f", **loss), arm(r)),
        lambda: body(many(r, "sssb", **loss), arm(r)),
        lambda: body(r.joint(axis="1 0 0"), body(r.joint("ball", **loss), body(r.joint("slide", **loss), mass=0.3))),
    ]
    return r, joints[n]()


KINDS = {1: rotors, 2: turns, 5: roots, 6: chains, 7: servos, 8: friction}


def main():
    trees = []
    for kind, make in KINDS.items():
        for n in range(10):
            robot, bodies = make(n)
            tree = record_model(robot.xml(bodies), robot.start, 100 * kind + n, top_speed=300)
            if tree is None:
                print(f"{kind}.{n} comes near a range, flies apart or is too stiff for MuJoCo's steps: left out")
                continue
            trees.append(tree)
    rounded = lambda values: [float(f"{v:.9g}") for v in values] if isinstance(values, list) else values
    lines = ",\n".join(json.dumps({k: rounded(v) for k, v in tree.items()}, separators=(",", ":")) for tree in trees)
    import mujoco
    out = HERE / "foreign_variants.json"
    out.write_text(f'{{"mujoco":"{mujoco.__version__}","seconds":0.2,"trees":[\n{lines}\n]}}\n')
    print(f"{out}: {len(trees)} robots")


if __name__ == "__main__":
    main()
