"""PPO as CleanRL's ppo_continuous_action does it, or its ppo where actions are discrete, written anew from the recipe: one file, plain PyTorch.

usage: cleanrl_ppo.py TASK memory|first-step|rate|goal [--seed 1] [--cap 1200]

TASK: Pendulum-v1, CartPole-v1 (rate alone), or scenario:FILE (see task.py). The recipe stays the same for all of a kind of action.

One environment with the usual wrappers (episode statistics, clipped actions, normalised and clipped observations and rewards), 2048
steps a rollout, ten epochs of 32 minibatches, 64–64 tanh with orthogonal weights, Adam 3e-4 falling to 0 over a million steps, gradients
clipped to 0.5. With discrete actions four plain environments, 128 steps of each, four epochs of four minibatches, 2.5e-4 falling to 0 over
half a million steps, and an entropy bonus of 0.01. Without its TensorBoard log, which needs more memory.

goal: says when the deterministic policy reaches the task's goal, asked as often as the other peers' PPO (on the pendulum every 4096 steps),
and stops there, after the recipe's million steps, or after --cap seconds.
"""
import argparse
import time

parser = argparse.ArgumentParser()
parser.add_argument("task")
parser.add_argument("what", choices=["memory", "first-step", "rate", "goal"])
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--cap", type=float, default=1200, help="seconds after which `goal` gives up")
options = parser.parse_args()

import gymnasium
import numpy
import report
import torch
from gymnasium.wrappers import ClipAction, FlattenObservation, NormalizeObservation, NormalizeReward, RecordEpisodeStatistics
from gymnasium.wrappers import TransformObservation, TransformReward
from task import Judge, Task, normalized
from torch import nn
from torch.distributions.categorical import Categorical
from torch.distributions.normal import Normal

torch.set_num_threads(1)
torch.manual_seed(options.seed)
numpy.random.seed(options.seed)
DISCOUNT, LAMBDA, CLIP = 0.99, 0.95, 0.2
task = Task(options.task)
DISCRETE = options.task == "CartPole-v1"
if DISCRETE:
    WORLDS, STEPS, EPOCHS, MINIBATCHES, RATE, TOTAL, ENTROPY = 4, 128, 4, 4, 2.5e-4, 500_000, 0.01
else:
    WORLDS, STEPS, EPOCHS, MINIBATCHES, RATE, TOTAL, ENTROPY = 1, 2048, 10, 32, 3e-4, 1_000_000, 0.0


def make():
    if DISCRETE:
        return RecordEpisodeStatistics(task.make(training=True))
    environment = ClipAction(RecordEpisodeStatistics(FlattenObservation(task.make(training=True))))
    environment = NormalizeObservation(environment)
    environment = TransformObservation(environment, lambda o: numpy.clip(o, -10, 10), environment.observation_space)
    return TransformReward(NormalizeReward(environment, gamma=DISCOUNT), lambda r: float(numpy.clip(r, -10, 10)))


def layer(inputs, outputs, gain=numpy.sqrt(2)):
    made = nn.Linear(inputs, outputs)
    nn.init.orthogonal_(made.weight, gain)
    nn.init.constant_(made.bias, 0)
    return made


# An episode's end and the next one's start in one step, as with the Gymnasium that the recipe was written for.
environments = gymnasium.vector.SyncVectorEnv([make] * WORLDS, autoreset_mode=gymnasium.vector.AutoresetMode.SAME_STEP)
bounds = environments.envs[0].unwrapped.action_space
inputs = environments.single_observation_space.shape[0]
outputs = environments.single_action_space.n if DISCRETE else environments.single_action_space.shape[0]
critic = nn.Sequential(layer(inputs, 64), nn.Tanh(), layer(64, 64), nn.Tanh(), layer(64, 1, 1))
actor = nn.Sequential(layer(inputs, 64), nn.Tanh(), layer(64, 64), nn.Tanh(), layer(64, outputs, 0.01))
log_deviation = nn.Parameter(torch.zeros(1, outputs))
parameters = [*critic.parameters(), *actor.parameters()] + ([] if DISCRETE else [log_deviation])
optimizer = torch.optim.Adam(parameters, lr=RATE, eps=1e-5)


def distribution(observations):
    mean = actor(observations)
    if DISCRETE:
        return Categorical(logits=mean)
    return Normal(mean, log_deviation.expand_as(mean).exp())


def log_probability(choice, action):
    return choice.log_prob(action) if DISCRETE else choice.log_prob(action).sum(1)


def statistics():
    """Running mean and variance of what the training has seen: gymnasium's wrapper keeps them."""
    wrapper = environments.envs[0]
    while not isinstance(wrapper, NormalizeObservation):
        wrapper = wrapper.env
    return wrapper.obs_rms


def policy(observations):
    """The deterministic actions, of observations normalised as the training's are."""
    with torch.no_grad():
        actions = actor(torch.tensor(normalized(observations, statistics()))).numpy()
    return numpy.clip(actions, bounds.low, bounds.high)


# Made only where it judges, so that memory and start are the recipe's own.
judge = Judge(task, options.seed, options.cap, interval=4096) if options.what == "goal" else None
observations, actions = torch.zeros(STEPS, WORLDS, inputs), torch.zeros(STEPS, WORLDS, *(() if DISCRETE else (outputs,)))
logs, rewards, overs, values = (torch.zeros(STEPS, WORLDS) for _ in range(4))
now = torch.tensor(environments.reset(seed=options.seed)[0], dtype=torch.float32)
over = torch.zeros(WORLDS)
rollouts = {"first-step": 1, "memory": 2, "rate": 1 + 8192 // (STEPS * WORLDS), "goal": TOTAL // (STEPS * WORLDS)}[options.what]
for rollout in range(rollouts):
    if rollout == 1:
        start = time.perf_counter()
    optimizer.param_groups[0]["lr"] = RATE * (1 - rollout * STEPS * WORLDS / TOTAL)
    for step in range(STEPS):
        observations[step], overs[step] = now, over
        with torch.no_grad():
            choice = distribution(now)
            action = choice.sample()
            values[step], logs[step], actions[step] = critic(now).flatten(), log_probability(choice, action), action
        after, reward, terminated, truncated, _ = environments.step(action.numpy())
        if options.what == "first-step":
            report.mark("the first control step")
            raise SystemExit
        now, over = torch.tensor(after, dtype=torch.float32), torch.tensor(terminated | truncated, dtype=torch.float32)
        rewards[step] = torch.tensor(reward)
    with torch.no_grad():
        following, running, advantages = critic(now).flatten(), torch.zeros(WORLDS), torch.zeros_like(rewards)
        for step in reversed(range(STEPS)):
            lives = 1 - (over if step == STEPS - 1 else overs[step + 1])
            next_value = following if step == STEPS - 1 else values[step + 1]
            running = rewards[step] + DISCOUNT * next_value * lives - values[step] + DISCOUNT * LAMBDA * lives * running
            advantages[step] = running
        targets = advantages + values
    flat = [x.flatten(0, 1) for x in (observations, actions, logs, advantages, targets, values)]
    for _ in range(EPOCHS):
        order = numpy.random.permutation(STEPS * WORLDS)
        for part in numpy.split(order, MINIBATCHES):
            o, a, old, gain, target, value = (x[part] for x in flat)
            choice = distribution(o)
            ratio = (log_probability(choice, a) - old).exp()
            gain = (gain - gain.mean()) / (gain.std() + 1e-8)
            policy_loss = torch.max(-gain * ratio, -gain * ratio.clamp(1 - CLIP, 1 + CLIP)).mean()
            new = critic(o).flatten()
            clipped = value + (new - value).clamp(-CLIP, CLIP)
            value_loss = 0.5 * torch.max((new - target) ** 2, (clipped - target) ** 2).mean()
            optimizer.zero_grad()
            entropy = ENTROPY * choice.entropy().mean() if ENTROPY else 0.0
            (policy_loss - entropy + 0.5 * value_loss).backward()
            nn.utils.clip_grad_norm_(parameters, 0.5)
            optimizer.step()
    if judge and not judge.goes_on((rollout + 1) * STEPS * WORLDS, policy):
        break
if options.what == "rate":
    report.tell(rate=(rollouts - 1) * STEPS * WORLDS / (time.perf_counter() - start))
elif judge:
    judge.tell()
else:
    report.tell()
