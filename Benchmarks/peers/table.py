#!/usr/bin/env python3
"""The table of peers in Benchmarks/README.md, made from Benchmarks/results/*.csv.

usage: Benchmarks/peers/table.py [--print | --check] [--by clock|processor] [--results FOLDER]

Writes what stands between the two markers in Benchmarks/README.md, or prints it, or says whether it stands there. Medians of the samples; a rate or
a time is the one on the clock, or, with --by processor, as if the program had had its core to itself (what a busy machine leaves of it).
Where a row has no bar, its ratio is that to the best peer.
"""
import argparse
import csv
import os
import re
import statistics
import sys
from typing import NamedTuple

from rows import PROJECT, ROWS, Bar

RESULTS = os.path.join(PROJECT, "Benchmarks", "results")
README = os.path.join(PROJECT, "Benchmarks", "README.md")
BEGIN, END = "<!-- peers: made by Benchmarks/peers/table.py -->", "<!-- peers: end -->"


def samples(row, results):
    """The lines of a row's file that hold its figure."""
    path = os.path.join(results, row.name + ".csv")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8", newline="") as file:
        return [line for line in csv.DictReader(file) if line["figure"] == row.title]


def value(line, row, by):
    """The sample's value; None where the goal was not reached."""
    if line["value"] == "":
        return None
    number = float(line["value"])
    if by == "clock" or row.unit == "MB" or row.is_processor_time:
        return number
    share = min(1, float(line["processor_s"]) / float(line["wall_s"]))
    return number * share if row.less_is_better else number / share


class Median(NamedTuple):
    """Of the samples of one side."""

    value: float | None  # None where too few samples reached the goal
    reached: int
    count: int
    note: str  # the last one
    seconds: float  # longest of the samples that did not reach it; of all where each did

    @property
    def is_missing(self):
        """Not installed, or not to be run."""
        return self.note.startswith(("not installed", "failed"))


def medians(row, by, results):
    """side: its Median."""
    found = {}
    for line in samples(row, results):
        found.setdefault(line["side"], []).append((value(line, row, by), line["note"], float(line["wall_s"] or 0)))
    result = {}
    for side, entries in found.items():
        reached = sorted(v if v is not None else float("inf") for v, _, _ in entries)
        # A time that was not reached is longer than any: the median of all samples stays one.
        middle = statistics.median_low(reached) if row.less_is_better else statistics.median(
            [v for v in reached if v != float("inf")] or [float("inf")])
        missed = [entry for entry in entries if entry[0] is None] or entries
        result[side] = Median(
            None if middle == float("inf") else middle, sum(v is not None for v, _, _ in entries), len(entries), missed[-1][1],
            max(seconds for _, _, seconds in missed))
    return result


def number(x):
    """Three significant digits, thousands apart."""
    digits = 0 if x >= 100 else 1 if x >= 10 else 2
    return f"{float(f'{x:.3g}'):,.{digits}f}"


def ratio(row, ours, theirs):
    return theirs / ours if row.less_is_better else ours / theirs


def libraries(peers):
    """Their names, without the algorithms."""
    return " or ".join(dict.fromkeys(re.sub(" (PPO|DDPG|TD3)$", "", peer) for peer in peers))


def markdown(by="clock", results=RESULTS):
    lines = ["| one core, one thread | Poise | peers | Poise is better by | asked |", "| --- | --- | --- | --- | --- |"]
    settings, notes = {}, []  # settings: the number of each
    machines, versions, rounds, loads = {}, {}, set(), []
    for row in ROWS:
        found = medians(row, by, results)
        mine = {side.name: found[side.name] for side in row.sides if side.is_ours and side.name in found}
        if not any(side.value is not None for side in mine.values()):
            continue
        best_of = min if row.less_is_better else max
        best = best_of(side.value for side in mine.values() if side.value is not None)
        theirs, ratios, asked = [], [], []
        for side in row.sides:
            if side.is_ours or side.name not in found:
                continue
            median = found[side.name]
            note = median.note
            some = f"{median.reached} of {median.count} seeds"
            if median.value is not None:
                theirs.append(f"{side.name} {number(median.value)}" + (f" ({some})" if median.reached < median.count else ""))
            elif median.is_missing:
                notes.append(f"{side.name} could not be {'installed' if note.startswith('not') else 'run'} here ({note.split(': ', 1)[1]}).")
            else:
                who = f"{some}, the others " if median.reached else ""
                theirs.append(f"{side.name}: {who}not within {number(median.seconds)} {row.unit} ({note})")
        # Without a bar of its own a row is compared with the best peer.
        peers = [side.name for side in row.sides if not side.is_ours and side.name in found]
        for bar in row.bars or ([Bar(peers)] if peers and row.limit is None else []):
            own = best if bar.ours is None else mine[bar.ours].value if bar.ours in mine else None
            their = [found[peer] for peer in bar.peers if peer in found]
            rivals = [rival.value for rival in their if rival.value is not None]
            beyond = [rival.seconds for rival in their if not rival.reached and not rival.is_missing and row.unit == "s"]
            if own is not None and rivals:
                better = f"{number(ratio(row, own, best_of(rivals)))}×"
            elif own is not None and beyond:
                better = f"over {number(ratio(row, own, min(beyond)))}×"
            else:
                better = "–"
            # With several, each says whom it is of.
            ratios.append(f"{better} {libraries(bar.peers)}" if len(row.bars) > 1 else better)
            if row.bars:
                asked.append(f"{bar.factor:g}×" if bar.factor else "–")
        if row.limit is not None:
            asked.append(f"under {row.limit:g} {row.unit}")
        cell = ", ".join(
            (number(side.value) if side.value is not None else "not reached") + (f" ({name.removeprefix('Poise ')})" if name != "Poise" else "")
            for name, side in mine.items())
        mark = f" <sup>{settings.setdefault(row.setting, len(settings) + 1)}</sup>" if row.setting else ""
        lines.append(
            f"| {row.title}, {row.unit}{mark} | {cell} | {'; '.join(theirs)} | {', '.join(ratios)} | {', '.join(asked)} |")
        for line in samples(row, results):
            machines.setdefault(f"{line['processor']}, {line['cores']} cores", {})[row.title] = True
            rounds.add(int(line["round"]))
            loads.append(float(line.get("load_before") or 0))
            for name, version in (part.split("=", 1) for part in line["versions"].split() if "=" in part):
                versions.setdefault(name, {})[version] = True
    if len(lines) == 2:
        return "*No results yet: `make bench-peers`.*"
    told = ", ".join(f"{name} {' and '.join(version)}" for name, version in sorted(versions.items()) if name not in ("poise", "python"))
    # Whoever measured fewer rows says which.
    usual = max(machines, key=lambda machine: len(machines[machine]))
    places = [usual] + [f"on {machine}: {', '.join(rows)}" for machine, rows in sorted(machines.items()) if machine != usual]
    how = "on the clock" if by == "clock" else "of processor time, since the machine was shared"
    # What a peer or Poise ran just before is in it, too: one process on one core is a load of 1.
    load = f"{min(loads):.1f} to {max(loads):.1f}, median {statistics.median(loads):.1f}"
    explained = "\n".join(f"{index}. {setting[0].upper()}{setting[1:]}." for setting, index in settings.items())
    text = "\n".join(lines) + (f"\n\n{explained}" if explained else "") + (
        f"\n\nMedians of up to {max(rounds)} rounds in turns, {how}; {'; '.join(places)}; load before a sample {load}. Poise {' and '.join(versions.get('poise', {}))}; {told}.")
    return text + "".join(f" {note}" for note in dict.fromkeys(notes))


def with_table(readme, text):
    """The file with the text between its markers."""
    if readme.count(BEGIN) != 1 or readme.count(END) != 1 or readme.index(BEGIN) > readme.index(END):
        sys.exit(f"Benchmarks/README.md: found {readme.count(BEGIN)} × '{BEGIN}' and {readme.count(END)} × '{END}'; needed is one of each, in this order.")
    before, rest = readme.split(BEGIN)
    return f"{before}{BEGIN}\n{text}\n{END}{rest.split(END)[1]}"


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--print", action="store_true", help="print it, leave the file alone")
    what.add_argument("--check", action="store_true", help="end with status 1 where the file says something else")
    parser.add_argument("--by", choices=["clock", "processor"], default="clock")
    parser.add_argument("--results", default=RESULTS)
    options = parser.parse_args(arguments)
    text = markdown(options.by, options.results)
    if options.print:
        print(text)
        return
    with open(README, encoding="utf-8") as file:
        readme = file.read()
    changed = with_table(readme, text)
    if options.check and changed != readme:
        sys.exit("Benchmarks/README.md: its table of peers is not what Benchmarks/results holds. Run: python3 Benchmarks/peers/table.py")
    if changed != readme:
        with open(README + ".tmp", "w", encoding="utf-8") as file:
            file.write(changed)
        os.replace(README + ".tmp", README)


if __name__ == "__main__":
    main()
