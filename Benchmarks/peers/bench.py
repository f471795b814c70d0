#!/usr/bin/env python3
"""Poise and its peers at the same work, side by side in one run: `make bench-peers`.

usage: Benchmarks/peers/bench.py [--rows A,B…] [--rounds N] [--sides NAME…] [--core 0] [--cap 1200] [--list] [--dry-run]

Each row is one kind of work; its sides take turns, round by round, so that a slow moment of the machine meets all alike. Everything
runs on one core with one thread. Round r of every side has seed 100 + r, which nothing was tuned on. Raw results go to
Benchmarks/results/ROW.csv (one line for each figure of each sample, with the machine, the versions and the seed), and the
table is made from those files by table.py. A row's file is written whole when the row is done, and replaces the one before; with --sides
it keeps the samples of the others.

Python environments are made from PyPI in $POISE_PEERS (default /tmp/poise-peers), outside the project; the first run needs a network
and, for RLtools and PufferLib, a C++ compiler. A peer that cannot be installed is said so, in the file and in the table.

For figures to publish let the machine be idle: a side that had less than 95 % of its core is pointed out.
"""
import argparse
import csv
import datetime
import os
import platform
import signal
import statistics
import sys
import tempfile

import scratch
import table
from execution import Execution, Failed
from rows import PROJECT, RLTOOLS_CACHE, ROWS, Settings

COLUMNS = [
    "row", "side", "figure", "unit", "round", "seed", "value", "wall_s", "processor_s", "peak_memory_mb", "note", "versions", "processor",
    "cores", "system", "load_before", "utc", "command",
]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", help="names, with commas between; all by default")
    parser.add_argument("--rounds", type=int, help="in place of each row's own number")
    parser.add_argument("--sides", nargs="*", help="only sides whose name contains one of these; the others' samples stay in the file")
    parser.add_argument("--core", type=int, default=0, help="the processor that everything runs on")
    parser.add_argument("--cap", type=float, default=1200, help="seconds after which a peer gives up on a goal")
    parser.add_argument("--poise", default=os.path.join(PROJECT, ".build", "release", "poise"))
    parser.add_argument("--results", default=table.RESULTS)
    parser.add_argument("--list", action="store_true", help="print the rows and end")
    parser.add_argument("--dry-run", action="store_true", help="print how long it would take and end")
    parser.add_argument("--no-table", action="store_true", help="leave the table alone")
    options = parser.parse_args()

    # Whoever ends the driver ends what it runs, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    rows = chosen(options)
    if options.list:
        for row in rows:
            print(f"{row.name:24} {row.title}: {', '.join(side.name for side in row.sides)}")
        return
    seconds = sum((options.rounds or row.rounds) * sum(side.seconds for side in row.sides) for row in rows)
    print(f"{len(rows)} rows, about {max(1, round(seconds / 60))} minutes, without installing peers", file=sys.stderr, flush=True)
    if options.dry_run:
        return
    if not os.access(options.poise, os.X_OK):
        sys.exit(f"{options.poise}: found no program. Run: make build")
    missing = install(rows)
    settings = Settings(options.poise, options.core, options.cap)
    for row in rows:
        measure(row, settings, options, missing)
    if not options.no_table and options.results == table.RESULTS:
        table.main([])


def chosen(options):
    """The rows that are asked for, with the sides that are."""
    names = options.rows.split(",") if options.rows else [row.name for row in ROWS]
    known = {row.name: row for row in ROWS}
    for name in names:
        if name not in known:
            sys.exit(f"--rows: found '{name}'; allowed {', '.join(known)}")
    rows = [known[name] for name in names]
    if options.sides:
        for row in rows:
            row.sides = [side for side in row.sides if any(part in side.name for part in options.sides)]
    return rows


def install(rows):
    """Makes what the rows need; environment: why it is missing."""
    missing = {}
    sides = [side for row in rows for side in row.sides if side.environment]
    for environment in dict.fromkeys(side.environment for side in sides):
        try:
            interpreter = scratch.python(environment)
            for command in dict.fromkeys(tuple(side.prepare) for side in sides if side.environment == environment and side.prepare):
                Execution([interpreter, *command], None, variables=RLTOOLS_CACHE)
        except (scratch.Missing, Failed) as problem:
            missing[environment] = scratch.last_words(str(problem))
            print(f"{environment} cannot be installed here: {missing[environment]}", file=sys.stderr, flush=True)
    return missing


def measure(row, settings, options, missing):
    rounds = options.rounds or row.rounds
    lines = kept(row, options)
    values = {}
    for number in range(1, rounds + 1):
        for side in row.sides:
            common = {
                "row": row.name, "side": side.name, "figure": row.title, "unit": row.unit, "round": number, "seed": 100 + number,
                "processor": processor_name(), "cores": os.cpu_count(), "system": platform.platform(),
                "load_before": f"{os.getloadavg()[0]:.2f}",
                "utc": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S"),
            }
            if side.environment in missing:
                lines.append(common | {"note": "not installed: " + missing[side.environment]})
                continue
            try:
                sample = side.measure(settings, 100 + number)
            except Failed as problem:
                print(problem, file=sys.stderr, flush=True)
                lines.append(common | {"note": "failed: " + scratch.last_words(str(problem))})
                continue
            run = sample.run
            versions = sample.versions or {"poise": poise_version(settings.poise)}
            common |= {
                "wall_s": f"{run.seconds:.4f}", "processor_s": f"{run.processor_seconds:.4f}", "peak_memory_mb": f"{run.memory_mb:.1f}",
                "versions": " ".join(f"{name}={version}" for name, version in versions.items()), "command": plain(run.command),
                "note": sample.note,
            }
            lines.append(common | {"value": "" if sample.value is None else repr(float(sample.value))})
            for figure, (value, unit) in sample.others.items():
                lines.append(common | {"figure": figure, "unit": unit, "value": repr(float(value))})
            values.setdefault(side.name, []).append(sample.value)
            told = "not reached" if sample.value is None else f"{sample.value:,.4g} {row.unit}"
            busy = "" if run.share > 0.95 else f"  (had {100 * run.share:.0f} % of its core)"
            print(f"{row.name} {number}/{rounds} {side.name}: {told}{busy} {sample.note}".rstrip(), file=sys.stderr, flush=True)
    write_whole(os.path.join(options.results, row.name + ".csv"), lines)
    for name, found in values.items():
        reached = [value for value in found if value is not None]
        middle = f"{statistics.median(reached):,.4g}" if reached else "–"
        print(f"{row.name}: {name} {middle} {row.unit}, {len(reached)} of {len(found)}")


def kept(row, options):
    """The samples of before, of sides that are not measured now."""
    path = os.path.join(options.results, row.name + ".csv")
    if not options.sides or not os.path.exists(path):
        return []
    with open(path, encoding="utf-8", newline="") as file:
        return [line for line in csv.DictReader(file) if line["side"] not in [side.name for side in row.sides]]


def write_whole(path, lines):
    """The file is there whole or as it was."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", dir=os.path.dirname(path), prefix=".", suffix=".tmp", delete=False, newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)
        file.flush()
        os.fsync(file.fileno())
    os.chmod(file.name, 0o644)
    os.replace(file.name, path)


def plain(command):
    """The command without where things lie on this machine."""
    return " ".join(command).replace(PROJECT + "/", "").replace(scratch.FOLDER + "/", "").replace(tempfile.gettempdir() + "/", "")


def processor_name():
    """The model's name, which on a virtual machine may hide its generation, with the widest vectors it has."""
    found = {}
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        for line in info:
            name, _, value = line.partition(":")
            found.setdefault(name.strip(), value.strip())
    flags = found.get("flags", "").split()
    vectors = next((told for flag, told in [("avx512f", " with AVX-512"), ("avx2", " with AVX2")] if flag in flags), "")
    return found.get("model name", platform.processor()) + vectors


def poise_version(poise, known={}):
    """Version and commit of our program."""
    if poise not in known:
        version = Execution([poise, "--version"], None).lines[0]
        try:
            version += "+" + Execution(["git", "-C", PROJECT, "rev-parse", "--short", "HEAD"], None).lines[0]
        except (Failed, OSError):
            pass
        known[poise] = version
    return known[poise]


if __name__ == "__main__":
    main()
