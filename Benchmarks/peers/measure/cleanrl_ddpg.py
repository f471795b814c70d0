"""DDPG as CleanRL's ddpg_continuous_action does it, written anew from its recipe: one file, plain PyTorch.

usage: cleanrl_ddpg.py TASK rate|goal [--seed 1] [--cap 1200]

One environment; 25,000 steps of uniform actions before learning, then one update of the critic a step, of the actor and the targets every second;
256–256 ReLU, batches of 256, Adam 3e-4, γ 0.99, τ 0.005, noise of 0.1 of the action's range, a memory of a million steps.

rate: control steps per second with learning. goal: says when the policy reaches the task's goal, asked every 1000 steps once it learns.
"""
import argparse
import time

parser = argparse.ArgumentParser()
parser.add_argument("task")
parser.add_argument("what", choices=["rate", "goal"])
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--cap", type=float, default=1200, help="seconds after which `goal` gives up")
options = parser.parse_args()

import copy

import numpy
import report
import torch
from task import Judge, Task
from torch import nn

torch.set_num_threads(1)
torch.manual_seed(options.seed)
random = numpy.random.default_rng(options.seed)
BATCH, DISCOUNT, SMOOTHING, NOISE, WARMUP, CAPACITY, TIMED = 256, 0.99, 0.005, 0.1, 25_000, 1_000_000, 2_000

task = Task(options.task)
environment = task.make(training=True)
low, high = environment.action_space.low, environment.action_space.high
scale, bias = torch.tensor((high - low) / 2), torch.tensor((high + low) / 2)
inputs, outputs = environment.observation_space.shape[0], environment.action_space.shape[0]


def network(inputs, outputs):
    return nn.Sequential(nn.Linear(inputs, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, outputs))


actor, critic = network(inputs, outputs), network(inputs + outputs, 1)
target_actor, target_critic = copy.deepcopy(actor), copy.deepcopy(critic)
actor_optimizer, critic_optimizer = (torch.optim.Adam(net.parameters(), lr=3e-4) for net in (actor, critic))
memory = [numpy.zeros((CAPACITY, width), numpy.float32) for width in (inputs, outputs, 1, inputs, 1)]


def act(net, observations):
    return torch.tanh(net(observations)) * scale + bias


def policy(observations):
    with torch.no_grad():
        return act(actor, torch.as_tensor(observations, dtype=torch.float32)).numpy()


def learn(step):
    rows = random.integers(min(step, CAPACITY), size=BATCH)
    observations, actions, rewards, following, terminations = (torch.from_numpy(column[rows]) for column in memory)
    with torch.no_grad():
        next_values = target_critic(torch.cat([following, act(target_actor, following)], 1))
        targets = rewards + (1 - terminations) * DISCOUNT * next_values
    critic_optimizer.zero_grad()
    nn.functional.mse_loss(critic(torch.cat([observations, actions], 1)), targets).backward()
    critic_optimizer.step()
    if step % 2:
        return
    actor_optimizer.zero_grad()
    (-critic(torch.cat([observations, act(actor, observations)], 1)).mean()).backward()
    actor_optimizer.step()
    with torch.no_grad():
        for net, target in ((actor, target_actor), (critic, target_critic)):
            for new, old in zip(net.parameters(), target.parameters()):
                old.lerp_(new, SMOOTHING)


judge = Judge(task, options.seed, options.cap, interval=1000, after=WARMUP) if options.what == "goal" else None
step = 0
now, _ = environment.reset(seed=options.seed)
while True:
    if step < WARMUP:
        action = random.uniform(low, high).astype(numpy.float32)
    else:
        action = policy(now) + random.normal(0, NOISE * scale.numpy()).astype(numpy.float32)
        action = numpy.clip(action, low, high)
    following, reward, terminated, truncated, _ = environment.step(action)
    for column, value in zip(memory, (now, action, reward, following, terminated)):
        column[step % CAPACITY] = value
    now = environment.reset()[0] if terminated or truncated else following
    step += 1
    if step == WARMUP:
        start = time.perf_counter()
    if step > WARMUP:
        learn(step)
    if judge and not judge.goes_on(step, policy):
        judge.tell()
        break
    if options.what == "rate" and step == WARMUP + TIMED:
        report.tell(rate=TIMED / (time.perf_counter() - start))
        break
