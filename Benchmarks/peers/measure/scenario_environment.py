"""One of our scenarios as a Gymnasium environment, simulated by MuJoCo: the same MJCF file, observations, rewards, ends and starts.

Knows the terms that `humanoid-stand` and `cartpole-balance` are made of; any other term is an error. What differs from Poise:
- MuJoCo's contacts and joint limits are soft and its friction cone is a pyramid, where ODE has hard contacts and a cone; its Euler
  integrator is at the model's own time step, as ours is.
- A foot touches where MuJoCo has an active contact with it; Poise asks for 1 N.
- Random numbers are NumPy's.
"""
import pathlib

import gymnasium
import mujoco
import numpy
import yaml


def read(file):
    """The scenario's YAML, with the model's place."""
    description = with_numbers(yaml.safe_load(pathlib.Path(file).read_text()))
    description["model_path"] = str((pathlib.Path(file).parent / description["model"]).resolve())
    return description


def with_numbers(value):
    """The same with `1e-3` as the number it is in YAML 1.2; PyYAML reads YAML 1.1, which asks for 1.0e-3."""
    if isinstance(value, dict):
        return {key: with_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [with_numbers(item) for item in value]
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            pass
    return value


def terms(entries):
    """(name, keys) of each entry of a list of terms: `- name` or `- name: {keys}`."""
    for entry in entries or []:
        if isinstance(entry, str):
            yield entry, {}
        else:
            (name, keys), = entry.items()
            yield name, keys or {}


def tuning_episodes(description):
    return description.get("evaluation", {}).get("tuningEpisodes", 20)


def goal_reached(description, infos, returns):
    """Whether the scenario's goal is reached by these episodes, and the score in words. infos: the last of each episode."""
    goal = description["goal"]
    survival = numpy.mean([info["survived"] for info in infos])
    tilt = numpy.mean([info["tilt_reward_per_step"] for info in infos])
    reached = survival >= goal.get("survivalRate", 0) and tilt >= goal.get("tiltRewardPerStep", -numpy.inf)
    return bool(reached), f"survival {survival:.2f}, tilt reward {tilt:.4f} a step, return {numpy.mean(returns):.1f}"


def out_of_reach(description, infos, episodes):
    """Whether the goal is missed however well the rest of `episodes` go; Poise's evaluations end there, too."""
    goal = description["goal"]
    fallen = sum(not info["survived"] for info in infos)
    tilt = sum(info["tilt_reward_per_step"] for info in infos)
    return (episodes - fallen) / episodes < goal.get("survivalRate", 0) or tilt / episodes < goal.get("tiltRewardPerStep", -numpy.inf)


class ScenarioEnvironment(gymnasium.Env):
    """`training` adds the scenario's trainingDisturbances and a random length of the first episode."""

    # Steps that are missing after a fall count as a tilt of 60° in the score.
    MISSING_TILT = -(numpy.pi / 3) ** 2

    def __init__(self, description, training=False, seed=0):
        self.model = mujoco.MjModel.from_xml_path(description["model_path"])
        self.data = mujoco.MjData(self.model)
        self.description = description
        self.training = training
        self.random = numpy.random.default_rng(seed)
        control_step = description["controlTimeStep"]
        self.control_step = control_step
        self.substeps = round(control_step / self.model.opt.timestep)
        self.step_limit = round(description["episodeSeconds"] / control_step)
        self.upright_body = self.body(description["uprightBody"])
        self.mass = float(self.model.body_mass.sum())
        self.has_free_joint = self.model.njnt > 0 and self.model.jnt_type[0] == mujoco.mjtJoint.mjJNT_FREE
        # Free joints have seven numbers of position and six of velocity, hinges and slides one of each.
        first = 1 if self.has_free_joint else 0
        self.joint_names = [self.model.joint(i).name for i in range(first, self.model.njnt)]
        self.joint_q = slice(7, None) if self.has_free_joint else slice(0, None)
        self.joint_v = slice(6, None) if self.has_free_joint else slice(0, None)
        limited = self.model.jnt_limited[first:].astype(bool)
        self.lowest_q = numpy.where(limited, self.model.jnt_range[first:, 0], -numpy.inf)
        self.highest_q = numpy.where(limited, self.model.jnt_range[first:, 1], numpy.inf)
        self.control_center = self.model.actuator_ctrlrange.mean(axis=1)
        self.control_half = numpy.diff(self.model.actuator_ctrlrange, axis=1)[:, 0] / 2
        self.observers = [self.observer(name, keys) for name, keys in terms(description["observations"])]
        self.rewards = [self.reward(name, keys) for name, keys in terms(description["rewards"])]
        self.terminations = [self.termination(name, keys) for name, keys in terms(description["terminations"])]
        self.resets = list(terms(description["reset"]))
        self.pushes = [
            keys for name, keys in terms(description.get("trainingDisturbances") if training else description.get("disturbances"))
            if known(name, ["pushes"])]
        self.episode = -1
        self.action = self.previous_action = numpy.zeros(self.model.nu)
        mujoco.mj_forward(self.model, self.data)
        count = len(self.observe())
        self.observation_space = gymnasium.spaces.Box(-numpy.inf, numpy.inf, (count,), numpy.float32)
        self.action_space = gymnasium.spaces.Box(-1, 1, (self.model.nu,), numpy.float32)

    def body(self, name):
        return self.model.body(name).id

    # MARK: Gymnasium

    def reset(self, seed=None, options=None):
        if seed is not None:
            self.random = numpy.random.default_rng(seed)
        mujoco.mj_resetData(self.model, self.data)
        self.episode += 1
        self.steps = 0
        self.limit = self.step_limit
        if self.training and self.episode == 0:
            self.limit = 1 + int(self.random.integers(self.step_limit))
        for name, keys in self.resets:
            getattr(self, "reset_" + known(name, ["noise", "freeBody", "onGround", "uniform"]))(keys)
        self.action = self.previous_action = numpy.zeros(self.model.nu)
        self.next_push = [self.push_wait(keys) for keys in self.pushes]
        self.push_end = [-1] * len(self.pushes)
        mujoco.mj_forward(self.model, self.data)
        self.start_height = self.data.xpos[self.upright_body, 2]
        self.tilt_sum = 0.0
        return self.observe(), {}

    def step(self, action):
        self.previous_action, self.action = self.action, numpy.clip(action, -1, 1)
        self.push()
        self.data.ctrl[:] = self.control_center + self.control_half * self.action
        mujoco.mj_step(self.model, self.data, nstep=self.substeps)
        # mj_step leaves positions of bodies and contacts as they were before its last step.
        mujoco.mj_forward(self.model, self.data)
        self.steps += 1
        terminated = any(ends() for ends in self.terminations)
        self.tilt_sum -= self.tilt() ** 2
        reward = sum(weight * value(terminated) for weight, value in self.rewards)
        truncated = not terminated and self.steps >= self.limit
        info = {}
        if terminated or truncated:
            missing = self.step_limit - self.steps if terminated else 0
            info = dict(
                survived=truncated, tilt_reward_per_step=(self.tilt_sum + missing * self.MISSING_TILT) / (self.steps + missing))
        return self.observe(), float(reward), terminated, truncated, info

    # MARK: Observations

    def observe(self):
        return numpy.concatenate([scale * numpy.atleast_1d(value()) for scale, value in self.observers]).astype(numpy.float32)

    def observer(self, name, keys):
        data, body = self.data, self.upright_body
        turned = lambda vector: data.xmat[body].reshape(3, 3).T @ vector  # from the world's axes to the body's
        if name == "footContacts":
            geoms = [numpy.flatnonzero(self.model.geom_bodyid == self.body(foot)) for foot in keys["bodies"]]
            value = lambda: [float(self.touches(set_of)) for set_of in geoms]
        else:
            value = {
                "bodyHeight": lambda: data.xpos[body, 2],
                "projectedGravity": lambda: turned(numpy.array([0.0, 0.0, -1.0])),
                # A free joint's velocity: linear in the world's axes, angular in the body's.
                "linearVelocity": lambda: turned(data.qvel[0:3]),
                "angularVelocity": lambda: data.qvel[3:6],
                "jointPositions": lambda: data.qpos[self.joint_q],
                "jointVelocities": lambda: data.qvel[self.joint_v],
                "previousAction": lambda: self.action,
            }[known(name, [
                "bodyHeight", "projectedGravity", "linearVelocity", "angularVelocity", "jointPositions", "jointVelocities",
                "previousAction"])]
        return keys.get("scale", 1.0), value

    def touches(self, geoms):
        contacts = self.data.contact
        pairs = contacts.geom[contacts.efc_address >= 0] if self.data.ncon else numpy.empty((0, 2), int)
        return numpy.isin(pairs, geoms).any()

    # MARK: Rewards and ends

    def tilt(self):
        """Angle between the body's z axis and the vertical, rad."""
        return float(numpy.arccos(numpy.clip(self.data.xmat[self.upright_body, 8], -1, 1)))

    def reward(self, name, keys):
        value = {
            "alive": lambda terminated: 0.0 if terminated else 1.0,
            "tilt": lambda terminated: -self.tilt() ** 2,
            # A motor's torque is its gear times the control, so the share of the limit is the action.
            "torqueCost": lambda terminated: -float(self.action @ self.action),
            "actionChangeCost": lambda terminated: -float(numpy.square(self.action - self.previous_action).sum()),
        }[known(name, ["alive", "tilt", "torqueCost", "actionChangeCost"])]
        return keys.get("weight", 1.0), value

    def termination(self, name, keys):
        if name == "jointRange":
            joints = [self.joint_names.index(joint) for joint in keys["joints"]]
            low, high = keys["range"]
            return lambda: bool(((self.data.qpos[self.joint_q][joints] < low) | (self.data.qpos[self.joint_q][joints] > high)).any())
        return {
            "height": lambda: self.data.xpos[self.upright_body, 2] < keys["share"] * self.start_height,
            "tilt": lambda: self.tilt() > keys["limit"],
        }[known(name, ["height", "tilt"])]

    # MARK: Starts and pushes

    def uniform(self, half, count):
        return self.random.uniform(-half, half, count)

    def reset_noise(self, keys):
        count = len(self.joint_names)
        moved = self.data.qpos[self.joint_q] + self.uniform(keys.get("position", 0.0), count)
        self.data.qpos[self.joint_q] = numpy.clip(moved, self.lowest_q, self.highest_q)
        self.data.qvel[self.joint_v] += self.uniform(keys.get("velocity", 0.0), count)

    def reset_uniform(self, keys):
        names = keys.get("joints") or self.joint_names
        joints = [self.joint_names.index(joint) for joint in names]
        self.data.qpos[self.joint_q][joints] = self.random.uniform(*keys["position"], len(joints))
        self.data.qvel[self.joint_v][joints] = self.random.uniform(*keys["velocity"], len(joints))

    def reset_freeBody(self, keys):
        for key in keys:
            known(key, ["linearVelocity", "angularVelocity"])
        self.data.qvel[0:3] += self.uniform(keys.get("linearVelocity", 0.0), 3)
        self.data.qvel[3:6] += self.uniform(keys.get("angularVelocity", 0.0), 3)

    def reset_onGround(self, keys):
        mujoco.mj_kinematics(self.model, self.data)
        down = numpy.array([0.0, 0.0, -1.0])
        lowest = numpy.inf
        for geom in numpy.flatnonzero(self.model.geom_bodyid > 0):
            size = self.model.geom_size[geom]
            d = self.data.geom_xmat[geom].reshape(3, 3).T @ down
            reach = {
                mujoco.mjtGeom.mjGEOM_SPHERE: size[0],
                mujoco.mjtGeom.mjGEOM_CAPSULE: size[0] + size[1] * abs(d[2]),
                mujoco.mjtGeom.mjGEOM_BOX: float(size @ abs(d)),
            }[mujoco.mjtGeom(self.model.geom_type[geom])]
            lowest = min(lowest, self.data.geom_xpos[geom, 2] - reach)
        self.data.qpos[2] += keys.get("clearance", 0.001) - lowest

    def push_wait(self, keys):
        return max(1, round(self.random.uniform(*keys["interval"]) / self.control_step))

    def push(self):
        """A horizontal force at the body's centre of mass for some control steps, as the scenario's pushes are."""
        for index, keys in enumerate(self.pushes):
            if self.steps == self.next_push[index]:
                force = self.mass * self.random.uniform(*keys["impulse"]) / keys["duration"]
                direction = self.random.uniform(-numpy.pi, numpy.pi)
                self.data.xfrc_applied[self.upright_body, 0:2] = force * numpy.cos(direction), force * numpy.sin(direction)
                self.next_push[index] = self.steps + self.push_wait(keys)
                self.push_end[index] = self.steps + round(keys["duration"] / self.control_step)
            elif self.steps == self.push_end[index]:
                self.data.xfrc_applied[self.upright_body] = 0


def known(name, names):
    if name not in names:
        raise ValueError(f"a term that this environment does not know: '{name}'; it knows {', '.join(names)}")
    return name
