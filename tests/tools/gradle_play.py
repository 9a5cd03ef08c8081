#!/usr/bin/env python3
"""Asks a Maven repository for what Gradle 6 and later ask for, in their order.

gradle_play.py URL [--gradle 5] [--token T] [--plugin ID:VERSION]… [--write-locks
    FILE] [--write-verification FILE] [--verify FILE] [--again] MODULE…

MODULE is GROUP:ARTIFACT:VERSION; a version may be 1.+, latest.release or a
snapshot.  Of each module the POM is read and, if that says so, the module
metadata (Gradle 5 asks for that first, of every module); then its parents; of
Gradle's variants the runtime one is taken, with constraints and platforms; the
highest version wins.  Files come last.  Each request is a line "METHOD PATH
STATUS"; each file that a class path would have "has NAME".  It ends with 1 at
the first answer that would end Gradle's build.  --again looks at everything a
second time as a warm cache does: HEAD, and the same ETag.

Source: store/format/maven/PROTOCOL.md, sections 2, 3 and 4.
"""
import argparse
import base64
import hashlib
import json
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
import xml.etree.ElementTree as ET

parser = argparse.ArgumentParser()
parser.add_argument("url")
parser.add_argument("modules", nargs="*")
parser.add_argument("--gradle", type=int, default=8)
parser.add_argument("--token")
parser.add_argument("--plugin", action="append", default=[])
parser.add_argument("--write-locks")
parser.add_argument("--write-verification")
parser.add_argument("--verify")
parser.add_argument("--again", action="store_true")
args = parser.parse_intermixed_args()
base = args.url.rstrip("/")
seen = {}  # path → (bytes, ETag, SHA-1 of the header) or None
MARK = "do_not_remove: published-with-gradle-metadata"


def ask(path, method="GET", fresh=False):
    request = urllib.request.Request(base + "/" + path, method=method)
    request.add_header("User-Agent", "Gradle/8.5 (Linux;6.1;amd64)")
    request.add_header("Accept-Encoding", "gzip,deflate")
    if fresh:
        request.add_header("Cache-Control", "max-age=0")
    if args.token:
        request.add_header("Authorization", "Basic " + base64.b64encode(f"x:{args.token}".encode()).decode())
    try:
        with urllib.request.urlopen(request) as answer:
            status, headers, body = answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as e:
        status, headers, body = e.code, e.headers, b""
    print(method, path, status)
    if status not in (200, 404):
        sys.exit(f"Could not {method} '{base}/{path}'. Received status code {status} from server")
    if status == 200 and headers.get("Content-Encoding"):
        sys.exit(f"{path} is encoded")
    return status, headers, body


def get(path):
    if path not in seen:
        status, headers, body = ask(path)
        seen[path] = (body, headers.get("ETag"), headers.get("X-Checksum-Sha1")) if status == 200 else None
    return seen[path] and seen[path][0]


def need(path, why):
    body = get(path)
    if body is None:
        sys.exit(f"Could not find {path}, for {why}")
    return body


def order(v):
    special = {"dev": -1, "rc": 1, "snapshot": 2, "final": 3, "ga": 4, "release": 5, "sp": 6}
    return [(1, int(p), "") if p.isdigit() else (0, special.get(p.lower(), 0), p)
            for p in re.findall(r"\d+|[A-Za-z]+", v)]


def text(node, path):
    return node.findtext(path) if node is not None else None


def xml(body):
    return ET.fromstring(re.sub(rb'\sxmlns="[^"]*"', b"", body, count=1))


def folder(g, a):
    return g.replace(".", "/") + "/" + a


class Module:
    def __init__(self, g, a, v):
        self.g, self.a, self.v = g, a, v
        self.dependencies, self.constraints, self.files = [], [], []
        self.at = f"{folder(g, a)}/{v}/"
        self.named = v
        if v.endswith("-SNAPSHOT"):
            snapshot = xml(need(self.at + "maven-metadata.xml", v)).find("versioning/snapshot")
            self.named = v[:-8] + text(snapshot, "timestamp") + "-" + text(snapshot, "buildNumber")
        stem = f"{self.at}{a}-{self.named}"
        self.module = None
        if args.gradle == 5:
            self.module = get(stem + ".module")
        pom = None
        if self.module is None:
            pom = get(stem + ".pom")
            if pom is None:
                status, _, _ = ask(stem + ".jar", "HEAD")
                if status == 404:
                    sys.exit(f"Could not find {g}:{a}:{v}")
            if pom is not None and args.gradle > 5 and MARK.encode() in pom:
                self.module = get(stem + ".module")
        if self.module is not None:
            self.read_module(json.loads(self.module))
        elif pom is not None:
            self.read_pom(xml(pom), stem)

    def read_module(self, module):
        """The runtime variant of the library, or of a platform; it may be elsewhere."""
        said = module["component"]
        if (said["group"], said["module"]) != (self.g, self.a) and "url" not in said:
            sys.exit(f"{self.a} has the module metadata of {said['module']}")
        variants = [v for v in module["variants"]
                    if v.get("attributes", {}).get("org.gradle.category") != "documentation"]
        runtime = [v for v in variants
                   if v.get("attributes", {}).get("org.gradle.usage") in ("java-runtime", "kotlin-runtime", None)]
        for variant in (runtime or variants)[:1]:
            at = variant.get("available-at")
            if at:
                self.dependencies.append((at["group"], at["module"], at["version"], False))
            for file in variant.get("files", []):
                self.files.append((self.at + file["url"], file))
            for d in variant.get("dependencies", []):
                category = d.get("attributes", {}).get("org.gradle.category")
                self.dependencies.append((d["group"], d["module"], said_version(d), category in ("platform", "enforced-platform")))
            for d in variant.get("dependencyConstraints", []):
                self.constraints.append((d["group"], d["module"], said_version(d)))

    def read_pom(self, pom, stem):
        managed, lineage = {}, [pom]
        while lineage[-1].find("parent") is not None:
            p = lineage[-1].find("parent")
            g, a, v = (text(p, x) for x in ("groupId", "artifactId", "version"))
            lineage.append(xml(need(f"{folder(g, a)}/{v}/{a}-{v}.pom", "a parent of " + self.a)))
        for one in lineage:
            for d in one.iterfind("dependencyManagement/dependencies/dependency"):
                key = (text(d, "groupId"), text(d, "artifactId"))
                if text(d, "scope") == "import":
                    v = text(d, "version")
                    need(f"{folder(*key)}/{v}/{key[1]}-{v}.pom", "a BOM of " + self.a)
                managed.setdefault(key, text(d, "version"))
        for one in lineage:
            for d in one.iterfind("dependencies/dependency"):
                if (text(d, "scope") or "compile") in ("compile", "runtime") and text(d, "optional") != "true":
                    key = (text(d, "groupId"), text(d, "artifactId"))
                    self.dependencies.append((*key, text(d, "version") or managed.get(key), False))
        packaging = text(pom, "packaging") or "jar"
        if packaging == "pom":
            self.constraints += [(g, a, v) for (g, a), v in managed.items()]
        else:
            self.files.append((f"{stem}.{'jar' if packaging in ('bundle', 'maven-plugin') else packaging}", {}))


def said_version(d):
    v = d.get("version") or {}
    return v.get("prefers") or v.get("strictly") or v.get("requires")


def choose(g, a, spec):
    """The version that a dynamic one means."""
    if spec is None or not (spec.endswith("+") or spec.startswith(("latest.", "[", "]", "("))):
        return spec
    body = need(f"{folder(g, a)}/maven-metadata.xml", spec)
    versions = [v.text for v in xml(body).iterfind("versioning/versions/version")]
    if spec == "latest.release":
        return text(xml(body), "versioning/release")
    if spec.endswith("+"):
        versions = [v for v in versions if v.startswith(spec[:-1])]
    else:
        low, high = re.match(r"[\[\](](.*),(.*)[\[\])]", spec).groups()
        versions = [v for v in versions if order(low) <= order(v) and (not high or order(v) < order(high))]
    if not versions:
        sys.exit(f"Could not find any version that matches {g}:{a}:{spec}")
    return max(versions, key=order)


def resolve(roots):
    """The highest of what is asked for, until nothing changes."""
    read, wanted = {}, {}
    constraints = {}
    for g, a, v, _ in roots:
        wanted[g, a] = choose(g, a, v)
    while True:
        before = dict(wanted)
        reached, queue, told = {}, [(g, a) for g, a, _, _ in roots], {}
        while queue:
            key = queue.pop(0)
            if key in reached:
                continue
            v = max((x for x in (wanted.get(key), constraints.get(key)) if x), key=order, default=None)
            if v is None:
                continue  # a constraint may still tell
            reached[key] = v
            if (key, v) not in read:
                read[key, v] = Module(*key, v)
            m = read[key, v]
            for g, a, said in m.constraints:
                said = choose(g, a, said) if said and (g, a) in wanted else said
                if said and "," not in said:
                    told[g, a] = max(told.get((g, a), said), said, key=order)
            for g, a, said, _ in m.dependencies:
                said = choose(g, a, said)
                if said:
                    wanted[g, a] = max(wanted.get((g, a), said), said, key=order)
                else:
                    wanted.setdefault((g, a), None)
                queue.append((g, a))
        if wanted == before and told == constraints:
            return [read[k, v] for k, v in reached.items()]
        constraints = told


def check_file(path, said):
    body = need(path, "a class path")
    if "size" in said and len(body) != said["size"]:
        sys.exit(f"{path} has {len(body)} bytes")
    for alg in ("sha512", "sha256", "sha1", "md5"):
        if alg in said and hashlib.new(alg, body).hexdigest() != said[alg]:
            sys.exit(f"{path} is not what its module metadata says")
    print("has", path.rsplit("/", 1)[1])


def look_again():
    for path, was in list(seen.items()):
        status, headers, _ = ask(path, "HEAD", fresh=True)
        if (status == 200) != (was is not None):
            sys.exit(f"{path} was there, or was not")
        if was and (headers.get("ETag") != was[1] or not was[1]):
            sys.exit(f"{path} has another ETag")
        if was and headers.get("X-Checksum-Sha1") not in (None, hashlib.sha1(was[0]).hexdigest()):
            sys.exit(f"{path} has another X-Checksum-Sha1")


def verification():
    """Of all that was read, also parents and BOMs."""
    out = ['<?xml version="1.0" encoding="UTF-8"?>\n<verification-metadata '
           'xmlns="https://schema.gradle.org/dependency-verification">\n<components>']
    for path, was in sorted(seen.items()):
        if was and not path.endswith("maven-metadata.xml"):
            *g, a, v, name = path.split("/")
            out.append(f'<component group="{".".join(g)}" name="{a}" version="{v}"><artifact name="{name}">'
                       f'<sha256 value="{hashlib.sha256(was[0]).hexdigest()}"/></artifact></component>')
    return "\n".join(out + ["</components>\n</verification-metadata>\n"])


def verify(file):
    said = {}
    for c in xml(open(file, "rb").read()).iterfind("components/component"):
        at = f"{folder(c.get('group'), c.get('name'))}/{c.get('version')}/"
        for a in c.iterfind("artifact"):
            said[at + a.get("name")] = a.find("sha256").get("value")
    for path, was in seen.items():
        if was and not path.endswith("maven-metadata.xml") and said.get(path) != hashlib.sha256(was[0]).hexdigest():
            sys.exit(f"Dependency verification failed: {path}")


plugins = [(i, i + ".gradle.plugin", v, False) for i, v in (p.split(":") for p in args.plugin)]
graph = []
for roots in (plugins, [(*m.split(":"), False) for m in args.modules]):
    one = resolve(roots) if roots else []
    for m in one:
        for path, said in m.files:
            check_file(path, said)
    graph += one
if args.write_locks:
    with open(args.write_locks, "w") as f:
        f.write("# This is a Gradle generated file for dependency locking.\n")
        for line in sorted({f"{m.g}:{m.a}:{m.v}=runtimeClasspath\n" for m in graph}):
            f.write(line)
        f.write("empty=\n")
if args.write_verification:
    with open(args.write_verification, "w") as f:
        f.write(verification())
if args.verify:
    verify(args.verify)
if args.again:
    look_again()
