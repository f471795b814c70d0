"""Reads a safetensors file of ours with the Python package and prints what it sees; exit code 3 without the package.

usage: read_with_python.py FILE. Needs safetensors and numpy, nothing of the project.
"""
import json
import sys

try:
    import numpy  # noqa: F401
    from safetensors import safe_open
except ImportError:
    sys.exit(3)
with safe_open(sys.argv[1], framework="numpy") as f:
    out = {"metadata": f.metadata(), "tensors": {}}
    for key in f.keys():
        t = f.get_tensor(key)
        out["tensors"][key] = {"dtype": str(t.dtype), "shape": list(t.shape), "values": [float(v) for v in t.reshape(-1)]}
print(json.dumps(out))
