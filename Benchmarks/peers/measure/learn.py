"""Stable-Baselines3 or SBX at work on a Gymnasium task, or on one of our scenarios simulated by MuJoCo.

usage: learn.py LIBRARY ALGORITHM TASK WHAT [--settings zoo|same|ours] [--seed 1] …

LIBRARY: sb3 or sbx. ALGORITHM: ppo, a2c (sb3 alone), ddpg. TASK: a Gymnasium name, or scenario:FILE (see task.py).
WHAT
  rate        control steps per second with learning, from the end of what is compiled or warmed up
  goal        says when an evaluation reaches the goal, and stops; evaluations are in the time
  first-step  says when the first control step of training has been made, and stops
  memory      two rollouts with their updates; the driver sees the memory
SETTINGS
  zoo    those of rl-baselines3-zoo for this task
  same   those that Poise is given in the same row: 64–64; PPO 8 environments, 256 steps each, ten epochs of minibatches of 64;
         A2C 8 environments, 5 steps each; DDPG batches of 100, one update for each step
  ours   those of our scenario, as near as the library has them
"""
import argparse
import os
import time

import report

parser = argparse.ArgumentParser()
parser.add_argument("library", choices=["sb3", "sbx"])
parser.add_argument("algorithm", choices=["ppo", "a2c", "ddpg"])
parser.add_argument("task")
parser.add_argument("what", choices=["rate", "goal", "first-step", "memory"])
parser.add_argument("--settings", choices=["zoo", "same", "ours"], default="same")
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--seconds", type=float, default=6, help="least length of what `rate` times")
parser.add_argument("--threads", type=int, default=1, help="of the networks' library")
parser.add_argument("--worlds", choices=["together", "processes"], default="together", help="DummyVecEnv or SubprocVecEnv, for scenarios")
parser.add_argument("--cap", type=float, default=1200, help="seconds after which `goal` gives up")
options = parser.parse_args()

import numpy
import torch

torch.set_num_threads(options.threads)
if options.library == "sb3":
    import stable_baselines3 as library
else:
    import sbx as library
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.noise import NormalActionNoise
from stable_baselines3.common.vec_env import DummyVecEnv, SubprocVecEnv, VecNormalize
from task import Judge, Task

algorithm = options.algorithm
on_policy = algorithm in ("ppo", "a2c")
task = Task(options.task)

# MARK: Settings


def settings():
    """Number of environments, what the constructor is given, and whether numbers are normalised as our scenarios do."""
    noise = NormalActionNoise(numpy.zeros(1), 0.1 * numpy.ones(1))
    if options.settings == "zoo" and algorithm == "ppo":
        return 4, dict(
            n_steps=1024, gae_lambda=0.95, gamma=0.9, n_epochs=10, ent_coef=0.0, learning_rate=1e-3, clip_range=0.2, use_sde=True,
            sde_sample_freq=4), False
    if options.settings == "zoo":
        rates = dict(qf_learning_rate=1e-3) if options.library == "sbx" else {}
        return 1, dict(
            learning_rate=1e-3, gamma=0.98, batch_size=256, buffer_size=200_000, learning_starts=10_000, action_noise=noise,
            policy_kwargs=dict(net_arch=[400, 300]), **rates), False
    if options.settings == "same" and algorithm == "ppo":
        return 8, dict(n_steps=256, batch_size=64, n_epochs=10, policy_kwargs=dict(net_arch=dict(pi=[64, 64], vf=[64, 64]))), False
    if options.settings == "same" and algorithm == "a2c":
        return 8, dict(n_steps=5, policy_kwargs=dict(net_arch=dict(pi=[64, 64], vf=[64, 64]))), False
    if options.settings == "same":
        return 1, dict(
            batch_size=100, buffer_size=20_000, learning_starts=100, train_freq=1, gradient_steps=1, action_noise=noise,
            policy_kwargs=dict(net_arch=[64, 64])), False
    if algorithm == "ddpg":  # those of TD3 on pendulum-swingup, which DDPG had before its sweep
        rates = dict(qf_learning_rate=1e-3) if options.library == "sbx" else {}
        return 1, dict(
            learning_rate=1e-3, gamma=0.98, tau=0.01, batch_size=100, buffer_size=20_000, learning_starts=500, train_freq=1,
            gradient_steps=1, action_noise=noise, policy_kwargs=dict(net_arch=[64, 64]), **rates), False
    ppo = task.ppo
    return ppo["worlds"], dict(
        n_steps=ppo["rolloutLength"], batch_size=ppo["minibatchSize"], n_epochs=ppo["epochs"], gamma=ppo["discountFactor"],
        gae_lambda=ppo["gaeLambda"], clip_range=0.2, ent_coef=0.0, vf_coef=0.5, max_grad_norm=0.5,
        learning_rate=ppo["learningRate"]["initial"],
        policy_kwargs=dict(net_arch=dict(pi=[64, 64], vf=[64, 64]), log_std_init=ppo["initialLogDeviation"])), True


count, arguments, normalises = settings()


def environments(number):
    if task.description is None:
        return make_vec_env(options.task, number)
    makers = [lambda: task.make(training=True)] * number
    return SubprocVecEnv(makers, start_method="fork") if options.worlds == "processes" else DummyVecEnv(makers)


worlds = environments(count)
if normalises:
    worlds = VecNormalize(worlds, norm_reward=task.ppo["scalesRewards"], clip_obs=10, gamma=arguments["gamma"])
model = getattr(library, algorithm.upper())("MlpPolicy", worlds, seed=options.seed, device="cpu", **arguments)
worlds.seed(1000 * options.seed)  # last, since the model sets its own

# MARK: Watching


def policy(observations):
    """The deterministic actions."""
    return model.predict(worlds.normalize_obs(observations) if normalises else observations, deterministic=True)[0]


class Watch(BaseCallback):
    """Takes the time where something happens. A rollout begins where the one before has been learned from."""

    def __init__(self):
        super().__init__()
        self.rollouts = 0
        self.times = []
        interval = 4096 if on_policy else 1000
        self.judge = Judge(task, options.seed, options.cap, interval) if options.what == "goal" else None

    def _on_rollout_start(self):
        if not on_policy:
            return
        self.rollouts += 1
        self.times.append((self.num_timesteps, time.perf_counter()))
        adapt_learning_rate()
        self.goes_on = self.judge is None or self.judge.goes_on(self.num_timesteps, policy)
        if options.what == "memory" and self.rollouts > 2:
            self.goes_on = False
        if options.what == "rate" and len(self.times) > 4 and self.times[-1][1] - self.times[1][1] > options.seconds:
            self.goes_on = False

    def _on_step(self):
        if options.what == "first-step":
            report.mark("the first control step")
            return False
        if on_policy:
            return self.goes_on
        if self.judge:
            return self.judge.goes_on(self.num_timesteps, policy)
        if options.what == "memory" and self.num_timesteps > 4096:
            return False
        if options.what == "rate" and self.num_timesteps >= model.learning_starts + 300:
            now = time.perf_counter()
            if not self.times:
                self.times.append((self.num_timesteps, now))
            if now - self.times[0][1] > options.seconds:
                self.times.append((self.num_timesteps, now))
                return False
        return True


def adapt_learning_rate():
    """Poise's `schedule: adaptive`, rsl_rl's rule: the rate follows the KL divergence of each update."""
    adapts = task.description and options.settings == "ours" and task.ppo["learningRate"]["schedule"] == "adaptive"
    divergence = model.logger.name_to_value.get("train/approx_kl") if adapts else None
    if not divergence:
        return
    value = model.lr_schedule(1)
    if divergence > 2 * 0.01:
        value = max(1e-5, value / 1.5)
    elif divergence < 0.01 / 2:
        value = min(1e-2, value * 1.5)
    model.lr_schedule = lambda _: value


watch = Watch()
model.learn(10_000_000, callback=watch)
if options.what == "rate":
    first = 1 if on_policy else 0  # the first rollout holds what is compiled
    (steps_before, before), (steps_after, after) = watch.times[first], watch.times[-1]
    report.tell(rate=(steps_after - steps_before) / (after - before))
elif options.what == "goal":
    watch.judge.tell()
else:
    report.tell()
