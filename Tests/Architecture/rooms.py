#!/usr/bin/env python3
"""Checks the architecture: arrows between rooms point down, no files of a room depend on each other in a circle, and every public
declaration is documented.

    python3 Tests/Architecture/rooms.py                      check everything; exit code 1 if anything is wrong
    python3 Tests/Architecture/rooms.py --circles            show the circles alone, argued ones too
    python3 Tests/Architecture/rooms.py --undocumented       count public declarations without a sentence of their own, by room
    python3 Tests/Architecture/rooms.py --undocumented PoiseCore --list      each of them, with its line

The table of rooms in `Sources/README.md` says what each room may import; `Package.swift` and the imports of the files must agree with
it. Inside a room, a file depends on another if it names a type that the other declares. Members that an extension adds are not seen, so
`Type+Topic.swift` stands above `Type.swift`. A circle that lies within the files of one type is that type, spread over files. Every other circle
is a defect, unless `Tests/Architecture/circles.txt` argues for one of its arrows.

A public declaration needs a doc comment that begins with a sentence, unless a protocol that it conforms to documents it. A doc comment lists
all parameters or none. POISE_ROOT names another copy of the project to look at.
"""

import argparse
import os
import pathlib
import re
import sys

from documentation import undocumented
from swift_source import SwiftFile, circles, file_graph

ROOT = pathlib.Path(os.environ.get("POISE_ROOT", pathlib.Path(__file__).resolve().parents[2]))
TABLE = "Sources/README.md"
EXCEPTIONS = pathlib.Path(__file__).resolve().parent / "circles.txt"


# MARK: What the project says of itself


def read_table(text):
    """Rows `| `Room` | what it is | `Other`, `Other` |` of the first such table: {room: names}, from the top down."""
    rooms = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        name = re.fullmatch(r"`(\w+)`", cells[0])
        if line.startswith("|") and name and len(cells) == 3:
            rooms[name.group(1)] = re.findall(r"`(\w+)`", cells[2])
        elif rooms and not line.startswith("|"):
            break
    return rooms


def read_package(text):
    """The targets of a Package.swift: {name: (folder, names of the targets that it depends on)}. Tests are left out."""
    text = re.sub(r"//.*", "", text)
    # `let name: [Target.Dependency] = ["A", "B"] + others`
    lists = {
        match.group(1): text[match.end() : expression_end(text, match.end())]
        for match in re.finditer(r"\blet\s+(\w+)\s*(?::[^=\n]*)?=\s*(?=[\[\w])", text)
    }

    def names(expression, seen=()):
        """The names that a list of dependencies gives, those of other lists that it adds included."""
        found = []
        for literal, word in re.findall(r'"(\w+)"|(?<![.\w])(\w+)', re.sub(r"\.product\([^)]*\)", "", expression)):
            if literal:
                found.append(literal)
            elif word in lists and word not in seen:
                found += names(lists[word], (*seen, word))
        return found

    targets = {}
    for match in re.finditer(r"(?<![\w.])room\(|\.(?:target|executableTarget|systemLibrary)\(", text):
        call = text[match.end() : closing(text, match.end() - 1)]
        name = re.match(r'\s*(?:name:\s*)?"(\w+)"', call)
        if name is None:
            continue
        path = re.search(r'\bpath:\s*"([^"]+)"', call)
        begin = re.compile(r"\s*,\s*(?!\s|\w+:)").match(call, name.end()) or re.search(r"\bdependencies:\s*", call)
        dependencies = names(call[begin.end() : expression_end(call, begin.end())]) if begin else []
        targets[name.group(1)] = (path.group(1) if path else f"Sources/{name.group(1)}", dependencies)
    return targets


def expression_end(text, start):
    """Where a sum of lists that begins at `start` ends: before a comma or a line without a plus sign around it."""
    i = start
    while i < len(text) and text[i] not in ",)":
        if text[i] in "([":
            i = closing(text, i)
        elif text[i] == "\n" and not re.compile(r"\s*\+").match(text, i) and not re.search(r"\+\s*$|^\s*$", text[start:i]):
            break
        i += 1
    return i


def closing(text, opening):
    """Where the bracket at `opening` closes."""
    depth = 0
    for i in range(opening, len(text)):
        if text[i] in "([":
            depth += 1
        elif text[i] in ")]":
            depth -= 1
            if depth == 0:
                return i
    return len(text)


def read_exceptions(text):
    """Lines `Room  From.swift -> To.swift  reason`: {(room, from, to): (line, reason)}."""
    found, wrong = {}, []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = re.fullmatch(r"(\w+)\s+(\S+\.swift)\s+->\s+(\S+\.swift)\s+(\S.*)", line.strip())
        if match:
            found[match.group(1, 2, 3)] = (number, match.group(4))
        else:
            wrong.append(f"{EXCEPTIONS.name}:{number}: found {line.strip()!r}; allowed: Room  From.swift -> To.swift  reason.")
    return found, wrong


# MARK: Arrows between rooms


def reachable(room, table):
    """What a room may import: what its row names, and whatever the Swift rooms among these may import; C stays where it is named."""
    allowed, open_rooms = set(), [room]
    while open_rooms:
        for other in table.get(open_rooms.pop(), []):
            if other not in allowed:
                allowed.add(other)
                if not other.startswith("C"):
                    open_rooms.append(other)
        allowed = {other for other in allowed if not other.startswith("C") or other in table.get(room, [])}
    return allowed


def arrow_faults(table, targets, files):
    """What is wrong with the rooms and the arrows between them, as sentences."""
    faults = []
    if not table:
        return [f"{TABLE}: found no table of rooms; allowed rows of a name, what it is, and the names of what it may import."]
    order = {room: number for number, room in enumerate(table)}
    for room, (folder, _) in targets.items():
        if room not in table and folder.startswith("Sources/"):
            faults.append(f"{TABLE}: the target '{room}' of Package.swift is missing from the table. Add a row.")
    for room, names in table.items():
        if room not in targets:
            faults.append(f"{TABLE}: the table names '{room}', which Package.swift does not. Remove the row.")
        for name in names:
            if name not in order:
                faults.append(f"{TABLE}: '{room}' may import '{name}', which has no row.")
            elif order[name] <= order[room]:
                faults.append(f"{TABLE}: '{room}' may import '{name}', which stands above it. An arrow points down.")
    for room, (_, dependencies) in targets.items():
        if room not in table:
            continue
        allowed = reachable(room, table)
        for name in dependencies:
            if name in targets and name not in allowed:
                faults.append(f"Package.swift: '{room}' depends on '{name}', which the table in {TABLE} does not allow.")
        for file in files.get(room, []):
            for line, module, is_testable in file.imports:
                if module not in targets:
                    continue
                place = f"{relative(file)}:{line}"
                if module not in allowed:
                    faults.append(f"{place}: '{room}' imports '{module}', which the table in {TABLE} does not allow.")
                elif module not in dependencies:
                    faults.append(f"{place}: '{room}' imports '{module}', which is not among its dependencies in Package.swift.")
                if is_testable:
                    faults.append(f"{place}: '{room}' imports '{module}' as @testable, which only tests may do.")
    return faults


def path_faults(text, exists):
    """Files and folders that the README names and that are not there. A bare file name is one in some folder of the sources or tests."""
    faults = []
    for number, line in enumerate(text.splitlines(), 1):
        for path in re.findall(r"`([\w+.-]*/[\w+./-]*|[\w+.-]+\.(?:swift|py|txt|md))`", line):
            if not exists(path):
                faults.append(f"{TABLE}:{number}: names '{path}', which is not there.")
    return faults


def exists(path):
    path = path.rstrip("/")
    if (ROOT / path).exists() or (ROOT / "Sources" / path).exists():
        return True
    if "/" in path:
        return any((room / path).exists() for room in (ROOT / "Sources").iterdir())
    return any(True for folder in ("Sources", "Tests") for _ in (ROOT / folder).rglob(path))


# MARK: Documentation


def documentation_faults(files):
    """Public declarations without a sentence, and lists of parameters that do not fit, as sentences with file and line."""
    faults = []
    for missing, parameters, _ in undocumented(files).values():
        faults += [
            (file, line, f"found no sentence for the public declaration '{text}'. Write one in a doc comment above it.")
            for file, line, text in missing
        ]
        faults += [
            (file, line, f"the doc comment's list of parameters does not fit: {fault}. List all parameters by their inner names, or none.")
            for file, line, fault in parameters
        ]
    return [f"{relative(file)}:{line}: {text}" for file, line, text in sorted(faults, key=lambda fault: (str(fault[0].path), fault[1]))]


# MARK: Circles inside a room


def type_name(file):
    """`World` of `World.swift` and of `World+Joints.swift`."""
    return file.path.stem.split("+")[0]


def circle_reports(room, files, exceptions, used):
    """The circles of a room, each as lines of text. Arrows that are argued for are left out, and noted in `used`."""
    graph = file_graph(files)
    for component in circles(graph):
        members = set(component)
        if len({type_name(file) for file in component}) == 1:
            continue
        for file in component:
            for other in graph[file]:
                key = (room, file.path.name, other.path.name)
                if other in members and key in exceptions:
                    used.add(key)
    left = {
        file: {other: edge for other, edge in edges.items() if (room, file.path.name, other.path.name) not in exceptions}
        for file, edges in graph.items()
    }
    reports = []
    for component in circles(left):
        if len({type_name(file) for file in component}) == 1:
            continue
        members = set(component)
        arrows = [
            f"      {relative(file)}:{edge.line}: names '{edge.name}' of {other.path.name}"
            for file in sorted(component, key=lambda file: str(file.path))
            for other, edge in sorted(left[file].items(), key=lambda item: item[1].line)
            if other in members
        ]
        reports.append((len(component), [f"  {room}: a circle of {len(component)} files:"] + arrows))
    return [lines for _, lines in sorted(reports, key=lambda report: (-report[0], report[1]))]


def relative(file):
    return file.path.relative_to(ROOT) if file.path.is_relative_to(ROOT) else file.path


def check(shows_circles_alone):
    targets = read_package((ROOT / "Package.swift").read_text(encoding="utf-8"))
    files = room_files(targets)
    faults, lines = [], []
    if not shows_circles_alone:
        readme = (ROOT / TABLE).read_text(encoding="utf-8") if (ROOT / TABLE).exists() else ""
        faults += arrow_faults(read_table(readme), targets, files) + path_faults(readme, exists)
        faults += documentation_faults(files)
    exceptions, wrong = read_exceptions(EXCEPTIONS.read_text(encoding="utf-8"))
    faults += wrong
    used = set()
    for room in sorted(files):
        reports = circle_reports(room, files[room], {} if shows_circles_alone else exceptions, used)
        for report in reports:
            lines += report
    if not shows_circles_alone:
        for key, (number, _) in exceptions.items():
            if key not in used:
                faults.append(f"{EXCEPTIONS.name}:{number}: {key[0]} has no circle through {key[1]} -> {key[2]}. Remove the line.")
    for fault in faults:
        print(fault)
    for line in lines:
        print(line)
    if lines and not shows_circles_alone:
        print(f"Move what one side needs to a file below both, or argue for an arrow in {EXCEPTIONS.name}.")
    if not (faults or lines):
        count = sum(map(len, files.values()))
        print(f"architecture: {count} files in {len(files)} rooms; every arrow points down, no circle is without an argument, "
              "and every public declaration is documented")
    return 1 if faults or lines else 0


def room_files(targets):
    """The Swift files of each target, apart from tests and from files that a generator wrote."""
    found = {}
    for room, (folder, _) in targets.items():
        if folder.startswith("Tests/"):
            continue
        paths = sorted(path for path in (ROOT / folder).rglob("*.swift") if not path.name.endswith(".pb.swift"))
        if paths:
            found[room] = [SwiftFile(path) for path in paths]
    return found


def show_undocumented(rooms, lists):
    files = room_files(read_package((ROOT / "Package.swift").read_text(encoding="utf-8")))
    unknown = [room for room in rooms if room not in files]
    if unknown:
        sys.exit(f"found {', '.join(unknown)}; allowed {', '.join(sorted(files))}")
    total = 0
    for room, (missing, faults, count) in undocumented(files).items():
        if rooms and room not in rooms:
            continue
        print(f"{room}: {len(missing)} of {count} public declarations have no sentence of their own, {len(faults)} lists of parameters do not fit")
        total += len(missing) + len(faults)
        if lists:
            for file, line, text in sorted(missing + faults, key=lambda fault: (str(fault[0].path), fault[1])):
                print(f"  {relative(file)}:{line}: {text}")
    return 1 if total else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--circles", action="store_true", help="show the circles of files alone, those that are argued for too")
    parser.add_argument("--undocumented", nargs="*", metavar="ROOM", help="count public declarations without a sentence of their own")
    parser.add_argument("--list", action="store_true", help="with --undocumented, show each of them")
    options = parser.parse_args()
    if options.undocumented is not None:
        sys.exit(show_undocumented(options.undocumented, options.list))
    sys.exit(check(options.circles))


if __name__ == "__main__":
    main()
