"""One gradient update of a learner on made-up transitions, 60 inputs and 16 actions: µs of processor time, as `poise bench
networks` counts.

usage: update.py torch|sb3|sbx ddpg|ppo --hidden 256 --batch 256

ddpg: critic, actor and target copies. sb3, sbx: the library's own train(50), ÷ 50, its sampling included; SBX compiles the fifty into one.
ppo: one minibatch. sb3, sbx: train() of one epoch over 2048 transitions, ÷ minibatches, its shuffling included.
torch: the same mathematics as a lean loop in PyTorch with the fused Adam on a fixed batch.
"""
import argparse
import time

import report

parser = argparse.ArgumentParser()
parser.add_argument("implementation", choices=["torch", "sb3", "sbx"])
parser.add_argument("algorithm", choices=["ddpg", "ppo"])
parser.add_argument("--hidden", type=int, required=True)
parser.add_argument("--batch", type=int, required=True)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--seconds", type=float, default=2)
options = parser.parse_args()

import gymnasium
import numpy
import torch
from torch import nn

torch.set_num_threads(1)
torch.manual_seed(options.seed)
INPUTS, ACTIONS, ROLLOUT = 60, 16, 2048
hidden, batch = options.hidden, options.batch


class MadeUp(gymnasium.Env):
    observation_space = gymnasium.spaces.Box(-1, 1, (INPUTS,), numpy.float32)
    action_space = gymnasium.spaces.Box(-1, 1, (ACTIONS,), numpy.float32)

    def __init__(self):
        self.random = numpy.random.default_rng(options.seed)
        self.steps = 0

    def observation(self):
        return self.random.standard_normal(INPUTS).astype(numpy.float32).clip(-1, 1)

    def reset(self, seed=None, options=None):
        self.steps = 0
        return self.observation(), {}

    def step(self, action):
        self.steps += 1
        return self.observation(), float(self.random.standard_normal()), False, self.steps >= 200, {}


def library_update():
    """A call of the library and the number of updates in it."""
    if options.implementation == "sb3":
        import stable_baselines3 as library
    else:
        import sbx as library
    from stable_baselines3.common.logger import Logger

    if options.algorithm == "ppo":
        model = library.PPO(
            "MlpPolicy", MadeUp(), n_steps=ROLLOUT, batch_size=batch, n_epochs=1, device="cpu", seed=options.seed, learning_rate=1e-5,
            policy_kwargs=dict(net_arch=dict(pi=[hidden, hidden], vf=[hidden, hidden])))
        model.learn(ROLLOUT)

        def update():
            model.rollout_buffer.generator_ready = True
            model.train()

        return update, ROLLOUT // batch
    model = library.DDPG(
        "MlpPolicy", MadeUp(), policy_kwargs=dict(net_arch=[hidden, hidden]), buffer_size=20_000, batch_size=batch, device="cpu",
        seed=options.seed)
    model.set_logger(Logger(None, []))
    model._total_timesteps, model._current_progress_remaining = 1, 1.0
    random = numpy.random.default_rng(options.seed)
    for _ in range(5000):
        here, there = (random.standard_normal((1, INPUTS)).astype(numpy.float32) for _ in range(2))
        action = random.uniform(-1, 1, (1, ACTIONS)).astype(numpy.float32)
        model.replay_buffer.add(here, there, action, random.standard_normal(1), numpy.zeros(1), [{}])
    return lambda: model.train(50, batch), 50


def lean_update():
    def network(inputs, outputs, activation, last=()):
        return nn.Sequential(
            nn.Linear(inputs, hidden), activation(), nn.Linear(hidden, hidden), activation(), nn.Linear(hidden, outputs), *last)

    states = torch.randn(batch, INPUTS)
    if options.algorithm == "ppo":
        actor, critic = network(INPUTS, ACTIONS, nn.Tanh), network(INPUTS, 1, nn.Tanh)
        log_deviation = nn.Parameter(torch.zeros(ACTIONS))
        parameters = [*actor.parameters(), *critic.parameters(), log_deviation]
        optimizer = torch.optim.Adam(parameters, 1e-5, eps=1e-5, fused=True)
        actions, old = torch.randn(batch, ACTIONS), torch.randn(batch) * 0.1 - 22
        advantages, targets = torch.randn(batch), torch.randn(batch)
        constant = 0.5 * numpy.log(2 * numpy.pi)

        def update():
            gain = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
            logs = (-0.5 * ((actions - actor(states)) * torch.exp(-log_deviation)) ** 2 - log_deviation - constant).sum(1)
            ratio = torch.exp(logs - old)
            value_loss = ((critic(states).squeeze(-1) - targets) ** 2).mean()
            loss = -torch.min(gain * ratio, gain * ratio.clamp(0.8, 1.2)).mean() + 0.5 * value_loss
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(parameters, 0.5)
            optimizer.step()

        return update, 1
    tanh = (nn.Tanh(),)
    actor, actor_target = (network(INPUTS, ACTIONS, nn.ReLU, tanh) for _ in range(2))
    critic, critic_target = (network(INPUTS + ACTIONS, 1, nn.ReLU) for _ in range(2))
    actor_adam = torch.optim.Adam(actor.parameters(), 1e-3, fused=True)
    critic_adam = torch.optim.Adam(critic.parameters(), 1e-3, fused=True)
    after, actions = torch.randn(batch, INPUTS), torch.rand(batch, ACTIONS) * 2 - 1
    rewards = torch.randn(batch, 1)
    learned = [p.data for p in [*actor.parameters(), *critic.parameters()]]
    targets = [p.data for p in [*actor_target.parameters(), *critic_target.parameters()]]

    def update():
        with torch.no_grad():
            wanted = rewards + 0.99 * critic_target(torch.cat((after, actor_target(after)), 1))
        loss = nn.functional.mse_loss(critic(torch.cat((states, actions), 1)), wanted)
        critic_adam.zero_grad()
        loss.backward()
        critic_adam.step()
        critic.requires_grad_(False)
        loss = -critic(torch.cat((states, actor(states)), 1)).mean()
        actor_adam.zero_grad()
        loss.backward()
        actor_adam.step()
        critic.requires_grad_(True)
        with torch.no_grad():
            torch._foreach_lerp_(targets, learned, 0.005)

    return update, 1


update, count = lean_update() if options.implementation == "torch" else library_update()
for _ in range(100 if count == 1 else 3):
    update()
calls, start = 0, time.process_time()
while time.process_time() - start < options.seconds:
    update()
    calls += 1
report.tell(rate=1e6 * (time.process_time() - start) / (calls * count))
