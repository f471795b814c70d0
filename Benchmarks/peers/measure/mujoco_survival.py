"""How a policy that was trained in Poise fares in MuJoCo on the same MJCF: exports it as ONNX, and plays the scenario's episodes there.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install mujoco==4.0.0 gymnasium onnxruntime pyyaml
    /tmp/venv/bin/python Benchmarks/peers/measure/mujoco_survival.py RUN scenarios/humanoid-balance.yaml --episodes 100

Model, starts, pushes and ends are the scenario's, as `scenario_environment.py` has them; the policy is the run's best checkpoint, through
onnxruntime, and sees MuJoCo's state alone. `--poise` names the program that exports. `--softness` gives floor and stops another time
constant (s) than the model's `solref`; MuJoCo's own default is 0.02.
"""

import argparse
import pathlib
import subprocess
import tempfile

import mujoco
import numpy
import onnxruntime

import scenario_environment

ROOT = pathlib.Path(__file__).resolve().parents[3]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", nargs="?", default=str(ROOT / "models/trained/humanoid-balance"))
    parser.add_argument("scenario", nargs="?", default=str(ROOT / "scenarios/humanoid-balance.yaml"))
    parser.add_argument("--episodes", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0, help="of the first episode")
    parser.add_argument("--softness", type=float, help="s, instead of the model's solref and solreflimit")
    parser.add_argument("--poise", default=str(ROOT / ".build/release/poise"))
    options = parser.parse_args()

    description = scenario_environment.read(options.scenario)
    description["rewards"] = []  # nobody learns
    environment = scenario_environment.ScenarioEnvironment(description)
    if options.softness:
        environment.model.geom_solref[:] = [options.softness, 1]
        environment.model.jnt_solref[:] = [options.softness, 1]
    with tempfile.TemporaryDirectory() as folder:
        file = f"{folder}/policy.onnx"
        subprocess.run([options.poise, "export", options.run, "--onnx", file], check=True, stdout=subprocess.DEVNULL)
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = settings.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(file, settings)
    name = session.get_inputs()[0].name

    survived, tilts = 0, []
    for episode in range(options.episodes):
        observation, _ = environment.reset(seed=options.seed + episode)
        while True:
            # The exported policy gives MJCF controls, the environment takes their share of the range.
            control = session.run(None, {name: observation[None]})[0][0]
            action = (control - environment.control_center) / environment.control_half
            observation, _, terminated, truncated, info = environment.step(action)
            if terminated or truncated:
                break
        survived += bool(info["survived"])
        tilts.append(info["tilt_reward_per_step"])
    solref = environment.model.geom_solref[-1, 0]
    print(
        f"{options.run} in MuJoCo {mujoco.__version__}, {pathlib.Path(options.scenario).stem}, floor and stops of {solref:.3g} s: "
        f"{survived} of {options.episodes} episodes survived, tilt reward {numpy.mean(tilts):.4f} a step (seeds {options.seed} to "
        f"{options.seed + options.episodes - 1})")


if __name__ == "__main__":
    main()
