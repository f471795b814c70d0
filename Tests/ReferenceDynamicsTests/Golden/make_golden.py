"""Writes the golden files of ReferenceDynamicsTests: MuJoCo's answers for small models and random states.

    python3 -m venv /tmp/venv-dynamics && /tmp/venv-dynamics/bin/pip install mujoco==4.0.0 numpy
    /tmp/venv-dynamics/bin/python make_golden.py [NAME=MODEL.xml …]

Each file carries the model as MuJoCo compiled it (so that the Swift tests need no MJCF reader) and states with everything
that MuJoCo computes from them. Contacts, limits and constraints are off; armature, damping, springs and actuators are on.
The arguments add public models under a name: the kept files were made with
    gymnasium_humanoid=../shared/mjcf/gymnasium/humanoid.xml and dm_control_humanoid=../shared/mjcf/dm_control/humanoid.xml.
"""

import json
import pathlib
import sys

import mujoco
import numpy as np

HERE = pathlib.Path(__file__).parent
STEPS = 10
TIME_STEP = 0.002

MODELS = {
    # Four hinges with skew axes and anchors away from the bodies' origins; armature, damping, springs, `ref`.
    "skew_hinges": """
<mujoco><compiler angle="radian"/><option gravity="0.3 -0.4 -9.81"/><worldbody>
  <body name="a" pos="0.1 0.2 1" euler="0.3 -0.5 0.7">
    <joint name="a" type="hinge" axis="1 2 -1" pos="0.05 -0.1 0.2" ref="0.4" damping="0.1"/>
    <inertial pos="0.1 0.02 -0.2" mass="2.5" fullinertia="0.05 0.04 0.03 0.004 -0.006 0.005"/>
    <body name="b" pos="0.3 0 -0.4" quat="0.8 0.1 -0.5 0.3">
      <joint name="b" type="hinge" axis="0.2 -1 0.4" pos="-0.02 0.03 0.01" armature="0.02" stiffness="3" springref="-0.3"/>
      <inertial pos="-0.05 0.1 -0.1" mass="1.2" fullinertia="0.02 0.03 0.025 -0.002 0.003 0.001"/>
      <body name="c" pos="0 0.2 -0.3" euler="-1 0.2 2">
        <joint name="c" type="hinge" axis="0 0 1" damping="0.5" armature="0.01" ref="-0.7" stiffness="1.5" springref="0.2"/>
        <inertial pos="0.03 0 -0.15" mass="0.7" diaginertia="0.01 0.012 0.004"/>
        <body name="d" pos="0.05 0 -0.35">
          <joint name="d" type="hinge" axis="-1 1 0.3" pos="0 0.04 0"/>
          <inertial pos="0 0.02 -0.1" quat="0.9 0.1 0.2 -0.3" mass="0.3" diaginertia="0.002 0.003 0.0015"/>
        </body></body></body></body></worldbody></mujoco>""",
    # A hip: three hinges at one point, orthogonal then skew, a knee, and two hinges at one anchor.
    "three_hinges": """
<mujoco><compiler angle="radian"/><worldbody>
  <body name="thigh" pos="0 0.1 1">
    <joint name="hip_x" axis="1 0 0" pos="0 0 0.02" damping="0.2" armature="0.01"/>
    <joint name="hip_z" axis="0 0 1" pos="0 0 0.02" damping="0.3"/>
    <joint name="hip_y" axis="0 1 0" pos="0 0 0.02" damping="0.4" stiffness="2" ref="0.1"/>
    <inertial pos="0.01 0 -0.2" mass="4" fullinertia="0.06 0.06 0.01 0.001 0.002 -0.001"/>
    <body name="shin" pos="0 0.01 -0.4">
      <joint name="knee" axis="0 -1 0" pos="0 0 0.02"/>
      <inertial pos="0 0 -0.2" mass="2.5" diaginertia="0.03 0.03 0.004"/>
      <body name="foot" pos="0.02 0 -0.42">
        <joint name="ankle_y" axis="0 1 0" pos="0 0 0.08" armature="0.006" damping="1"/>
        <joint name="ankle_x" axis="1 0 0.5" pos="0 0 0.08" damping="1"/>
        <joint name="ankle_w" axis="0.2 0.3 1" pos="0 0 0.08"/>
        <inertial pos="0.04 0 0" mass="1" diaginertia="0.002 0.005 0.006"/>
      </body></body></body></worldbody></mujoco>""",
    # A cart-pole, and a planar root (slide, slide, hinge) whose joints do not share an anchor, with a slide on its child.
    "slide_and_hinge": """
<mujoco><compiler angle="radian"/><worldbody>
  <body name="cart" pos="0 0 0.5">
    <joint name="slider" type="slide" axis="1 0 0" ref="0.3" damping="0.4" armature="0.1"/>
    <inertial pos="0 0 0" mass="1" diaginertia="0.01 0.01 0.01"/>
    <body name="pole">
      <joint name="pole" type="hinge" axis="0 1 0" damping="0.01"/>
      <inertial pos="0 0 0.5" mass="0.1" diaginertia="0.0084 0.0084 0.0001"/>
    </body></body>
  <body name="root" pos="1 0 1" euler="0.4 0.1 -0.2">
    <joint name="root_x" type="slide" axis="1 0 0.1"/>
    <joint name="root_z" type="slide" axis="0 0.1 1" pos="0.1 0 0"/>
    <joint name="root_y" type="hinge" axis="0.1 1 0" pos="0.1 0.2 0.3"/>
    <inertial pos="0.02 0 0.3" mass="3" fullinertia="0.05 0.06 0.02 0 0.004 0.001"/>
    <body name="drawer" pos="0.2 0 0.5" euler="0 0 1">
      <joint name="turn" type="hinge" axis="0 0 1" pos="0.1 0 0"/>
      <joint name="pull" type="slide" axis="1 1 0.2" stiffness="20" springref="0.1" damping="2"/>
      <inertial pos="0.1 0.05 0" mass="0.8" diaginertia="0.004 0.006 0.005"/>
    </body></body></worldbody></mujoco>""",
    # A free body with three branches and welded children, one of them without mass; a second free body; a static body.
    "free_branches": """
<mujoco><compiler angle="radian"/><worldbody>
  <body name="stand" pos="2 0 0" euler="0 0 0.5">
    <body name="arm" pos="0 0 1" euler="0.2 0 0"><joint name="arm" axis="0 1 1" pos="0 0 0.1"/>
      <inertial pos="0.2 0 0" mass="1" diaginertia="0.01 0.02 0.02"/></body></body>
  <body name="torso" pos="0.3 0.4 1.3" euler="0.2 0.1 0.5"><freejoint name="root"/>
    <inertial pos="0.02 -0.01 0.05" mass="12" fullinertia="0.4 0.35 0.2 0.01 -0.02 0.015"/>
    <body name="mount" pos="0 0 0.3" euler="0.3 0 0">
      <body name="head" pos="0 0 0.1" euler="0 0.4 0"><inertial pos="0 0.01 0.1" mass="3" fullinertia="0.02 0.021 0.018 0.001 0 0.002"/></body></body>
    <body name="left" pos="0 0.2 0.2" euler="0 0 0.3"><joint name="left_1" axis="1 0 0"/><joint name="left_2" axis="0 1 0"/>
      <inertial pos="0 0.15 0" mass="1.5" diaginertia="0.02 0.003 0.02"/>
      <body name="left_hand" pos="0 0.3 0"><joint name="left_3" axis="0 0 1" armature="0.003"/>
        <inertial pos="0.02 0.1 0" mass="0.8" diaginertia="0.005 0.002 0.006"/></body></body>
    <body name="right" pos="0 -0.2 0.2"><joint name="right" axis="1 0.2 0" damping="0.3"/>
      <inertial pos="0 -0.15 0" mass="1.5" diaginertia="0.02 0.003 0.02"/></body>
    <body name="tail" pos="-0.1 0 -0.2" euler="0 0.5 0"><joint name="tail" type="slide" axis="0 0 1" stiffness="200"/>
      <inertial pos="0 0 -0.2" mass="0.9" diaginertia="0.01 0.01 0.001"/></body></body>
  <body name="stone" pos="-1 0 2"><joint name="stone" type="free" damping="0.2" armature="0.05" stiffness="4"/>
    <inertial pos="0.05 0.1 -0.02" mass="2" fullinertia="0.02 0.03 0.025 0.002 0.001 -0.003"/></body>
</worldbody></mujoco>""",
    # Ball joints away from the origin, with spring, damper and armature; a slide before a ball in one body.
    "balls": """
<mujoco><compiler angle="radian"/><worldbody>
  <body name="upper" pos="0 0 2" euler="0.5 0.2 -0.3">
    <joint name="shoulder" type="ball" pos="0.02 0.1 0.05" damping="0.3" stiffness="1.7" armature="0.004"/>
    <inertial pos="0.03 0 -0.2" mass="2" fullinertia="0.03 0.03 0.006 0.001 0.002 -0.001"/>
    <body name="lower" pos="0 0 -0.4" euler="0 1 0">
      <joint name="rail" type="slide" axis="1 0 1"/>
      <joint name="wrist" type="ball" pos="0 0 0.1"/>
      <inertial pos="0.01 0.02 -0.15" mass="1" fullinertia="0.01 0.012 0.003 0.0005 0 0.0004"/>
      <body name="tip" pos="0.1 0 -0.3"><joint name="tip" axis="1 1 0" pos="0 0.05 0"/>
        <inertial pos="0 0 -0.1" mass="0.4" diaginertia="0.002 0.002 0.0005"/></body></body></body>
</worldbody></mujoco>""",
    # Motors, position and velocity servos with gears, control ranges and force ranges.
    "actuators": """
<mujoco><compiler angle="radian"/><worldbody>
  <body name="a" pos="0 0 1"><joint name="a" axis="0 1 0" ref="0.2"/><inertial pos="0 0 -0.2" mass="1" diaginertia="0.02 0.02 0.01"/>
    <body name="b" pos="0 0 -0.4"><joint name="b" axis="1 0 0"/><inertial pos="0 0 -0.2" mass="1" diaginertia="0.02 0.02 0.01"/>
      <body name="c" pos="0 0 -0.4"><joint name="c" type="slide" axis="0 0 1"/><inertial pos="0 0 -0.1" mass="1" diaginertia="0.02 0.02 0.01"/>
        <body name="d" pos="0 0 -0.2"><joint name="d" axis="1 1 0"/><inertial pos="0 0.1 -0.1" mass="0.5" diaginertia="0.01 0.02 0.01"/>
  </body></body></body></body></worldbody>
  <actuator>
    <motor name="m" joint="a" gear="-3" ctrllimited="true" ctrlrange="-0.5 0.8"/>
    <motor name="f" joint="b" gear="2" forcelimited="true" forcerange="-0.3 0.4"/>
    <position name="p" joint="c" gear="1.5" kp="30" kv="2" ctrllimited="true" ctrlrange="-1 1"/>
    <position name="q" joint="d" gear="0.5" kp="4" forcelimited="true" forcerange="-1 1"/>
    <velocity name="v" joint="a" gear="2" kv="1.3"/>
  </actuator></mujoco>""",
}


def description(model):
    """The compiled model, in the terms of PoiseModels.RobotModel; inertia tensors in the body's axes."""
    name = lambda kind, i: mujoco.mj_id2name(model, kind, i) or f"{i}"
    bodies, joints, actuators = [], [], []
    for i in range(1, model.nbody):
        rotation = np.zeros(9)
        mujoco.mju_quat2Mat(rotation, model.body_iquat[i])
        rotation = rotation.reshape(3, 3)
        bodies.append({
            "name": name(mujoco.mjtObj.mjOBJ_BODY, i), "parent": int(model.body_parentid[i]) - 1,
            "position": model.body_pos[i].tolist(), "orientation": model.body_quat[i].tolist(),
            "mass": float(model.body_mass[i]), "centerOfMass": model.body_ipos[i].tolist(),
            "tensor": (rotation @ np.diag(model.body_inertia[i]) @ rotation.T).flatten().tolist()})
    kinds = {int(getattr(mujoco.mjtJoint, f"mjJNT_{k.upper()}")): k for k in ("hinge", "slide", "ball", "free")}
    for j in range(model.njnt):
        q, v, kind = model.jnt_qposadr[j], model.jnt_dofadr[j], kinds[int(model.jnt_type[j])]
        scalar = kind in ("hinge", "slide")
        joints.append({
            "name": name(mujoco.mjtObj.mjOBJ_JOINT, j), "kind": kind, "body": int(model.jnt_bodyid[j]) - 1,
            "anchor": model.jnt_pos[j].tolist(), "axis": model.jnt_axis[j].tolist(),
            "damping": float(np.ravel(model.dof_damping[v])[0]), "armature": float(model.dof_armature[v]),
            "stiffness": float(np.ravel(model.jnt_stiffness[j])[0]),
            "springReference": float(model.qpos_spring[q]) if scalar else 0.0,
            "reference": float(model.qpos0[q]) if scalar else 0.0})
    for a in range(model.nu):
        gain, bias = float(model.actuator_gainprm[a][0]), model.actuator_biasprm[a]
        law = "motor" if not np.any(bias[:3]) else ("position" if bias[1] else "velocity")
        span = lambda limited, values: values.tolist() if limited else None
        actuators.append({
            "name": name(mujoco.mjtObj.mjOBJ_ACTUATOR, a), "joint": int(model.actuator_trnid[a][0]), "law": law,
            "gain": gain, "damping": -float(bias[2]), "gear": float(model.actuator_gear[a][0]),
            "controlRange": span(model.actuator_ctrllimited[a], model.actuator_ctrlrange[a]),
            "forceRange": span(model.actuator_forcelimited[a], model.actuator_forcerange[a])})
    return {"gravity": model.opt.gravity.tolist(), "bodies": bodies, "joints": joints, "actuators": actuators}


def advanced(model, data, integrator):
    """The state after STEPS steps of TIME_STEP under constant applied forces and controls."""
    model.opt.integrator = integrator
    model.opt.timestep = TIME_STEP
    copy = mujoco.MjData(model)
    copy.qpos[:], copy.qvel[:], copy.ctrl[:] = data.qpos, data.qvel, data.ctrl
    copy.qfrc_applied[:], copy.xfrc_applied[:] = data.qfrc_applied, data.xfrc_applied
    for _ in range(STEPS):
        mujoco.mj_step(model, copy)
    return {"positions": copy.qpos.tolist(), "velocities": copy.qvel.tolist()}


def sample(model, random):
    """One random state and what MuJoCo computes from it."""
    data = mujoco.MjData(model)
    mujoco.mj_integratePos(model, data.qpos, random.uniform(-1.2, 1.2, model.nv), 1.0)
    data.qvel[:] = random.uniform(-3, 3, model.nv)
    data.qfrc_applied[:] = random.uniform(-5, 5, model.nv)
    data.ctrl[:] = random.uniform(-1.5, 1.5, model.nu)
    # A body without mass is not pushed: MuJoCo puts its centre of mass at odd places (its `pos`, taken in its own frame).
    data.xfrc_applied[1:] = random.uniform(-4, 4, (model.nbody - 1, 6)) * (model.body_mass[1:, None] > 0)
    mujoco.mj_forward(model, data)
    mujoco.mj_subtreeVel(model, data)
    assert data.nefc == 0 and data.ncon == 0
    mass = np.zeros((model.nv, model.nv))
    for column in range(model.nv):
        unit = np.zeros(model.nv)
        unit[column] = 1
        mujoco.mj_mulM(model, data, mass[column], unit)
    velocities = np.zeros((model.nbody, 6))
    for body in range(1, model.nbody):
        mujoco.mj_objectVelocity(model, data, mujoco.mjtObj.mjOBJ_XBODY, body, velocities[body], 0)
    total = float(model.body_subtreemass[0])
    return {
        "positions": data.qpos.tolist(), "velocities": data.qvel.tolist(), "applied": data.qfrc_applied.tolist(),
        "controls": data.ctrl.tolist(), "bodyForces": data.xfrc_applied[1:].flatten().tolist(),
        "accelerations": data.qacc.tolist(), "massMatrix": mass.flatten().tolist(), "bias": data.qfrc_bias.tolist(),
        "passive": data.qfrc_passive.tolist(), "actuation": data.qfrc_actuator.tolist(),
        "bodyPositions": data.xpos[1:].flatten().tolist(), "bodyOrientations": data.xquat[1:].flatten().tolist(),
        "centersOfMass": data.xipos[1:].flatten().tolist(), "bodyVelocities": velocities[1:].flatten().tolist(),
        "potentialEnergy": float(data.energy[0]), "kineticEnergy": float(data.energy[1]),
        "linearMomentum": (total * data.subtree_linvel[0]).tolist(), "angularMomentum": data.subtree_angmom[0].tolist(),
        "centerOfMass": data.subtree_com[0].tolist(),
        "afterEuler": advanced(model, data, mujoco.mjtIntegrator.mjINT_EULER),
        "afterRungeKutta": advanced(model, data, mujoco.mjtIntegrator.mjINT_RK4)}


def main():
    models = {name: mujoco.MjModel.from_xml_string(text) for name, text in MODELS.items()}
    for argument in sys.argv[1:]:
        name, path = argument.split("=")
        models[name] = mujoco.MjModel.from_xml_path(path)
    for index, (name, model) in enumerate(models.items()):
        flags = mujoco.mjtDisableBit
        model.opt.disableflags |= int(flags.mjDSBL_CONTACT | flags.mjDSBL_LIMIT | flags.mjDSBL_CONSTRAINT)
        model.opt.enableflags |= int(mujoco.mjtEnableBit.mjENBL_ENERGY)
        random = np.random.default_rng(index)
        golden = {
            "mujoco": mujoco.__version__, "model": description(model), "steps": STEPS, "timeStep": TIME_STEP,
            "states": [sample(model, random) for _ in range(6 if name in MODELS else 3)]}
        path = HERE / f"{name}.json"
        path.write_text(json.dumps(golden, separators=(",", ":")).replace("{\"positions\"", "\n{\"positions\"") + "\n")
        print(path.name, f"nq {model.nq} nv {model.nv}, {path.stat().st_size} bytes")


main()
