"""One PPO minibatch update. usage: micro_ppo.py sb3|sbx|torch|torchfused [--batch 64 --hid 64]. SB3/SBX: train() on a filled 2048-step rollout buffer (1 epoch), / number of minibatches (incl. shuffle, GAE excluded)."""
import argparse, time, os
ap = argparse.ArgumentParser(); ap.add_argument("impl"); ap.add_argument("--batch", type=int, default=64); ap.add_argument("--hid", type=int, default=64)
ap.add_argument("--obs", type=int, default=60); ap.add_argument("--act", type=int, default=16); ap.add_argument("--threads", type=int, default=1); ap.add_argument("--reps", type=int, default=5)
a = ap.parse_args()
if a.impl == "sbx" and a.threads == 1: os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
import numpy as np, torch, gymnasium as gym; torch.set_num_threads(a.threads)
from common import *
B, H, O, A = a.batch, a.hid, a.obs, a.act; N = 2048
def net(o): return O * H + H * H + H * o
mac = 3 * (net(A) + net(1)) - 2 * O * H       # forward + weight grads + input grads (none for first layer); pi and vf nets
flops = 2. * B * mac
class Env(gym.Env):
    observation_space = gym.spaces.Box(-1, 1, (O,), np.float32); action_space = gym.spaces.Box(-1, 1, (A,), np.float32)
    def __init__(s): s.r = np.random.default_rng(0); s.n = 0
    def reset(s, seed=None, options=None): s.n = 0; return s.r.standard_normal(O).astype("f").clip(-1, 1), {}
    def step(s, x): s.n += 1; return s.r.standard_normal(O).astype("f").clip(-1, 1), float(s.r.standard_normal()), False, s.n >= 200, {}
def timed(f, per, secs=2.0):
    f(); t0 = time.perf_counter(); c0 = time.process_time(); n = 0
    while time.perf_counter() - t0 < secs: f(); n += per
    cpu.append(1e6 * (time.process_time() - c0) / n)  # processor time too: what is left of a busy machine's noise
    return 1e6 * (time.perf_counter() - t0) / n
cpu = []
if a.impl in ("sb3", "sbx"):
    if a.impl == "sb3": from stable_baselines3 import PPO
    else: from sbx import PPO
    m = PPO("MlpPolicy", Env(), n_steps=N, batch_size=B, n_epochs=1, device="cpu", seed=0, learning_rate=1e-5,
            policy_kwargs=dict(net_arch=dict(pi=[H, H], vf=[H, H])))
    m.learn(N)
    f = lambda: (setattr(m.rollout_buffer, "generator_ready", True), m.train())
    for _ in range(5): f()
    us = [timed(f, N // B) for _ in range(a.reps)]
else:
    import torch.nn as nn
    torch.manual_seed(0); mk = lambda o: nn.Sequential(nn.Linear(O, H), nn.Tanh(), nn.Linear(H, H), nn.Tanh(), nn.Linear(H, o))
    pi, vf = mk(A), mk(1); ls = nn.Parameter(torch.zeros(A)); ps = list(pi.parameters()) + list(vf.parameters()) + [ls]
    opt = torch.optim.Adam(ps, 1e-5, eps=1e-5, fused=(a.impl == "torchfused") or None)
    s, u, lp, adv, ret = torch.randn(B, O), torch.randn(B, A), torch.randn(B) * .1 - 22, torch.randn(B), torch.randn(B); c = 0.5 * np.log(2 * np.pi)
    def upd():
        mu = pi(s); v = vf(s).squeeze(-1); ad = (adv - adv.mean()) / (adv.std() + 1e-8)
        l = (-.5 * ((u - mu) * torch.exp(-ls)) ** 2 - ls - c).sum(1); r = torch.exp(l - lp)
        loss = -torch.min(ad * r, ad * r.clamp(.8, 1.2)).mean() + .5 * ((v - ret) ** 2).mean()
        opt.zero_grad(); loss.backward(); nn.utils.clip_grad_norm_(ps, .5); opt.step()
    for _ in range(100): upd()
    us = [timed(upd, 1) for _ in range(a.reps)]
record("micro_ppo", dict(impl=a.impl, batch=B, hid=H, obs=O, act=A, threads=a.threads, flops=flops, gflops=flops / med(us) / 1e3, us_per_minibatch=us, us_cpu=cpu))
