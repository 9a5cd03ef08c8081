#!/usr/bin/env python3
"""An npm registry with documents as real ones have them, in memory.

odd_npm.py PORT-FILE LOG-FILE [NAME…]

With names it has 1.0.0 of those packages, and no others.  Else, odd from the start:
  -             its name
  no-time, null-time, empty-time
  escaped       the names of its versions are written with escapes
  twice         1.0.0 is there twice; the last one has a tarball
  nameless, blank, umlaut, capitals, query
                no "name"; what the URLs of its tarballs have
  two-hashes    two sha512 in its integrity, of which one is right
  wrong-shasum  a wrong shasum beside the right integrity
  wrong-both    neither is right
  odd-hashes    a malformed sha512 beside the right one, and a shasum that is none
Taken away once the file `gone` is there, 1.0.0 and 1.1.0 of each:
  gone-all      the document says "unpublished"
  gone-empty    no versions in it
  gone-one      1.1.0 is not in it
  gone-holder   a security holder is all that is in it
  gone-404, gone-410, gone-451
  gone-json     {"error":"not_found"} with 200
Requests go to LOG-FILE: "METHOD PATH".
"""
import base64
import gzip
import hashlib
import http.server
import io
import json
import os
import sys
import tarfile
import urllib.parse

PORT_FILE, LOG, *NAMES = sys.argv[1:]
DOCUMENTS, FILES = {}, {}
TIME = "2020-01-01T00:00:00.000Z"


def tarball(name, version):
    text = json.dumps({"name": name, "version": version}).encode()
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        info = tarfile.TarInfo("package/package.json")
        info.size = len(text)
        tar.addfile(info, io.BytesIO(text))
    return gzip.compress(out.getvalue(), mtime=0)


def sri(data):
    return "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()


def version(name, number, path=None):
    path = path or f"/{name}/-/{name}-{number}.tgz"
    data = FILES[path] = tarball(name, number)
    return {"name": name, "version": number, "dist": {"tarball": BASE + path,
        "integrity": sri(data), "shasum": hashlib.sha1(data).hexdigest()}}


def document(name, *numbers, **more):
    return {"name": name, "dist-tags": {"latest": numbers[-1]},
        "versions": {n: version(name, n) for n in numbers},
        "time": {"created": TIME, "modified": TIME, **{n: TIME for n in numbers}}, **more}


def text(name):
    return json.dumps(DOCUMENTS[name])


def fill():
    for name in NAMES:
        DOCUMENTS[name] = document(name, "1.0.0")
    if NAMES:
        return
    for name in ("-", "no-time", "null-time", "empty-time", "escaped", "twice", "nameless",
        "blank", "umlaut", "capitals", "two-hashes", "wrong-shasum", "wrong-both",
        "odd-hashes"):
        DOCUMENTS[name] = document(name, "1.0.0")
    del DOCUMENTS["no-time"]["time"]
    DOCUMENTS["null-time"]["time"] = None
    DOCUMENTS["empty-time"]["time"] = {}
    DOCUMENTS["escaped"] = document("escaped", "1.0.0-rc.1", "1.0.0")
    DOCUMENTS["escaped"] = text("escaped").replace("1.0.0-rc", "1\\u002e0.0\\u002drc")
    DOCUMENTS["twice"] = text("twice").replace('"1.0.0": {', '"1.0.0": {}, "1.0.0": {', 1)
    del DOCUMENTS["nameless"]["name"]
    for name, path in (("blank", "/blank/-/a b.tgz"), ("umlaut", "/umlaut/-/\u00fc.tgz"),
        ("capitals", "/capitals/-/capitals-1.0.0.tgz")):
        DOCUMENTS[name]["versions"]["1.0.0"] = version(name, "1.0.0", path)
    DOCUMENTS["capitals"] = text("capitals").replace('"tarball": "http:', '"tarball": "HTTP:')
    DOCUMENTS["query"] = document("query", "1.0.0", "2.0.0")
    for n in ("1.0.0", "2.0.0"):
        DOCUMENTS["query"]["versions"][n] = version("query", n, f"/query/-/get.tgz?v={n}")
    wrong = sri(b"another")
    dist = DOCUMENTS["two-hashes"]["versions"]["1.0.0"]["dist"]
    dist["integrity"] = wrong + " " + dist["integrity"]
    DOCUMENTS["wrong-shasum"]["versions"]["1.0.0"]["dist"]["shasum"] = "0" * 40
    dist = DOCUMENTS["odd-hashes"]["versions"]["1.0.0"]["dist"]
    dist.update(integrity="md9-x sha512-AAAA " + dist["integrity"], shasum="none")
    DOCUMENTS["wrong-both"]["versions"]["1.0.0"]["dist"]["integrity"] = wrong
    for how in ("all", "empty", "one", "holder", "404", "410", "451", "json"):
        DOCUMENTS["gone-" + how] = document("gone-" + how, "1.0.0", "1.1.0")


def taken(name):
    """(status, document) of what was taken away, or None."""
    how = name.removeprefix("gone-")
    if how.isdigit():
        return int(how), {"error": "not there"}
    if how == "all":
        return 200, {"name": name, "time": {"created": TIME, "unpublished": {"time": TIME}}}
    if how == "empty":
        return 200, {"name": name, "versions": {}, "dist-tags": {}, "time": {}}
    if how == "one":
        return 200, document(name, "1.0.0")
    if how == "holder":
        return 200, document(name, "0.0.1-security")
    return 200, {"error": "not_found", "reason": "deleted"}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        with open(LOG, "a", encoding="utf-8") as log:
            print(self.command, self.path, file=log)
        path = urllib.parse.unquote(self.path)
        name = path[1:]
        status, data = 404, b"{}"
        if path in FILES:
            status, data = 200, FILES[path]
        elif name.startswith("gone-") and name in DOCUMENTS and os.path.exists("gone"):
            status, data = taken(name)
            data = json.dumps(data).encode()
        elif name in DOCUMENTS:
            data = DOCUMENTS[name]
            status, data = 200, (data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
BASE = f"http://127.0.0.1:{server.server_port}"
fill()
with open(PORT_FILE + ".new", "w", encoding="utf-8") as f:
    print(server.server_port, file=f)
os.rename(PORT_FILE + ".new", PORT_FILE)
server.serve_forever()
