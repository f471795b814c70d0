#!/usr/bin/env python3
"""Would the tests notice a wrong line? Each wrong line of mutations.toml is put in by itself, and the tests that it names must fail.

The wrong lines are in no source that ships. The tree is copied into .build/mutations/tree, where each place of the table becomes a
choice between the right text and the wrong ones, made by the environment variable POISE_MUTANT. So one build serves all: the tests run
once as they are, and must pass, then once for each wrong line, in a process of its own. A wrong line is killed where a test fails, traps or
does not end in time. Tests that compare with digests of our own results are left out: they only say that bits have changed.

The status is 0 if every wrong line is killed, or argued for in the table. A right text that does not stand exactly once in its file is
an error, so that the table cannot rot.

usage: mutations.py [--check | --list] [--only REGEX]
"""

import argparse
import collections
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
TABLE = pathlib.Path(__file__).with_name("mutations.toml")
FOLDER = ROOT / ".build" / "mutations"
TREE = FOLDER / "tree"
BUILD = FOLDER / "build"
# What compares with digests of our own results.
DIGESTS = "MachineProbesTests|DoctorCommandTests"

# Rooms and tests on which no test of the table stands: left out of the copy, so that it is built sooner.
UNUSED = ["PoiseViewer", "PoiseViewerTests", "PoiseCommandLine", "PoiseProgram", "CommandLineTests", "ForeignEnvironment",
          "ReferenceDynamicsTests"]
LEAVE_OUT = """
let unused: Set<String> = [%s]
package.targets.removeAll { unused.contains($0.name) }
package.products.removeAll { ["poise", "PoiseCommandLine", "PoiseViewer"].contains($0.name) }
""" % ", ".join(f'"{name}"' for name in UNUSED)

# One for each room that is changed; `let` is read once, at the first question.
SWITCH = """import Foundation

@usableFromInline let presentMutant = Int(ProcessInfo.processInfo.environment["POISE_MUTANT"] ?? "") ?? 0

/// Whether wrong line number n is in force.
@usableFromInline @inline(never) func isMutant(_ n: Int) -> Bool { presentMutant == n }
"""


class Mutant:
    """One wrong line."""

    FIELDS = {"name", "file", "after", "right", "wrong", "form", "tests", "argued"}

    def __init__(self, number, entry):
        self.number = number
        unknown = sorted(set(entry) - self.FIELDS)
        missing = sorted(self.FIELDS - {"after", "form", "argued"} - set(entry))
        if unknown or missing:
            raise SystemExit(f"{TABLE.name}: entry {number} ({entry.get('name', 'without a name')}): "
                             f"unknown keys {unknown}, missing keys {missing}")
        self.name, self.file, self.tests = entry["name"], entry["file"], entry["tests"]
        self.right, self.wrong = entry["right"].strip("\n"), entry["wrong"].strip("\n")
        self.after = entry.get("after", "")
        self.form = entry.get("form", "expression")
        self.argued = entry.get("argued")
        if self.form not in ("expression", "statement"):
            raise SystemExit(f"{TABLE.name}: {self.name}: form '{self.form}'; allowed expression, statement")

    @property
    def room(self):
        return self.file.split("/")[1]


def read_table():
    with open(TABLE, "rb") as file:
        mutants = [Mutant(i + 1, entry) for i, entry in enumerate(tomllib.load(file)["mutant"])]
    doubles = [name for name, count in collections.Counter(m.name for m in mutants).items() if count > 1]
    if doubles:
        raise SystemExit(f"{TABLE.name}: names that stand twice: {', '.join(doubles)}")
    return mutants


def mutated(path, text, mutants):
    """The text of a source with a choice at the place of each mutant, and what is wrong with the table."""
    problems, places = [], {}
    for mutant in mutants:
        start = 0
        if mutant.after:
            if text.count(mutant.after) != 1 or mutant.right not in text[text.index(mutant.after):]:
                problems.append(f"{mutant.name}: what the right text comes after stands {text.count(mutant.after)} times in {path}, "
                                "or the right text not after it")
                continue
            start = text.index(mutant.after) + len(mutant.after)
        elif (found := text.count(mutant.right)) != 1:
            problems.append(f"{mutant.name}: the right text stands {found} times in {path}, not once")
            continue
        start = text.index(mutant.right, start)
        places.setdefault((start, start + len(mutant.right)), []).append(mutant)
    spans = sorted(places)
    for (_, end), (start, _) in zip(spans, spans[1:]):
        if start < end:
            problems.append(f"{path}: two right texts overlap at '{text[start:end][:60]}'")
    if problems:
        return text, problems
    for start, end in reversed(spans):
        here, right = places[start, end], text[start:end]
        if len({m.form for m in here}) > 1:
            problems.append(f"{path}: '{right[:60]}' is an expression and a statement")
        if here[0].form == "expression":
            choice = "(" + "".join(f"isMutant({m.number}) ? ({m.wrong}) : " for m in here) + f"({right}))"
        else:
            choice = "".join(f"if isMutant({m.number}) {{ {m.wrong} }} else " for m in here) + f"{{ {right} }}"
        text = text[:start] + choice + text[end:]
    return text, problems


def make_tree(mutants):
    """Copies the tree, mutated; what is the same already keeps its time, so that a second build is short."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=True)
    names = [name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]
    if (ROOT / "Package.resolved").is_file():
        names.append("Package.resolved")
    by_file, contents = collections.defaultdict(list), {}
    for mutant in mutants:
        by_file[mutant.file].append(mutant)
    problems = [f"{m.name}: there is no {m.file}" for m in mutants if m.file not in names]
    for name in names:
        contents[name] = (ROOT / name).read_bytes()
        if name in by_file:
            text, found = mutated(name, contents[name].decode(), by_file[name])
            contents[name] = text.encode()
            problems += found
    if problems:
        raise SystemExit("\n".join(["mutations: the table does not fit the sources:"] + problems))
    contents["Package.swift"] += LEAVE_OUT.encode()
    for folder in {"/".join(m.file.split("/")[:2]) for m in mutants}:
        contents[f"{folder}/Mutant.swift"] = SWITCH.encode()
    return contents


def write_tree(contents):
    for name, content in contents.items():
        path = TREE / name
        if not path.is_file() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    for path in TREE.rglob("*"):
        if path.is_file() and str(path.relative_to(TREE)) not in contents:
            path.unlink()
    # The packages that the tests of this tree were built with need not be fetched again.
    for name in ("checkouts", "repositories", "artifacts", "workspace-state.json"):
        source, target = ROOT / ".build" / "testing" / name, BUILD / name
        if source.exists() and not target.exists():
            BUILD.mkdir(parents=True, exist_ok=True)
            shutil.copytree(source, target, symlinks=True) if source.is_dir() else shutil.copy2(source, target)


def build():
    command = ["swift", "build", "--build-tests", "-c", "release", "-Xswiftc", "-enable-testing", "--package-path", str(TREE),
               "--scratch-path", str(BUILD)]
    built = subprocess.run(command, capture_output=True, text=True, errors="replace")
    if built.returncode:
        output = built.stdout + built.stderr
        lines = [line for line in output.splitlines() if ": error: " in line] or output.splitlines()[-40:]
        raise SystemExit("\n".join(["mutations: the mutated tree cannot be built:"] + sorted(set(lines))))


class Outcome:
    """How the tests went with one wrong line."""

    def __init__(self, number, tests, minutes):
        python = ROOT / ".build" / "python" / "bin" / "python"
        environment = {**os.environ, "POISE_MUTANT": str(number)}
        if python.exists():
            environment.setdefault("POISE_PYTHON", str(python))
        program = BUILD / "release" / "poisePackageTests.xctest"
        start = time.monotonic()
        log = FOLDER / f"{number}.txt"
        with open(log, "w") as output:
            try:
                self.status = subprocess.run(
                    [program, "--testing-library", "swift-testing", "--filter", tests, "--skip", DIGESTS],
                    cwd=TREE, env=environment, stdout=output, stderr=subprocess.STDOUT, timeout=60 * minutes).returncode
            except subprocess.TimeoutExpired:
                self.status = None
        self.seconds = time.monotonic() - start
        text = log.read_text(errors="replace")
        self.count = sum(map(int, re.findall(r"Test run with (\d+) tests?", text)))
        failed = re.findall(r"Test (\"[^\n]*?\"|\w+\([^\n]*?\)) (?:with \d+ test cases? )?(?:failed|recorded an issue)", text)
        self.by = failed[0] if failed else "no end in time" if self.status is None else f"status {self.status}" if self.status else ""

    @property
    def is_killed(self):
        return self.status != 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only whether every right text stands once in its file")
    parser.add_argument("--list", action="store_true", help="the wrong lines, and which tests must fail for each")
    parser.add_argument("--only", default="", metavar="REGEX", help="only wrong lines with such names")
    parser.add_argument("--jobs", type=int, default=max(1, (os.cpu_count() or 2) // 2), help="processes side by side")
    parser.add_argument("--minutes", type=float, default=5, help="for the tests of one wrong line")
    arguments = parser.parse_args()
    mutants = read_table()
    if arguments.list:
        for m in mutants:
            print(f"{m.name}: {m.tests}" + (f" (argued: {m.argued})" if m.argued else ""))
        return 0
    contents = make_tree(mutants)
    if arguments.check:
        print(f"mutations: {len(mutants)} wrong lines, every right text in its place")
        return 0
    chosen = [m for m in mutants if re.search(arguments.only, m.name)]
    write_tree(contents)
    build()

    plain = Outcome(0, "|".join(sorted({m.tests for m in chosen})), 60)
    if plain.is_killed or not plain.count:
        raise SystemExit(f"mutations: without a wrong line, {plain.count} tests end with {plain.by}: see {FOLDER}/0.txt")
    print(f"mutations: {plain.count} tests pass without a wrong line, in {plain.seconds:.0f} s", flush=True)

    results, failures = collections.defaultdict(collections.Counter), []
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for m, outcome in zip(chosen, pool.map(lambda m: Outcome(m.number, m.tests, arguments.minutes), chosen)):
            kind = "killed" if outcome.is_killed else "argued" if m.argued else "survived"
            if not outcome.is_killed and not outcome.count:
                kind, failures = "survived", failures + [f"{m.name}: no test is called like '{m.tests}'"]
            elif kind == "survived":
                failures.append(f"{m.name}: survived {outcome.count} tests of '{m.tests}'")
            elif kind == "killed" and m.argued:
                failures.append(f"{m.name}: killed by {outcome.by}, though the table argues that no test can: remove the argument")
            results[m.room][kind] += 1
            print(f"{kind:8} {m.name:40} {outcome.seconds:5.1f} s  {outcome.by or m.argued or ''}", flush=True)
    total = sum(results.values(), collections.Counter())
    print(f"\n{'room':22} killed argued survived")
    for room, counts in sorted(results.items()) + [("all", total)]:
        print(f"{room:22} {counts['killed']:6} {counts['argued']:6} {counts['survived']:8}")
    for failure in failures:
        print(f"mutations: {failure}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
