"""Reads the shape of Swift files: imports, declared types, and which files use which of them. By names alone, without a compiler."""

import dataclasses
import pathlib
import re

TYPE_KEYWORDS = {"struct", "class", "enum", "protocol", "actor", "extension", "typealias", "associatedtype"}
ACCESS = {"public", "open", "package", "internal", "fileprivate", "private"}
IMPORT = re.compile(
    r"^[ \t]*((?:@\w+(?:\([^)\n]*\))?[ \t]+)*)(?:(?:public|package|internal|fileprivate|private)[ \t]+)?import[ \t]+"
    r"(?:(?:struct|class|enum|protocol|actor|typealias|func|let|var)[ \t]+)?(\w+)", re.MULTILINE)
TOKEN = re.compile(r"`?[^\W\d]\w*`?|[{}()\[\]<>.,:;=@&|?!]|\S", re.UNICODE)
OPENING = re.compile(r'//|/\*|#*"')


def without_comments_and_strings(text):
    """The text with comments and strings blanked, of the same length and lines. Code inside `\\( )` of a string stays."""
    out = list(text)

    def blank(start, end):
        for i in range(start, end):
            if out[i] != "\n":
                out[i] = " "

    def comment(start):
        depth, i = 0, start
        while i < len(text):
            if text.startswith("/*", i):
                depth, i = depth + 1, i + 2
            elif text.startswith("*/", i):
                depth, i = depth - 1, i + 2
                if depth == 0:
                    break
            else:
                i += 1
        blank(start, i)
        return i

    def string(start):
        """From the first quote or number sign to the character after the last."""
        i = start
        while text[i] == "#":
            i += 1
        hashes = text[start:i]
        quote = '"""' if text.startswith('"""', i) else '"'
        i += len(quote)
        close, interpolation, escape = quote + hashes, "\\" + hashes + "(", "\\" + hashes
        blank(start, i)
        while i < len(text):
            if text.startswith(close, i):
                blank(i, i + len(close))
                return i + len(close)
            if text.startswith(interpolation, i):
                blank(i, i + len(interpolation))
                i = code(i + len(interpolation), inside=True)
                blank(i - 1, i)
            elif text.startswith(escape, i):
                blank(i, i + len(escape) + 1)
                i += len(escape) + 1
            elif text[i] == "\n" and quote == '"':
                return i
            else:
                blank(i, i + 1)
                i += 1
        return i

    def code(start, inside):
        """To the end, or to the character after the parenthesis that closes an interpolation."""
        depth, i = 1, start
        while i < len(text):
            if not inside:
                match = OPENING.search(text, i)
                if match is None:
                    return len(text)
                i = match.start()
            if text.startswith("//", i):
                end = text.find("\n", i)
                end = len(text) if end < 0 else end
                blank(i, end)
                i = end
            elif text.startswith("/*", i):
                i = comment(i)
            elif OPENING.match(text, i):
                i = string(i)
            else:
                if text[i] == "(":
                    depth += 1
                elif text[i] == ")":
                    depth -= 1
                    if depth == 0:
                        return i + 1
                i += 1
        return i

    code(0, inside=False)
    return "".join(out)


@dataclasses.dataclass
class Declaration:
    """A type, by its full name such as ("Outer", "Inner")."""

    path: tuple
    line: int
    keyword: str
    is_private: bool


@dataclasses.dataclass
class Use:
    """A chain of names such as ("Outer", "Inner") that may name a type, and the types in whose bodies it stands, innermost last."""

    names: tuple
    scopes: tuple
    line: int


class SwiftFile:
    def __init__(self, path, text=None):
        self.path = pathlib.Path(path)
        self.text = self.path.read_text(encoding="utf-8") if text is None else text
        self.code = without_comments_and_strings(self.text)
        # (line, room, whether it is `@testable`)
        self.imports = [(self.code.count("\n", 0, m.start(2)) + 1, m.group(2), "@testable" in m.group(1)) for m in IMPORT.finditer(self.code)]
        self.declarations, self.uses = [], []
        self._read()

    def _read(self):
        tokens, line = [], 1
        position = 0
        for match in TOKEN.finditer(self.code):
            line += self.code.count("\n", position, match.start())
            position = match.start()
            tokens.append((match.group().strip("`"), line))
        words = [word for word, _ in tokens]
        # Each brace that is open: the path of the type whose body it is, or none; and the generic names that it brings.
        braces = []
        pending, generics = None, set()

        def scopes():
            return tuple(path for path, _ in braces if path)

        i = 0
        while i < len(words):
            word, line = tokens[i]
            before = words[i - 1] if i else ""
            following = words[i + 1] if i + 1 < len(words) else ""
            if word == "{":
                braces.append((pending, frozenset(generics)))
                pending, generics = None, set()
            elif word == "}":
                if braces:
                    braces.pop()
                pending, generics = None, set()
            elif word in TYPE_KEYWORDS and before not in (".", ":", ",", "<") and is_name(following) and following not in (
                "func", "var", "let", "subscript", "init", "case", "override", "final", "static", "private", "public", "internal"
            ):
                names, j = chain(words, i + 1)
                enclosing = scopes()
                outer = enclosing[-1] if enclosing else ()
                if word == "extension":
                    path = names
                    self.uses.append(Use(names, enclosing, line))
                else:
                    path = outer + names
                    modifiers = self._modifiers(words, i)
                    self.declarations.append(
                        Declaration(path, line, word, not enclosing and bool(modifiers & {"private", "fileprivate"})))
                generics = parameters(words, j)
                if word not in ("typealias", "associatedtype"):
                    pending = path
                i = j
                continue
            elif word in ("func", "init", "subscript") and before != ".":
                j = i + 1
                # The name, or an operator's characters.
                while word == "func" and j < len(words) and words[j] not in ("(", "<"):
                    j += 1
                generics = parameters(words, j)
                pending = None
                i = j
                continue
            elif is_name(word) and (word[0].isupper() or word == "Self") and before != ".":
                if not any(word in names for _, names in braces) and word not in generics:
                    names, j = chain(words, i)
                    self.uses.append(Use(names, scopes(), line))
                    i = j
                    continue
            i += 1

    @staticmethod
    def _modifiers(words, i):
        found = set()
        while i > 0 and (words[i - 1] in ACCESS or words[i - 1] in {"final", "indirect", "nonisolated", "distributed"}):
            i -= 1
            found.add(words[i])
        return found


def is_name(word):
    return bool(word) and (word[0].isalpha() or word[0] == "_")


def chain(words, i):
    """The names `A.B.C` that begin at i, and what comes after them."""
    names = [words[i]]
    i += 1
    while i + 1 < len(words) and words[i] == "." and is_name(words[i + 1]):
        names.append(words[i + 1])
        i += 2
    return tuple(names), i


def parameters(words, i):
    """The names of the generic parameters in `<…>` at i."""
    names, depth = set(), 0
    if i >= len(words) or words[i] != "<":
        return names
    expects = True
    while i < len(words):
        if words[i] == "<":
            depth += 1
        elif words[i] == ">":
            depth -= 1
            if depth == 0:
                break
        elif words[i] == "," and depth == 1:
            expects = True
        elif expects and is_name(words[i]) and words[i] not in ("let", "each"):
            names.add(words[i])
            expects = False
        i += 1
    return names


@dataclasses.dataclass
class Edge:
    """That a file uses a type of another."""

    name: str
    line: int


def file_graph(files):
    """From each file to the files whose types it names: {file: {other: Edge}}, for the files of one room."""
    declared = {}
    for file in files:
        for declaration in file.declarations:
            declared.setdefault(declaration.path, []).append((file, declaration.is_private))

    def homes(path, user):
        """The files in which a type that `user` can see is declared."""
        found = declared.get(path, [])
        if any(home is user for home, _ in found):
            return [user]
        return [home for home, is_private in found if not is_private]

    graph = {file: {} for file in files}
    for file in files:
        for use in file.uses:
            path = resolve(use, file, homes)
            # `Outer.Inner` names both.
            for length in range(1, len(path) + 1):
                for home in homes(path[:length], file):
                    if home is not file:
                        graph[file].setdefault(home, Edge(".".join(path[:length]), use.line))
    return graph


def resolve(use, file, homes):
    """The longest known type that a chain of names begins with, looked up from the inside to the outside; empty if there is none."""
    names = use.names
    # From inside of Outer.Inner: Outer.Inner.X, Outer.X, X.
    prefixes = [scope[:length] for scope in reversed(use.scopes) for length in range(len(scope), 0, -1)] + [()]
    if names[0] == "Self":
        prefixes, names = [use.scopes[-1] if use.scopes else ()], names[1:]
    for prefix in prefixes:
        if names and not homes(prefix + names[:1], file):
            continue
        length = min(1, len(names))
        while length < len(names) and homes(prefix + names[: length + 1], file):
            length += 1
        # What the scope itself is was named where the scope begins.
        return prefix + names[:length] if names else ()
    return ()


def circles(graph):
    """Strongly connected components of more than one file. Source: Tarjan 1972, "Depth-first search and linear graph algorithms"."""
    index, low, on_stack, stack, found = {}, {}, set(), [], []

    for root in graph:
        if root in index:
            continue
        work = [(root, iter(graph[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, others = work[-1]
            for other in others:
                if other not in index:
                    index[other] = low[other] = len(index)
                    stack.append(other)
                    on_stack.add(other)
                    work.append((other, iter(graph[other])))
                    break
                if other in on_stack:
                    low[node] = min(low[node], index[other])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    component = []
                    while True:
                        member = stack.pop()
                        on_stack.discard(member)
                        component.append(member)
                        if member is node:
                            break
                    if len(component) > 1:
                        found.append(component)
    return found
