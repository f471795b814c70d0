"""Finds public declarations without a sentence of their own in a doc comment, and lists of parameters that do not fit their declaration.

A declaration that fulfils a requirement of a protocol of this project, or of a well-known one of Swift's, has its sentence there.
"""

import re

DECLARATION = re.compile(
    r"^(?P<indent>\s*)(?P<attributes>(?:@\w+(?:\([^)]*\))?\s+)*)(?P<modifiers>(?:(?:public|open|package|internal|fileprivate|private|"
    r"static|class|final|mutating|nonmutating|nonisolated|override|required|convenience|indirect|lazy|weak|consuming|borrowing|prefix|"
    r"postfix|infix)(?:\([^)]*\))?\s+)*)(?P<keyword>struct|class|enum|protocol|actor|extension|typealias|associatedtype|func|var|let|init|"
    r"subscript|case)\b(?P<rest>.*)")
SCOPES = ("struct", "class", "enum", "protocol", "actor", "extension")
# What protocols of Swift and its packages ask for, and say themselves.
KNOWN = {
    "description", "debugDescription", "==", "<", "hash(into:)", "encode(to:)", "init(from:)", "init(arrayLiteral:)", "startIndex", "endIndex",
    "subscript(position:)", "next()", "rawValue", "init(rawValue:)", "allCases", "id", "errorDescription", "init(argument:)", "index(after:)",
    "index(before:)", "run()", "validate()",
}


def name_of(keyword, rest):
    """`reset(into:)`, `count`, `init(_:from:)`: as documentation spells a declaration's name."""
    if keyword in ("func", "init", "subscript"):
        name, text = keyword, rest
        if keyword == "func":
            match = re.match(r"\s*(`?\w+`?|[^\s(\w]+)", rest)
            name, text = match.group(1).strip("`"), rest[match.end() :]
        if re.fullmatch(r"\W+", name):
            return name
        labels = [re.split(r"[\s:]", argument)[0] + ":" for argument in arguments(text)]
        return f"{name}({''.join(labels)})"
    match = re.match(r"\s*`?(\w+)`?", rest)
    return match.group(1) if match else ""


def has_sentence(lines, head):
    """Whether a doc comment ends above a line and begins with a sentence, not with a list of parameters."""
    first = head
    while first > 0 and lines[first - 1].strip().startswith("///"):
        first -= 1
    if first == head:
        return head > 0 and lines[head - 1].strip().endswith("*/")
    return not re.match(r"///\s*-\s*(Parameters?|Returns|Throws)\b", lines[first].strip())


def parameter_fault(lines, head, signature):
    """What is wrong with the list of parameters of the doc comment above a line: DocC wants none, or all by their inner names."""
    first = head
    while first > 0 and lines[first - 1].strip().startswith("///"):
        first -= 1
    named, is_list = [], False
    for line in lines[first:head]:
        text = line.strip()[3:]
        if single := re.match(r"\s*-\s*Parameter\s+`?(\w+)`?\s*:", text):
            named.append(single.group(1))
        elif re.match(r"\s*-\s*Parameters\s*:", text):
            is_list = True
        elif is_list and (item := re.match(r"\s{2,}-\s*`?(\w+)`?\s*:", text)):
            named.append(item.group(1))
        elif is_list and re.match(r"\s?-|\s?\S", text):
            is_list = False
    if not named:
        return ""
    wanted = inner_names(signature)
    missing, unknown = [name for name in wanted if name not in named], [name for name in named if name not in wanted]
    return "; ".join(
        filter(None, [missing and f"parameters without a line: {', '.join(missing)}", unknown and f"no such parameters: {', '.join(unknown)}"]))


def inner_names(signature):
    """`source` and `count` of `(from source: A, count: Int)`."""
    found = [re.match(r"(?:@\w+\s+)*(\w+)(?:\s+(\w+))?\s*:", argument) for argument in arguments(signature)]
    return [match.group(2) or match.group(1) for match in found if match]


def arguments(signature):
    """`from source: A` and `count: Int` of `<T>(from source: A, count: Int) -> B`."""
    # The operator of ranges is no bracket.
    signature = signature.replace("..<", "...")
    # Generic parameters come before the arguments.
    depth, i = 0, 0
    while i < len(signature) and (depth or signature[i] != "("):
        depth += {"<": 1, ">": -1}.get(signature[i], 0)
        i += 1
    found, depth, start = [], 0, i + 1
    for j in range(i, len(signature)):
        if signature[j] in "([{<":
            depth += 1
        elif signature[j] in ")]}" or signature[j] == ">" and signature[j - 1] != "-":
            depth -= 1
        if (signature[j] == "," and depth == 1) or (depth == 0 and signature[j] == ")"):
            if argument := signature[start:j].strip():
                found.append(argument)
            start = j + 1
        if depth == 0:
            break
    return found


class Scope:
    def __init__(self, keyword, name, is_public):
        self.keyword, self.name, self.is_public = keyword, name, is_public


def declarations(file):
    """Every declaration outside of bodies of functions: (line number, text, keyword, name, scopes, modifiers, whether it is documented,
    what is wrong with its parameters, the scope that it opens or `None`)."""
    lines, raw = file.code.split("\n"), file.text.split("\n")
    scopes, depth, found = [], 0, []
    pending = None
    for number, line in enumerate(lines):
        match = DECLARATION.match(line)
        # Only members of types, and what stands outside of everything, at the depth of the innermost type.
        if match and depth == len(scopes) and pending is None:
            keyword, rest = match["keyword"], match["rest"]
            modifiers = set(re.findall(r"\w+", match["modifiers"]))
            if keyword == "class" and re.match(r"\s+(func|var|let|subscript)\b", rest):
                keyword = None
            # `class` and `actor` are names of other things, too.
            if keyword in SCOPES and not re.match(r"\s+[`\w]", rest):
                keyword = None
            if keyword:
                # A signature may go on over lines.
                text = rest
                following = number
                while text.count("(") > text.count(")") and following + 1 < len(lines):
                    following += 1
                    text += " " + lines[following].strip()
                head = number
                while head > 0 and re.match(r"\s*@\w+(\([^)]*\))?\s*$", raw[head - 1]):
                    head -= 1
                if keyword in SCOPES:
                    name = re.match(r"\s*([`\w.]+)", rest).group(1).replace("`", "")
                    pending = Scope(keyword, name, bool(modifiers & {"public", "open"}))
                    pending.clause = rest
                found.append(
                    (number + 1, raw[number].strip(), keyword, name_of(keyword, text), list(scopes), modifiers, has_sentence(raw, head),
                     parameter_fault(raw, head, text) if keyword in ("func", "init", "subscript") else "", pending))
        elif pending is not None:
            pending.clause += " " + line.strip()
        for character in line:
            if character == "{":
                if pending is not None:
                    scopes.append(pending)
                    pending.clause = pending.clause.split("{")[0]
                    pending = None
                    depth += 1
                else:
                    depth += 1
            elif character == "}":
                depth -= 1
                if len(scopes) > depth:
                    scopes.pop()
    return found


def undocumented(rooms):
    """{room: ([(file, line, text)], the same for lists of parameters, how many public declarations it has)}, from {room: files}."""
    conformances, requirements = {}, {}
    read = {room: [(file, declarations(file)) for file in files] for room, files in rooms.items()}
    for files in read.values():
        for _, items in files:
            for _, _, keyword, name, scopes, *_, opened in items:
                if scopes and scopes[-1].keyword == "protocol":
                    requirements.setdefault(scopes[-1].name, set()).add(name)
                # A type or a protocol without members conforms, too.
                for scope in scopes + ([opened] if opened else []):
                    clause = scope.clause.split(" where ")[0]
                    if ":" in clause:
                        names = re.findall(r"\w+", clause.split(":", 1)[1])
                        conformances.setdefault(scope.name.split(".")[-1], set()).update(names)

    def required(name):
        """What the protocols of a type ask for, those that they stand on included."""
        seen, open_names, found = set(), [name], set()
        while open_names:
            for other in conformances.get(open_names.pop(), ()):
                if other not in seen:
                    seen.add(other)
                    open_names.append(other)
                    found |= requirements.get(other, set())
        return found

    result = {}
    for room, files in read.items():
        missing, faults, count = [], [], 0
        for file, items in files:
            for line, text, keyword, name, scopes, modifiers, is_documented, fault, _ in items:
                if keyword == "extension" or not is_public(keyword, scopes, modifiers):
                    continue
                count += 1
                if fault:
                    faults.append((file, line, fault))
                if is_documented or name in KNOWN:
                    continue
                owner = scopes[-1] if scopes else None
                if owner is not None and owner.keyword != "protocol" and keyword not in ("struct", "class", "enum", "case"):
                    if name in required(owner.name.split(".")[-1]):
                        continue
                missing.append((file, line, text))
        result[room] = (missing, faults, count)
    return result


def is_public(keyword, scopes, modifiers):
    if modifiers & {"private", "fileprivate", "internal", "package"}:
        return False
    if any(not scope.is_public for scope in scopes if scope.keyword != "extension"):
        return False
    if modifiers & {"public", "open"}:
        return True
    # Requirements and cases are as public as what they belong to; so is what stands in a public extension.
    return bool(scopes) and (scopes[-1].keyword == "protocol" or keyword == "case" or scopes[-1].keyword == "extension") and scopes[-1].is_public
