"""PufferLib's trainer on Pendulum-v1: 8 environments in its serial backend, 64–64 networks, 2048 steps a rollout, ten epochs of
minibatches of 64 (one segment of 64 steps each). Control steps per second with learning.

usage: pufferlib_ppo.py [--seed 1] [--seconds 6]
"""
import argparse
import io
import os
import contextlib
import sys
import tempfile
import time

parser = argparse.ArgumentParser()
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--seconds", type=float, default=6)
options = parser.parse_args()

import gymnasium
import numpy
import pufferlib.emulation
import pufferlib.pufferl
import pufferlib.vector
import report
import torch
from torch import nn

torch.set_num_threads(1)
torch.manual_seed(options.seed)
arguments = sys.argv
sys.argv = sys.argv[:1]  # it reads the command line itself
try:
    config = pufferlib.pufferl.load_config("default")["train"]
finally:
    sys.argv = arguments


def layer(inputs, outputs, gain=numpy.sqrt(2)):
    return pufferlib.pytorch.layer_init(nn.Linear(inputs, outputs), std=gain)


class Policy(nn.Module):
    def __init__(self):
        super().__init__()
        self.actor = nn.Sequential(layer(3, 64), nn.Tanh(), layer(64, 64), nn.Tanh(), layer(64, 1, 0.01))
        self.critic = nn.Sequential(layer(3, 64), nn.Tanh(), layer(64, 64), nn.Tanh(), layer(64, 1, 1))
        self.log_deviation = nn.Parameter(torch.zeros(1, 1))

    def forward_eval(self, observations, state=None):
        mean = self.actor(observations)
        return torch.distributions.Normal(mean, self.log_deviation.expand_as(mean).exp()), self.critic(observations)

    forward = forward_eval


def make(**given):
    return pufferlib.emulation.GymnasiumPufferEnv(gymnasium.make("Pendulum-v1"), **given)


config.update(
    env="pendulum", device="cpu", seed=options.seed, optimizer="adam", use_rnn=False, total_timesteps=10_000_000, learning_rate=3e-4,
    gamma=0.99, gae_lambda=0.95, update_epochs=10, batch_size=2048, minibatch_size=64, bptt_horizon=64, max_grad_norm=0.5, vf_coef=0.5,
    ent_coef=0.0, data_dir=tempfile.mkdtemp(prefix="poise-pufferlib-"), checkpoint_interval=10_000_000)
# Its dashboard clears the screen; what it draws goes nowhere.
with contextlib.redirect_stdout(io.StringIO()):
    worlds = pufferlib.vector.make(make, num_envs=8, seed=options.seed, backend=pufferlib.vector.Serial)
    trainer = pufferlib.pufferl.PuffeRL(config, worlds, Policy())
    trainer.evaluate()
    trainer.train()
    steps, start = trainer.global_step, time.perf_counter()
    while time.perf_counter() - start < options.seconds:
        trainer.evaluate()
        trainer.train()
    rate = (trainer.global_step - steps) / (time.perf_counter() - start)
    trainer.utilization.stop()
report.tell(rate=rate)
os._exit(0)  # its watching thread
