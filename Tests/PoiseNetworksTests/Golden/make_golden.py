"""Makes ../Fixtures/golden.safetensors: what PyTorch says about our networks, distributions and optimizer.

Run outside the project:
    python3 -m venv /tmp/venv-networks && /tmp/venv-networks/bin/pip install torch safetensors numpy packaging
    /tmp/venv-networks/bin/python Tests/PoiseNetworksTests/Golden/make_golden.py
Parameters and inputs are float32; outputs and gradients are computed from them in float64. Written by the Python package, so that
reading it is a test of its own. Seeds are fixed; another version of PyTorch may draw other numbers, all of them right.
"""
import os

import torch
import torch.nn as nn
from safetensors.torch import save_file
from torch.distributions import Independent, Normal, TransformedDistribution, kl_divergence
from torch.distributions.transforms import TanhTransform

torch.manual_seed(4)
torch.set_num_threads(1)
tensors = {}


class Net(nn.Module):
    def __init__(self, sizes, act, norm, out_act):
        super().__init__()
        n = len(sizes) - 1
        self.linears = nn.ModuleList(nn.Linear(sizes[i], sizes[i + 1]) for i in range(n))
        self.norms = nn.ModuleList(nn.LayerNorm(sizes[i + 1]) for i in range(n - 1)) if norm else None
        self.act, self.out_act = act, out_act
        if norm:
            for m in self.norms:
                nn.init.uniform_(m.weight, 0.5, 1.5)
                nn.init.uniform_(m.bias, -0.5, 0.5)

    def forward(self, x):
        for i, linear in enumerate(self.linears):
            x = linear(x)
            last = i == len(self.linears) - 1
            if not last and self.norms is not None:
                x = self.norms[i](x)
            x = self.out_act(x) if last else self.act(x)
        return x


identity = nn.Identity()
cases = {
    "tanh": ([7, 64, 64, 3], nn.Tanh(), False, identity, 21),
    "relu": ([60, 64, 64, 16], nn.ReLU(), False, nn.Tanh(), 33),
    "elu": ([5, 24, 17, 1], nn.ELU(), False, identity, 10),
    "silu": ([12, 40, 32, 6], nn.SiLU(), False, nn.Tanh(), 19),
    "norm_tanh": ([9, 48, 33, 4], nn.Tanh(), True, identity, 13),
    "norm_silu": ([9, 32, 32, 1], nn.SiLU(), True, nn.Tanh(), 8),
    "linear": ([10, 4], nn.Tanh(), False, identity, 5),
}
for name, (sizes, act, norm, out_act, rows) in cases.items():
    net = Net(sizes, act, norm, out_act)
    for i, linear in enumerate(net.linears):
        tensors[f"{name}.net.{i}.weight"] = linear.weight.detach().clone()
        tensors[f"{name}.net.{i}.bias"] = linear.bias.detach().clone()
        if norm and i < len(net.norms):
            tensors[f"{name}.net.{i}.norm.weight"] = net.norms[i].weight.detach().clone()
            tensors[f"{name}.net.{i}.norm.bias"] = net.norms[i].bias.detach().clone()
    x = torch.randn(rows, sizes[0])
    g = torch.randn(rows, sizes[-1])
    tensors[f"{name}.inputs"], tensors[f"{name}.output_gradients"] = x, g
    net = net.double()
    x = x.double().requires_grad_(True)
    y = net(x)
    y.backward(g.double())
    tensors[f"{name}.outputs"] = y.detach()
    tensors[f"{name}.input_gradients"] = x.grad
    for i, linear in enumerate(net.linears):
        tensors[f"{name}.grad.{i}.weight"], tensors[f"{name}.grad.{i}.bias"] = linear.weight.grad, linear.bias.grad
        if norm and i < len(net.norms):
            tensors[f"{name}.grad.{i}.norm.weight"] = net.norms[i].weight.grad
            tensors[f"{name}.grad.{i}.norm.bias"] = net.norms[i].bias.grad

# Distributions: densities, entropy, divergence, squashed densities.
rows, actions = 11, 5
mean, other_mean = torch.randn(rows, actions), torch.randn(rows, actions)
log_std, other_log_std = torch.randn(actions) * 0.5, torch.randn(actions) * 0.5
sample = mean + log_std.exp() * torch.randn(rows, actions)
p = Independent(Normal(mean.double(), log_std.double().exp()), 1)
q = Independent(Normal(other_mean.double(), other_log_std.double().exp()), 1)
squashed = TransformedDistribution(Normal(mean.double(), log_std.double().exp()), [TanhTransform(cache_size=1)])
pre = sample.double()
squashed_log_prob = (Normal(mean.double(), log_std.double().exp()).log_prob(pre) - TanhTransform().log_abs_det_jacobian(pre, pre.tanh())).sum(1)
tensors |= {
    "gaussian.mean": mean, "gaussian.log_std": log_std, "gaussian.other_mean": other_mean, "gaussian.other_log_std": other_log_std,
    "gaussian.sample": sample, "gaussian.log_prob": p.log_prob(sample.double()), "gaussian.entropy": p.entropy()[:1].clone(),
    "gaussian.kl": kl_divergence(p, q), "gaussian.squashed_log_prob": squashed_log_prob,
}

# Adam: five steps with weight decay and clipping, in float64.
theta = torch.randn(37).double().requires_grad_(True)
tensors["adam.start"] = theta.detach().clone()
gradients = torch.randn(5, 37).double() * 3
tensors["adam.gradients"] = gradients
optimizer = torch.optim.AdamW([theta], lr=0.01, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.1)
for g in gradients:
    theta.grad = g.clone()
    nn.utils.clip_grad_norm_([theta], 4.0)
    optimizer.step()
tensors["adam.end"] = theta.detach().clone()

# Other kinds of numbers, a scalar and an empty tensor.
tensors["kinds.half"] = torch.tensor([0.0, -0.0, 1.5, -65504.0, 6e-8, 6.1e-5, float("inf")], dtype=torch.float16)
tensors["kinds.bfloat"] = torch.tensor([1.0, -3.140625, 1e30], dtype=torch.bfloat16)
tensors["kinds.integer"] = torch.tensor([[1, -2], [3, 1 << 40]], dtype=torch.int64)
tensors["kinds.scalar"] = torch.tensor(0.1, dtype=torch.float64)
tensors["kinds.empty"] = torch.zeros(0, 3)

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Fixtures", "golden.safetensors")
save_file({k: v.contiguous() for k, v in tensors.items()}, path, metadata={"made_by": f"PyTorch {torch.__version__}", "quote": 'a "b" \\ c\n'})
print(os.path.getsize(path), "bytes,", len(tensors), "tensors")
