#!/usr/bin/env python3
"""Depths and shapes that MuJoCo's rays see of the humanoid, pixel by pixel: `rays.json`.

    python3 Tests/PoiseRenderingTests/Golden/make_golden.py

Needs `mujoco` (made with 4.0.0) and no graphics: `mj_ray` meets each shape in closed form, in float64. The rays are those of a perspective camera; a ray has the
length 1 along the camera's axis, so its length up to the surface is the depth. The poses of the bodies are in the file, so that the comparison
is one of pictures and not of kinematics.
"""

import json
import math
import pathlib

import mujoco
import numpy

FOLDER = pathlib.Path(__file__).resolve().parent
MODEL = FOLDER.parents[2] / "models" / "humanoid.xml"
WIDTH, HEIGHT, FIELD_OF_VIEW = 48, 36, 40.0
EYE, TARGET = numpy.array([1.4, -1.3, 1.3]), numpy.array([0.1, 0.0, 0.85])


def main():
    model = mujoco.MjModel.from_xml_path(str(MODEL))
    data = mujoco.MjData(model)
    data.qpos[:] = model.qpos0
    # A stride with the arms swinging, no joint at 0.
    for joint in range(1, model.njnt):
        low, high = model.jnt_range[joint]
        data.qpos[model.jnt_qposadr[joint]] = (low + high) / 2 + 0.3 * (high - low) * math.sin(2.1 * joint)
    data.qpos[3:7] = [math.cos(0.2), 0, math.sin(0.2), 0]
    mujoco.mj_forward(model, data)

    back = (EYE - TARGET) / numpy.linalg.norm(EYE - TARGET)
    right = numpy.cross([0, 0, 1], back)
    right /= numpy.linalg.norm(right)
    up = numpy.cross(back, right)
    scale = 2 * math.tan(math.radians(FIELD_OF_VIEW) / 2) / HEIGHT
    depths, shapes = [], []
    for row in range(HEIGHT):
        for column in range(WIDTH):
            x, y = (column + 0.5 - WIDTH / 2) * scale, (HEIGHT / 2 - row - 0.5) * scale
            geometry = numpy.zeros(1, dtype=numpy.int32)
            depth = mujoco.mj_ray(model, data, EYE, x * right + y * up - back, None, 1, -1, geometry)
            depths.append(round(float(depth), 6))
            shapes.append(int(geometry[0]))
    name = lambda kind, index: mujoco.mj_id2name(model, kind, index)
    golden = {
        "mujoco": mujoco.__version__,
        "width": WIDTH,
        "height": HEIGHT,
        "fieldOfView": FIELD_OF_VIEW,
        "eye": EYE.tolist(),
        "target": TARGET.tolist(),
        "bodies": {
            name(mujoco.mjtObj.mjOBJ_BODY, body): data.xpos[body].tolist() + data.xquat[body].tolist()
            for body in range(1, model.nbody)
        },
        "geometries": [name(mujoco.mjtObj.mjOBJ_GEOM, i) for i in range(model.ngeom)],
        "depths": depths,
        "shapes": shapes,
    }
    (FOLDER / "rays.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
