#!/usr/bin/env python3
"""Writes golden.json: what MuJoCo makes of the models that the tests of PoiseModels read.

Run in any environment with `pip install mujoco numpy` (4.0 was used):

    python3 Tests/PoiseModelsTests/Golden/make_golden.py

Everything is in the reference pose (qpos0), with inertia tensors about the centre of mass along the axes of the
body's frame. Public models are looked up in ../shared/mjcf beside the project, and left out if they are not there.
"""

import json
import pathlib

import mujoco
import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
SHARED = ROOT.parent / "shared" / "mjcf"

SHAPES = {0: "plane", 2: "sphere", 3: "capsule", 5: "cylinder", 6: "box"}
JOINTS = ["free", "ball", "slide", "hinge"]


def matrix(quaternion):
    result = np.zeros(9)
    mujoco.mju_quat2Mat(result, quaternion)
    return result.reshape(3, 3)


def description(path):
    model = mujoco.MjModel.from_xml_path(str(path))
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)

    def numbers(values):
        return [float(x) for x in np.asarray(values).reshape(-1)]

    bodies = []
    for i in range(1, model.nbody):
        rotation = matrix(model.body_iquat[i])
        bodies.append({
            "name": model.body(i).name,
            "parent": int(model.body_parentid[i]) - 1,
            "mass": float(model.body_mass[i]),
            "center": numbers(model.body_ipos[i]),
            "tensor": numbers(rotation @ np.diag(model.body_inertia[i]) @ rotation.T),
            "position": numbers(data.xpos[i]),
            "rotation": numbers(data.xmat[i]),
        })
    geoms = []
    for i in range(model.ngeom):
        geoms.append({
            "name": model.geom(i).name,
            "body": int(model.geom_bodyid[i]) - 1,
            "shape": SHAPES[int(model.geom_type[i])],
            "size": numbers(model.geom_size[i]),
            "position": numbers(data.geom_xpos[i]),
            "rotation": numbers(data.geom_xmat[i]),
            "friction": float(model.geom_friction[i][0]),
            "contactType": int(model.geom_contype[i]),
            "contactAffinity": int(model.geom_conaffinity[i]),
            "color": numbers(
                model.mat_rgba[model.geom_matid[i]]
                if model.geom_matid[i] >= 0 and np.allclose(model.geom_rgba[i], [0.5, 0.5, 0.5, 1])
                else model.geom_rgba[i]),
        })
    joints = []
    for i in range(model.njnt):
        kind = JOINTS[int(model.jnt_type[i])]
        has_coordinate = kind in ("hinge", "slide")
        coordinate = model.jnt_qposadr[i]
        joints.append({
            "name": model.joint(i).name,
            "kind": kind,
            "body": int(model.jnt_bodyid[i]) - 1,
            "anchor": numbers(data.xanchor[i]),
            "axis": numbers(data.xaxis[i]),
            "range": numbers(model.jnt_range[i]) if model.jnt_limited[i] else None,
            "damping": float(model.dof_damping[model.jnt_dofadr[i]]),
            "stiffness": float(np.ravel(model.jnt_stiffness[i])[0]),
            "springReference": float(model.qpos_spring[coordinate]) if has_coordinate else 0,
            "reference": float(model.qpos0[coordinate]) if has_coordinate else 0,
            "armature": float(model.dof_armature[model.jnt_dofadr[i]]),
        })
    actuators = []
    for i in range(model.nu):
        actuators.append({
            "name": model.actuator(i).name,
            "joint": int(model.actuator_trnid[i][0]),
            "gear": float(model.actuator_gear[i][0]),
            "gain": float(model.actuator_gainprm[i][0]),
            "bias": numbers(model.actuator_biasprm[i][:3]) if model.actuator_biastype[i] else [0, 0, 0],
            "controlRange": numbers(model.actuator_ctrlrange[i]) if model.actuator_ctrllimited[i] else None,
            "forceRange": numbers(model.actuator_forcerange[i]) if model.actuator_forcelimited[i] else None,
        })
    return {
        "timeStep": float(model.opt.timestep),
        "gravity": numbers(model.opt.gravity),
        "bodies": bodies, "geoms": geoms, "joints": joints, "actuators": actuators,
    }


def main():
    files = {f"models/{p.name}": p for p in sorted((ROOT / "models").glob("*.xml"))}
    files |= {f"snippets/{p.name}": p for p in sorted((HERE / "snippets").glob("*.xml"))}
    for folder in ["gymnasium", "dm_control"]:
        files |= {f"shared/{folder}/{p.name}": p for p in sorted((SHARED / folder).glob("*.xml"))}
    golden = {"mujoco": mujoco.__version__, "models": {key: description(path) for key, path in files.items()}}
    # One line for each model keeps differences readable.
    lines = [f'{json.dumps(key)}: {json.dumps(value)}' for key, value in golden["models"].items()]
    text = f'{{"mujoco": "{golden["mujoco"]}", "models": {{\n' + ",\n".join(lines) + "\n}}\n"
    (HERE / "golden.json").write_text(text)
    print(f"{len(files)} models")


if __name__ == "__main__":
    main()
