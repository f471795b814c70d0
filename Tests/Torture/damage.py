"""Damages a run's files in every way, and looks whether anything of them is used.

Of a small run of each algorithm every byte of every file that a checkpoint is or stands on is flipped in turn, and every file is cut
at every length: Poise must refuse it by the file's name (exit codes 65, 74), and neither crash nor use it. Files are swapped between
runs, removed, and written as other versions would have; then the checkpoint before the last is offered, and leads to the same bits.
"""

import json
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
import poise_run
from torture import COMMON, Torture, crashed

torture = Torture(__doc__.splitlines()[0], every=(1, "flip each so-manieth byte, from a random first one"),
                  cuts=(200, "lengths at which each file is cut"))
random = torture.random

SMALL = {
    "ppo": ["training.stepLimit=640", "training.evaluationInterval=128", "ppo.worlds=2", "ppo.blockSize=1",
            "ppo.rolloutLength=32", "ppo.hiddenSizes=[2]", "ppo.valueHiddenSizes=[2]"],
    "ddpg": ["ddpg.stepLimit=640", "ddpg.evaluationInterval=128", "ddpg.reportInterval=64", "ddpg.worlds=2",
             "ddpg.blockSize=1", "ddpg.memoryCapacity=1000", "ddpg.warmupSteps=64", "ddpg.batchSize=8",
             "ddpg.hiddenSizes=[2]", "ddpg.criticHiddenSizes=[2]"],
}


def train(algorithm, folder, seed=3):
    words = [word for setting in SMALL[algorithm] + ["episodeSeconds=1"] for word in ["--set", setting]]
    words += ["--seed", str(seed), "--out", folder]
    status, _, errors = torture.run(COMMON + ["--algorithm", algorithm] + words)
    assert status == 0, errors
    return folder


def write(folder, name, data):
    with open(os.path.join(folder, name), "wb") as file:
        file.write(data)


def use(folder, name, checkpoint="latest"):
    """Whoever reads a file of the run: its policy is enough for what the policy stands on."""
    if name == "checkpoints/best.safetensors":
        return torture.run(["export", folder, "--onnx", os.path.join(torture.scratch, "policy.onnx")])
    return torture.run(["train", "--resume", folder, "--checkpoint", checkpoint, "--threads", "1"])


def expect_refusal(folder, name, words, says=""):
    status, output, errors = use(folder, name)
    torture.check(status in (65, 74) and not crashed(status), f"{words}: ends with {status}: {output}{errors}")
    torture.check(f"{folder}/{name}: " in errors and says in errors, f"{words}: says {errors}")
    return errors


for algorithm in SMALL:
    folder = train(algorithm, torture.fresh(f"{algorithm}-run"))
    other = train(algorithm, torture.fresh(f"{algorithm}-other"), seed=4)
    wanted = poise_run.results(folder)
    names = ["checkpoints/latest.safetensors", "checkpoints/best.safetensors", "run.json", "scenario.yaml",
             "model/pendulum.xml", "progress.csv", "timing.csv", "evaluations.csv", "events.out.tfevents.poise"]
    names += sorted(f"replay/{name}" for name in (os.listdir(f"{folder}/replay") if algorithm == "ddpg" else []))
    flips = cuts = 0
    for name in names:
        good = poise_run.read(os.path.join(folder, name))
        for place in range(random.randrange(torture.options.every), len(good), torture.options.every):
            bad = bytearray(good)
            bad[place] ^= random.randint(1, 255)
            write(folder, name, bad)
            expect_refusal(folder, name, f"{algorithm}, {name}, byte {place} flipped")
            flips += 1
        for length in sorted(random.sample(range(len(good)), min(len(good), torture.options.cuts))):
            write(folder, name, good[:length])
            expect_refusal(folder, name, f"{algorithm}, {name}, cut to {length} of {len(good)} bytes")
            cuts += 1
        os.remove(os.path.join(folder, name))
        expect_refusal(folder, name, f"{algorithm}, {name} missing")
        twin = poise_run.read(os.path.join(other, name))
        if twin != good:
            write(folder, name, twin)
            # A checkpoint is whole in itself; what it stands on is not there.
            is_checkpoint = name.startswith("checkpoints/")
            status, output, errors = use(folder, name)
            torture.check(status in (65, 74) and "of another run" in errors,
                          f"{algorithm}, {name} of another run: ends with {status}: {output}{errors}")
        write(folder, name, good)
        torture.say(f"{algorithm}: {name}: {len(good)} bytes")
    torture.check_same(folder, wanted, f"{algorithm}, after all damage was undone")

    name = "checkpoints/latest.safetensors"
    good = poise_run.read(os.path.join(folder, name))
    for format in ["poise-checkpoint-1", "poise-checkpoint-3", "", "x"]:
        for changes in [{}, {"sha256": None}]:
            write(folder, name, poise_run.with_metadata(good, format=format, **changes))
            expect_refusal(folder, name, f"{algorithm}, format {format}", "Another version of Poise wrote it")
    write(folder, name, good[: len(good) // 2])
    errors = expect_refusal(folder, name, f"{algorithm}, half a checkpoint", "--checkpoint previous")
    status, _, errors = use(folder, name, "previous")
    if torture.check(status == 0, f"{algorithm}: going on from the previous ends with {status}: {errors}"):
        torture.check_same(folder, wanted, f"{algorithm}, from the previous checkpoint")
    torture.say(f"{algorithm}: {flips} flips and {cuts} cuts in {len(names)} files, all refused by the file's name")
torture.finish("damage")
