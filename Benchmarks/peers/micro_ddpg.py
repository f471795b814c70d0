"""One DDPG gradient update (critic + actor + soft target updates). usage: micro_ddpg.py sb3|sb3foreach|torch|sbx|jax [--batch 256 --hid 256 --obs 60 --act 16]
sb3  : DDPG.train(gradient_steps=N) / N incl. replay sampling (the library's own path)
torch: hand-written lean loop, same maths, fixed batch (no sampling), Adam(foreach default), torch._foreach lerp soft update
torchfused: same with Adam(fused=True)
sbx  : DDPG.train(1) per update (as run during learning) and train(N) (all in one jit)
"""
import argparse, time, os
ap = argparse.ArgumentParser(); ap.add_argument("impl"); ap.add_argument("--batch", type=int, default=256); ap.add_argument("--hid", type=int, default=256)
ap.add_argument("--obs", type=int, default=60); ap.add_argument("--act", type=int, default=16); ap.add_argument("--threads", type=int, default=1); ap.add_argument("--reps", type=int, default=5)
a = ap.parse_args()
if a.impl == "sbx" and a.threads == 1: os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
import numpy as np, torch, gymnasium as gym; torch.set_num_threads(a.threads)
from common import *
B, H, O, A = a.batch, a.hid, a.obs, a.act
# FLOPs (2*MAC), necessary work only
a1, a2, a3 = O * H, H * H, H * A; c1, c2, c3 = (O + A) * H, H * H, H
actor, critic = a1 + a2 + a3, c1 + c2 + c3
mac = actor + critic                       # target nets forward
mac += critic + critic + (c2 + c3)         # critic forward, weight grads, input grads of layers 2,3
mac += actor + critic                      # actor forward, critic forward
mac += c3 + c2 + A * H                     # dQ/da
mac += actor + (a2 + a3)                   # actor weight grads + input grads
flops_min = 2. * B * mac
flops_sb3 = flops_min + 2. * B * (critic + O * H)  # SB3 autograd also forms critic weight grads (and the full input grad) in the actor step
class Env(gym.Env):
    observation_space = gym.spaces.Box(-1, 1, (O,), np.float32); action_space = gym.spaces.Box(-1, 1, (A,), np.float32)
    def __init__(s): s.r = np.random.default_rng(0); s.n = 0
    def reset(s, seed=None, options=None): s.n = 0; return s.r.standard_normal(O).astype("f").clip(-1, 1), {}
    def step(s, x): s.n += 1; return s.r.standard_normal(O).astype("f").clip(-1, 1), float(s.r.standard_normal()), False, s.n >= 200, {}
def fill(model, n=5000):
    r = np.random.default_rng(0)
    for _ in range(n):
        model.replay_buffer.add(r.standard_normal((1, O)).astype("f"), r.standard_normal((1, O)).astype("f"), r.uniform(-1, 1, (1, A)).astype("f"), r.standard_normal(1), np.zeros(1), [{}])
def timed(f, per, secs=2.0):
    f(); t0 = time.perf_counter(); c0 = time.process_time(); n = 0
    while time.perf_counter() - t0 < secs: f(); n += per
    cpu.append(1e6 * (time.process_time() - c0) / n)  # processor time too: what is left of a busy machine's noise
    return 1e6 * (time.perf_counter() - t0) / n
cpu = []
out = {}
if a.impl in ("sb3", "sbx"):
    if a.impl == "sb3": from stable_baselines3 import DDPG
    else: from sbx import DDPG
    from stable_baselines3.common.logger import Logger
    m = DDPG("MlpPolicy", Env(), policy_kwargs=dict(net_arch=[H, H]), buffer_size=20000, batch_size=B, device="cpu", seed=0)
    m.set_logger(Logger(None, [])); m._total_timesteps = 1; m._current_progress_remaining = 1.0; fill(m)
    for k in (1, 50):
        for _ in range(20 if k == 1 else 2): m.train(k, B)
        out[f"us_train{k}"] = [timed(lambda: m.train(k, B), k) for _ in range(a.reps)]
    out["us_sample"] = [timed(lambda: m.replay_buffer.sample(B), 1, .5) for _ in range(a.reps)]
else:
    import torch.nn as nn, torch.nn.functional as F
    torch.manual_seed(0)
    mk = lambda i, o, t: nn.Sequential(nn.Linear(i, H), nn.ReLU(), nn.Linear(H, H), nn.ReLU(), nn.Linear(H, o), *([nn.Tanh()] if t else []))
    pi, pit, q, qt = mk(O, A, 1), mk(O, A, 1), mk(O + A, 1, 0), mk(O + A, 1, 0)
    fu = a.impl == "torchfused"
    oa, oc = torch.optim.Adam(pi.parameters(), 1e-3, fused=fu or None), torch.optim.Adam(q.parameters(), 1e-3, fused=fu or None)
    s, s2, u, r, d = torch.randn(B, O), torch.randn(B, O), torch.rand(B, A) * 2 - 1, torch.randn(B, 1), torch.zeros(B, 1)
    P = list(pi.parameters()) + list(q.parameters()); T = list(pit.parameters()) + list(qt.parameters()); qp = list(q.parameters())
    def upd():
        with torch.no_grad(): y = r + .99 * (1 - d) * qt(torch.cat((s2, pit(s2)), 1))
        l = F.mse_loss(q(torch.cat((s, u), 1)), y); oc.zero_grad(); l.backward(); oc.step()
        for p in qp: p.requires_grad_(False)
        l = -q(torch.cat((s, pi(s)), 1)).mean(); oa.zero_grad(); l.backward(); oa.step()
        for p in qp: p.requires_grad_(True)
        with torch.no_grad(): torch._foreach_lerp_([t.data for t in T], [p.data for p in P], .005)
    for _ in range(100): upd()
    out["us_train1"] = [timed(upd, 1) for _ in range(a.reps)]
best = med(out.get("us_train50", out["us_train1"]))
record("micro_ddpg", dict(impl=a.impl, batch=B, hid=H, obs=O, act=A, threads=a.threads, flops_min=flops_min, flops_sb3=flops_sb3, gflops_min=flops_min / best / 1e3, gflops_train1=flops_min / med(out["us_train1"]) / 1e3, us_cpu=cpu, **out))
