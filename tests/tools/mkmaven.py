#!/usr/bin/env python3
"""A Maven repository as a tree of files.

mkmaven.py DIR [add] <<END, with lines of Python that call

  artifact("g:a:1.0", needs=["g:b:1", ...], packaging="jar", parent="g:p:1",
      manage=[...], imports=["g:bom:1"], props={...}, exclude={"g:b": ["g:c"]},
      build="XML of <build>", more="other XML", files={"tests.jar": None},
      pom="the whole POM", sums=("sha1", "md5"))
  a need is "g:a:version[:scope[:type[:classifier]]]", "?" before it: optional;
      the version may be empty
  snapshot("g:a:1.0-SNAPSHOT", builds=["20240501.120000-1", ...], ...)
  metadata()  writes maven-metadata.xml of all that there is
  put("path", "text")
  plain(DIR)  takes over a tree as it is, by symbolic links, and adds sums

A file's content is its name, or what files says; a jar is an empty zip with it.
"""
import hashlib
import io
import os
import re
import sys
import zipfile

TOP = sys.argv[1]
os.makedirs(TOP, exist_ok=True)


def cut(gav):
    g, a, v = gav.split(":")[:3]
    return g, a, v, os.path.join(TOP, g.replace(".", "/"), a, v)


def sums_of(path, sums):
    data = open(path, "rb").read()
    for alg in sums:
        with open("%s.%s" % (path, alg), "w") as f:
            f.write(hashlib.new(alg, data).hexdigest())


def put(path, data, sums=("sha1", "md5")):
    path = os.path.join(TOP, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())
    sums_of(path, sums)


def jar(text, name="content"):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr(zipfile.ZipInfo(name), text)
    return out.getvalue()


def dependency(need, exclude, tag="dependency"):
    optional = need.startswith("?")
    g, a, v, scope, type_, classifier = (need.lstrip("?").split(":") + [""] * 4)[:6]
    x = "<%s><groupId>%s</groupId><artifactId>%s</artifactId>" % (tag, g, a)
    for name, value in (("version", v), ("scope", scope), ("type", type_), ("classifier", classifier)):
        if value:
            x += "<%s>%s</%s>" % (name, value, name)
    if optional:
        x += "<optional>true</optional>"
    for e in (exclude or {}).get("%s:%s" % (g, a), []):
        eg, ea = e.split(":")
        x += "<exclusions><exclusion><groupId>%s</groupId><artifactId>%s</artifactId></exclusion></exclusions>" % (eg, ea)
    return x + "</%s>\n" % tag


def model(gav, needs=(), packaging="jar", parent=None, manage=(), imports=(), props=None, exclude=None,
        build="", more="", path=None):
    g, a, v = gav.split(":")
    x = '<?xml version="1.0"?>\n<project xmlns="http://maven.apache.org/POM/4.0.0">\n<modelVersion>4.0.0</modelVersion>\n'
    if parent:
        pg, pa, pv = parent.split(":")
        x += "<parent><groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version>" % (pg, pa, pv)
        x += ("" if path is None else "<relativePath>%s</relativePath>" % path) + "</parent>\n"
    for name, value in (("groupId", g), ("artifactId", a), ("version", v)):
        if value:
            x += "<%s>%s</%s>" % (name, value, name)
    if packaging != "jar":
        x += "<packaging>%s</packaging>" % packaging
    x += "\n<properties>" + "".join("<%s>%s</%s>" % (k, w, k) for k, w in (props or {}).items()) + "</properties>\n"
    managed = "".join(dependency(m, exclude) for m in manage)
    managed += "".join(dependency(i + ":import:pom", None) for i in imports)
    if managed:
        x += "<dependencyManagement><dependencies>\n%s</dependencies></dependencyManagement>\n" % managed
    if needs:
        x += "<dependencies>\n%s</dependencies>\n" % "".join(dependency(n, exclude) for n in needs)
    if build:
        x += "<build>%s</build>\n" % build
    return x + more + "</project>\n"


def artifact(gav, files=None, pom=None, sums=("sha1", "md5"), packaging="jar", version=None, **more):
    g, a, v, folder = cut(gav)
    os.makedirs(folder, exist_ok=True)
    full = version or v
    every = {"pom": pom or model(gav, packaging=packaging, **more)}
    if packaging != "pom":
        every["jar" if packaging in ("jar", "maven-plugin", "bundle") else packaging] = None
    every.update(files or {})
    for end, data in every.items():
        if data is False:
            continue
        dash = "-" if "." in end and not end.startswith(".") and end.split(".")[0] not in ("tar", "jar", "pom") else "."
        name = "%s-%s%s%s" % (a, full, dash, end)
        if data is None:
            data = jar(name) if end.endswith("jar") else name
        put(os.path.relpath(os.path.join(folder, name), TOP), data, sums)


def snapshot(gav, builds, files=None, **more):
    g, a, v, folder = cut(gav)
    base = v[:-len("-SNAPSHOT")]
    newest = {}
    for b in builds:
        artifact(gav, version="%s-%s" % (base, b), files=files, **more)
    for name in sorted(os.listdir(folder)):
        m = re.match(re.escape("%s-%s-" % (a, base)) + r"(\d{8}\.\d{6})-(\d+)(?:-([^.]+))?\.(.+)$", name)
        if m and not name.endswith((".sha1", ".md5", ".sha256", ".sha512")):
            key = (m[3] or "", m[4])
            newest[key] = max(newest.get(key, ("", 0)), (m[1], int(m[2])))
    time, number = max(newest.values())
    rows = "".join("<snapshotVersion>%s<extension>%s</extension><value>%s-%s-%d</value><updated>%s</updated></snapshotVersion>\n"
        % ("<classifier>%s</classifier>" % c if c else "", e, base, t, n, t.replace(".", "")) for (c, e), (t, n) in sorted(newest.items()))
    put(os.path.relpath(folder, TOP) + "/maven-metadata.xml", "<metadata><groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version><versioning><snapshot>"
        "<timestamp>%s</timestamp><buildNumber>%d</buildNumber></snapshot><lastUpdated>%s</lastUpdated><snapshotVersions>%s</snapshotVersions></versioning></metadata>\n"
        % (g, a, v, time, number, time.replace(".", ""), rows))


def order(v):
    return [(1, int(x), "") if x.isdigit() else (0, 0, x) for x in re.split(r"[.\-]", v)]


def metadata():
    for folder, folders, names in os.walk(TOP):
        versions = [f for f in folders if any(n.endswith(".pom") for n in os.listdir(os.path.join(folder, f)))]
        if not versions:
            continue
        path = os.path.relpath(folder, TOP)
        versions.sort(key=order)
        releases = [v for v in versions if not v.endswith("-SNAPSHOT")]
        put(path + "/maven-metadata.xml", "<metadata>\n<groupId>%s</groupId>\n<artifactId>%s</artifactId>\n<versioning>\n<latest>%s</latest>\n%s<versions>\n%s</versions>\n"
            "<lastUpdated>20240501100000</lastUpdated>\n</versioning>\n</metadata>\n" % (os.path.dirname(path).replace("/", "."), os.path.basename(path), versions[-1],
            "<release>%s</release>\n" % releases[-1] if releases else "", "".join("<version>%s</version>\n" % v for v in versions)))


def plain(source):
    for folder, _, names in os.walk(source, followlinks=True):
        to = os.path.join(TOP, os.path.relpath(folder, source))
        os.makedirs(to, exist_ok=True)
        for name in names:
            path = os.path.join(to, name)
            real = os.path.realpath(os.path.join(folder, name))
            if os.path.isfile(real):
                os.symlink(real, path)
                sums_of(path, ("sha1",))


exec(compile(sys.stdin.read(), "the lines", "exec"))
