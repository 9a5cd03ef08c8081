#!/usr/bin/env python3
"""A static NuGet registry, version 3 of the protocol.

    mknuget.py DIR BASE <<END
    pkg("Foo.Bar", "1.0.0", needs={"net8.0": {"Baz": "[1.0,2.0)"}, "": {}})
    meta("Foo.Bar", "1.0.0", listed=False)
    feed(page=64)
    END

pkg() writes a nupkg into DIR/nupkgs, with members of `files`; meta() says what
only a registry knows; feed() writes the documents of all, whose URLs begin with
BASE.  A second run adds to what is there.

feed(page=N): registrations of more than N versions have pages of their own.
     flat=False, registrations=False: the registry lacks them
     digests=True: leaves have packageHash
     gz=True: registrations are compressed, under their own names
     stamps=True: the index says when each page changed
"""
import base64
import gzip
import hashlib
import json
import os
import re
import sys
import xml.etree.ElementTree as ET
import zipfile
from xml.sax.saxutils import escape, quoteattr

DIR, BASE = sys.argv[1:3]
NUPKGS = os.path.join(DIR, "nupkgs")
META = os.path.join(DIR, "meta.json")
os.makedirs(NUPKGS, exist_ok=True)
known = json.load(open(META)) if os.path.exists(META) else {}


def normal(version):
    """As clients write it in URLs."""
    version = version.split("+")[0].lower()
    number, dash, label = version.partition("-")
    parts = [str(int(p)) for p in number.split(".")]
    parts += ["0"] * (3 - len(parts))
    if len(parts) == 4 and parts[3] == "0":
        parts.pop()
    return ".".join(parts) + dash + label


def order(version):
    number, dash, label = version.partition("-")
    labels = [(0, int(x), "") if x.isdigit() else (1, 0, x)
              for x in label.split(".")] if dash else []
    return ([int(p) for p in number.split(".")] + [0])[:4], not dash, labels


def nuspec(id, version, needs, types, **more):
    text = ['<?xml version="1.0" encoding="utf-8"?>\n'
            '<package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">\n'
            "  <metadata%s>\n" % more.pop("attributes", "")]
    more = dict({"authors": "Anna,Bert", "description": "What %s is." % id}, **more)
    for name, value in [("id", id), ("version", version)] + list(more.items()):
        if isinstance(value, tuple):
            text.append("    <%s type=%s>%s</%s>\n" %
                        (name, quoteattr(value[0]), escape(value[1]), name))
        else:
            text.append("    <%s>%s</%s>\n" % (name, escape(str(value)), name))
    if types:
        text.append("    <packageTypes>%s</packageTypes>\n" % "".join(
            "<packageType name=%s />" % quoteattr(t) for t in types))
    if needs is not None:
        text.append("    <dependencies>\n")
        for framework, group in needs.items():
            lines = "".join("        <dependency id=%s%s />\n" % (quoteattr(n),
                            " version=%s" % quoteattr(r) if r else "")
                            for n, r in group.items())
            if framework == "-":
                text.append(lines)
            else:
                text.append("      <group%s>\n%s      </group>\n" % (
                    " targetFramework=%s" % quoteattr(framework) if framework else "", lines))
        text.append("    </dependencies>\n")
    text.append("  </metadata>\n</package>\n")
    return "".join(text)


def pkg(id, version, needs=None, types=None, files=None, size=0, **more):
    path = os.path.join(NUPKGS, "%s.%s.nupkg" % (id.lower(), normal(version)))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        def add(name, data):
            info = zipfile.ZipInfo(name, (2024, 5, 1, 10, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            z.writestr(info, data)
        files = files or {"lib/netstandard2.0/_._": ""}
        ends = sorted({name.rsplit(".", 1)[-1] for name in files} | {"nuspec", "bin"})
        # What old clients find the nuspec by.
        add("_rels/.rels", '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            '<Relationship Type="http://schemas.microsoft.com/packaging/2010/07/manifest" Target="/%s.nuspec" Id="R1" />'
            "</Relationships>" % id)
        add("%s.nuspec" % id, nuspec(id, version, needs, types, **more))
        for name, data in files.items():
            add(name, data)
        add("[Content_Types].xml", '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml" />%s</Types>' %
            "".join('<Default Extension=%s ContentType="application/octet" />' % quoteattr(e) for e in ends if e != "_"))
        if size:
            add("content/data.bin", hashlib.shake_128(path.encode()).digest(size))
    return path


def meta(id, version, **said):
    known.setdefault("%s/%s" % (id.lower(), normal(version)), {}).update(said)
    json.dump(known, open(META, "w"))


def write(path, data, gz=False):
    path = os.path.join(DIR, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if not isinstance(data, (bytes, str)):
        data = json.dumps(data, indent=1)
    if isinstance(data, str):
        data = data.encode()
    with open(path + "~", "wb") as f:
        f.write(gzip.compress(data) if gz else data)
    os.rename(path + "~", path)


def local(element):
    return re.sub(r"\{.*\}", "", element.tag)


def read(path):
    """What a nupkg says: members of its nuspec, its groups."""
    with zipfile.ZipFile(path) as z:
        name = [n for n in z.namelist() if n.endswith(".nuspec") and "/" not in n][0]
        text = z.read(name)
    metadata = [e for e in ET.fromstring(text) if local(e) == "metadata"][0]
    said = {local(e): (e.text or "").strip() for e in metadata}
    groups = []
    for e in metadata:
        if local(e) != "dependencies":
            continue
        for g in [c for c in e if local(c) == "group"] or [e]:
            group = {"dependencies": [{"id": d.get("id"), "range": d.get("version") or "(, )"}
                                      for d in g if local(d) == "dependency"]}
            if g.get("targetFramework"):
                group["targetFramework"] = g.get("targetFramework")
            groups.append(group)
    return said, groups, text


def feed(page=64, flat=True, registrations=True, digests=False, gz=False, stamps=False, advisories=None):
    packages = {}
    for name in sorted(os.listdir(NUPKGS)):
        path = os.path.join(NUPKGS, name)
        said, groups, text = read(path)
        id, version = said["id"].lower(), normal(said["version"])
        packages.setdefault(id, {})[version] = said, groups
        to = "flat/%s/%s/%s.%s.nupkg" % (id, version, id, version)
        data = open(path, "rb").read()
        write(to, data)
        write("flat/%s/%s/%s.nuspec" % (id, version, id), text)
        if digests:
            meta(id, version, packageHash=base64.b64encode(
                hashlib.sha512(data).digest()).decode(), packageHashAlgorithm="SHA512")
    for id, versions in packages.items():
        listed = sorted(versions, key=order)
        write("flat/%s/index.json" % id, {"versions": listed})
        items = []
        for version in listed:
            said, groups = versions[version]
            leaf = "%s/reg/%s/%s.json" % (BASE, id, version)
            content = "%s/flat/%s/%s/%s.%s.nupkg" % (BASE, id, version, id, version)
            entry = {"@id": "%s/catalog/%s.%s.json" % (BASE, id, version), "id": said["id"],
                     "version": said["version"], "authors": said.get("authors", ""),
                     "description": said.get("description", ""), "listed": True,
                     "published": "2024-05-01T10:00:00Z", "packageContent": content,
                     "dependencyGroups": groups}
            entry.update(known.get("%s/%s" % (id, version), {}))
            items.append({"@id": leaf, "packageContent": content,
                          "registration": "%s/reg/%s/index.json" % (BASE, id),
                          "catalogEntry": entry})
        pages = [items[i:i + page] for i in range(0, len(items), page)]
        index = {"count": len(pages), "items": []}
        for k, some in enumerate(pages):
            url = "%s/reg/%s/page%d.json" % (BASE, id, k)
            one = {"@id": url, "count": len(some),
                   "lower": some[0]["catalogEntry"]["version"],
                   "upper": some[-1]["catalogEntry"]["version"]}
            if stamps:
                one["commitTimeStamp"] = "2024-05-01T10:00:00.%07dZ" % (
                    int(hashlib.sha1(json.dumps(some).encode()).hexdigest(), 16) % 10**7)
            if len(pages) > 1:
                write("reg/%s/page%d.json" % (id, k), dict(one, items=some), gz)
            else:
                one["items"] = some
            index["items"].append(one)
        write("reg/%s/index.json" % id, index, gz)
    resources = []
    if flat:
        resources.append({"@id": BASE + "/flat/", "@type": "PackageBaseAddress/3.0.0"})
    if registrations:
        resources += [{"@id": BASE + "/reg/", "@type": t} for t in (
            "RegistrationsBaseUrl", "RegistrationsBaseUrl/3.6.0")]
    if advisories is not None:
        resources.append({"@id": BASE + "/vuln/index.json", "@type": "VulnerabilityInfo/6.7.0"})
        write("vuln/index.json", [{"@name": "base", "@id": BASE + "/vuln/base.json",
              "@updated": "2024-05-01T10:00:00Z", "comment": "all of it"}])
        write("vuln/base.json", advisories)
    write("index.json", {"version": "3.0.0", "resources": resources})


exec(compile(sys.stdin.read(), "stdin", "exec"))
