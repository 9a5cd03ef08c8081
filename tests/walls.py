#!/usr/bin/env python3
"""Hold the walls of the house.

    tests/walls.py SOURCE-FOLDER BUILD-FOLDER

Reads the C of store, sync and serve, and their objects in a build folder that
is up to date, and prints one line for each breach:

    include   a file includes one of a part that it may not know
    link      or calls it without including it
    circle    files, or folders, that need each other
    format    a format's name outside the rooms of formats
    mutable   a variable at file scope, or a static one in a function
    readme    a README's table of files has one that is not there
    top       a name at the top of the repository that does not belong there
    bare      a function in a header without a word on it or on its group

A row of a table that is handed over by pointer is no need as the linker sees
it, and that is meant: it is how formats are plugged in.  Status 1 if anything
was printed, 2 if it could not be looked at.
"""
import collections
import json
import os
import re
import shlex
import subprocess
import sys

# What each part may know besides itself.
PARTS = {"store": (), "sync": ("store",), "serve": ("store",)}

# What the top of the repository has, dot files aside.
TOP = {"CMakeLists.txt", "README.md", "benchmarks", "etc", "packaging", "serve",
    "store", "sync", "tests"}

# The names of formats, and who may write them as a string: the folders of
# formats, the tables with one row a format, and lock files, which are a
# format's own but lie together because their texts are alike.  A folder github
# is no exception: what GitHub calls a format stands in the format's row.
FORMATS = ("npm", "oci", "rubygems", "maven", "nuget", "container")
FORMAT_FOLDERS = ("npm", "oci", "rubygems", "maven", "nuget")
FORMAT_PLACES = ("store/format/format.c", "sync/kinds.c", "serve/formats.c",
    "sync/select/lock/")

# Variables that may change, "file: name".  A signal handler has nowhere else
# to leave its word, and a function that stands in front of the C library's
# nowhere else to look.
MUTABLE = ("sync/base/stop.c: stop_wanted", "serve/http/gate.c: by_fd")


def stop(text):
    print("walls: %s" % text, file=sys.stderr)
    sys.exit(2)


def part_of(path):
    return path.split("/", 1)[0]


def sources(top):
    """The .c and .h of the parts, by their paths from the top."""
    found = {}
    for part in PARTS:
        for folder, folders, names in os.walk(os.path.join(top, part)):
            folders.sort()
            for name in sorted(names):
                if name.endswith((".c", ".h")):
                    path = os.path.join(folder, name)
                    with open(path, encoding="utf-8") as f:
                        found[os.path.relpath(path, top)] = f.read()
    return found


# A comment, a string or a character constant, whichever begins first.
TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:[^"\\\n]|\\.)*"|'
    r"'(?:[^'\\\n]|\\.)*'", re.S)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*["<]([^">]+)[">]', re.M)


def without_comments(text):
    """The same text, blanks for comments, every line where it was."""
    return TOKEN.sub(lambda m: re.sub(r"[^\n]", " ", m[0])
        if m[0].startswith("/") else m[0], text)


def line_of(text, at):
    return text.count("\n", 0, at) + 1


def check_includes(path, text, files):
    for m in INCLUDE.finditer(text):
        near = os.path.normpath(os.path.join(os.path.dirname(path), m[1]))
        target = near if near in files else os.path.normpath(m[1])
        part, own = part_of(target), part_of(path)
        if part in PARTS and part != own and part not in PARTS[own]:
            yield "include: %s:%d: %s may not include %s" % (path,
                line_of(text, m.start()), own, target)


def check_formats(path, text):
    folders = path.split("/")[:-1]
    if any(f in FORMAT_FOLDERS for f in folders) or any(path == p or
            p.endswith("/") and path.startswith(p) for p in FORMAT_PLACES):
        return
    for m in TOKEN.finditer(text):
        if m[0].startswith('"') and m[0][1:-1] in FORMATS:
            yield "format: %s:%d: %s" % (path, line_of(text, m.start()), m[0])


PROTOTYPE = re.compile(r"^[a-z][\w \t*]*[\s*](ferry_\w+)\([^;{]*\)[^;{]*;.*",
    re.M)


def check_comments(path, text):
    """text with its comments.  A group is what no empty line divides, and what
    follows a comment that stands alone."""
    told = False
    for group in re.split(r"\n[ \t]*\n", text):
        if re.fullmatch(r"\s*/\*.*\*/\s*", group, re.S):
            told = True
            continue
        for m in PROTOTYPE.finditer(group):
            if not told and "/*" not in group[:m.end()]:
                yield "bare: %s: %s()" % (path, m[1])
        told = False


def check_readmes(top):
    """What the first cells of tables in READMEs call a file."""
    for part in PARTS:
        for folder, _, names in os.walk(os.path.join(top, part)):
            if "README.md" not in names:
                continue
            path = os.path.join(folder, "README.md")
            with open(path, encoding="utf-8") as f:
                cells = re.findall(r"^\| (`[^|]*) \|", f.read(), re.M)
            for name in re.findall(r"`([\w/]+\.(?:c|h|\[ch\]))`",
                    " ".join(cells)):
                for end in name.partition(".")[2].strip("[]"):
                    real = name.partition(".")[0] + "." + end
                    if not os.path.exists(os.path.join(folder, real)):
                        yield "readme: %s: %s" % (os.path.relpath(path, top),
                            real)


def check_top(top):
    listed = subprocess.run(["git", "-C", top, "ls-files"], text=True,
        capture_output=True, check=False)
    names = {part_of(p) for p in listed.stdout.splitlines()}
    for name in sorted(names - TOP):
        if not name.startswith("."):
            yield "top: %s" % name


def objects(top, build):
    """Object file -> source, of what this build makes of the parts."""
    try:
        with open(os.path.join(build, "compile_commands.json"),
                encoding="utf-8") as f:
            commands = json.load(f)
    except OSError as e:
        stop("%s: %s" % (e.filename, e.strerror))
    found = {}
    for c in commands:
        source = os.path.relpath(os.path.join(c["directory"], c["file"]), top)
        if part_of(source) not in PARTS:
            continue
        words = c.get("arguments") or shlex.split(c["command"])
        path = os.path.join(c["directory"], words[words.index("-o") + 1])
        if not os.path.exists(path):
            stop("%s is not built" % path)
        found[path] = source
    if not found:
        stop("%s builds nothing of %s" % (build, ", ".join(PARTS)))
    return found


def symbols(paths):
    """(object, symbol, class, section) of every symbol."""
    names = list(paths)
    # The name of a single file is not printed.
    out = subprocess.run(["nm", "--format=sysv", *names, names[0]],
        stdout=subprocess.PIPE, text=True, check=False)
    if out.returncode:
        stop("nm: status %d" % out.returncode)
    path = None
    for line in out.stdout.splitlines():
        if line.endswith(":") and "ymbols from " in line:
            path = line[line.index("ymbols from ") + 12:-1]
        cells = [c.strip() for c in line.split("|")]
        if len(cells) == 7:
            yield path, cells[0], cells[2], cells[6]


def is_mutable(section):
    return not section.startswith(".data.rel.ro") and (section == "*COM*" or
        re.match(r"\.(data|bss|tdata|tbss)(\.|$)", section) is not None)


class Graph:
    """Who needs whom, with one reason for each."""

    def __init__(self):
        self.to = collections.defaultdict(dict)

    def add(self, a, b, why):
        self.to[a].setdefault(b, why)

    def shortest(self, start, within):
        """The shortest way from start back to it, as a list of nodes."""
        before, queue = {}, collections.deque([start])
        while queue:
            a = queue.popleft()
            for b in sorted(self.to[a]):
                if b == start:
                    way = [start, a] if a != start else [start]
                    while a != start:
                        a = before[a]
                        way.append(a)
                    return way[::-1]
                if b in within and b not in before:
                    before[b] = a
                    queue.append(b)
        raise AssertionError("no way back to %s" % start)

    def circles(self):
        """The strongly connected components of more than one node (Tarjan)."""
        number, low, stack, found = {}, {}, [], []

        def visit(a):
            number[a] = low[a] = len(number)
            stack.append(a)
            for b in sorted(self.to.get(a, ())):
                if b not in number:
                    visit(b)
                    low[a] = min(low[a], low[b])
                elif b in stack:
                    low[a] = min(low[a], number[b])
            if low[a] == number[a]:
                at = stack.index(a)
                if len(stack) - at > 1:
                    found.append(sorted(stack[at:]))
                del stack[at:]

        for a in sorted(self.to):
            if a not in number:
                visit(a)
        return sorted(found)


def check_circles(graph, what):
    for members in graph.circles():
        yield "circle: %d %s need each other: %s" % (len(members), what,
            ", ".join(members))
        # The shortest circles that together pass through all of them.
        seen = set()
        for start in members:
            if start in seen:
                continue
            way = graph.shortest(start, set(members))
            seen.update(way)
            yield "circle:   %s" % start
            for a, b in zip(way, way[1:]):
                yield "circle:     -> %s by %s" % (b, graph.to[a][b])


def check_objects(top, build):
    made = objects(top, build)
    owners, needs = collections.defaultdict(set), set()
    for path, symbol, kind, section in symbols(made):
        source = made[path]
        if kind in ("U", "w", "v"):
            needs.add((source, symbol))
            continue
        if kind.isupper():
            owners[symbol].add(source)
        if is_mutable(section) and "%s: %s" % (source, symbol) not in MUTABLE:
            yield "mutable: %s: %s in %s" % (source, symbol, section)

    files, folders = Graph(), Graph()
    for a, symbol in sorted(needs):
        own = part_of(a)
        # Two programs may each have one of that name.
        of = sorted(owners[symbol])
        for b in [b for b in of if part_of(b) == own] or of:
            if part_of(b) != own and part_of(b) not in PARTS[own]:
                yield "link: %s may not need %s by %s" % (a, b, symbol)
            files.add(a, b, symbol)
            x, y = os.path.dirname(a), os.path.dirname(b)
            if x != y:
                folders.add(x, y, "%s (%s, %s)" % (symbol,
                    os.path.basename(a), os.path.basename(b)))
    yield from check_circles(files, "files")
    yield from check_circles(folders, "folders")


def main():
    if len(sys.argv) != 3:
        print("usage: tests/walls.py SOURCE-FOLDER BUILD-FOLDER",
            file=sys.stderr)
        return 2
    top, build = (os.path.realpath(a) for a in sys.argv[1:])
    sys.setrecursionlimit(10000)
    written = sources(top)
    texts = {p: without_comments(t) for p, t in written.items()}
    breaches = []
    for path, text in written.items():
        if path.endswith(".h"):
            breaches += check_comments(path, text)
    for path, text in texts.items():
        breaches += check_includes(path, text, texts)
        breaches += check_formats(path, text)
    breaches += check_readmes(top)
    breaches += check_top(top)
    breaches += check_objects(top, build)
    for b in breaches:
        print(b)
    if not breaches:
        print("walls: %d files, nothing wrong" % len(texts))
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
