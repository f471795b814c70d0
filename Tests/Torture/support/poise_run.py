"""A training run as its folder's documentation describes it, read without any of Poise's own code.

Source: Sources/PoiseExperiments/Training/RunFolder.swift, SealedCheckpoint.swift; PoiseNetworks/Safetensors.
"""

import hashlib
import json
import os
import re

SEAL = re.compile(rb'"sha256":"([0-9a-f]{64})"')
FORMAT = "poise-checkpoint-2"


def read(path):
    with open(path, "rb") as file:
        return file.read()


def split(data):
    """Header and data of a safetensors file's bytes."""
    length = int.from_bytes(data[:8], "little")
    assert 2 <= length <= len(data) - 8, f"a header of {length} bytes in a file of {len(data)}"
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def seal(data):
    """The same file with the right digest under `sha256`."""
    length = int.from_bytes(data[:8], "little")
    place = SEAL.search(data, 8, 8 + length)
    assert place, "no seal in the header"
    blank = data[: place.start(1)] + b"0" * 64 + data[place.end(1) :]
    return data[: place.start(1)] + hashlib.sha256(blank).hexdigest().encode() + data[place.end(1) :]


def with_metadata(data, **changes):
    """The same tensors with other metadata, sealed; None removes a key."""
    header, body = split(data)
    metadata = header.pop("__metadata__", {})
    metadata.update({"sha256": "0" * 64}, **changes)
    metadata = {key: value for key, value in sorted(metadata.items()) if value is not None}
    text = json.dumps({"__metadata__": metadata, **header}, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    data = len(text).to_bytes(8, "little") + text + body
    return seal(data) if "sha256" in metadata else data


def file_seal(folder, name, limit=None):
    try:
        data = read(os.path.join(folder, name))[:limit]
    except OSError as error:
        return {"path": name, "error": str(error)}
    return {"bytes": len(data), "path": name, "sha256": hashlib.sha256(data).hexdigest()}


def problems_of_checkpoint(folder, name):
    """What is wrong with a checkpoint: nothing, if it is whole and all that it stands on is there."""
    data = read(os.path.join(folder, "checkpoints", name))
    if seal(data) != data:
        return ["its seal is broken"]
    metadata = split(data)[0]["__metadata__"]
    found = [] if metadata["format"] == FORMAT else [f"its format is {metadata['format']}"]
    for known in json.loads(metadata["inputs"]):
        if file_seal(folder, known["path"]) != known:
            found.append(f"{known['path']} is not what it was")
    for known in json.loads(metadata["grown"]):
        if file_seal(folder, known["path"], known["bytes"]) != known:
            found.append(f"{known['path']} does not begin with what it had")
    return found


def results(folder):
    """Everything of a finished run that follows from scenario and seed: bytes by name."""
    kept = {name: read(os.path.join(folder, name)) for name in
            ["progress.csv", "evaluations.csv", "scenario.yaml", "run.json", "checkpoints/best.safetensors"]}
    header, body = split(read(os.path.join(folder, "checkpoints/latest.safetensors")))
    for name, tensor in header.items():
        begin, end = tensor["data_offsets"] if name != "__metadata__" else (0, 0)
        if name == "run.state":
            state = json.loads(body[begin:end])
            state.pop("secondsBefore")
            kept["latest run.state"] = json.dumps(state, sort_keys=True).encode()
        elif name == "trainer.memory":
            # The seconds that an iteration has taken so far are told, not computed with.
            state = json.loads(body[begin:end])
            for key in ["actingSeconds", "learningSeconds", "rolloutSeconds", "updateSeconds"]:
                state.get("underWay", {}).pop(key, None)
            kept["latest trainer.memory"] = json.dumps(state, sort_keys=True).encode()
        elif name != "__metadata__":
            kept["latest " + name] = body[begin:end]
    return kept
