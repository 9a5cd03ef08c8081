#!/usr/bin/env python3
"""Repositories as real registries have them, in memory.

odd_registry.py PORT-FILE LOG-FILE

  cache         a tag "buildcache" as BuildKit writes it: an index of blobs
  artifact      an image, and an artifact manifest with "blobs" that refers to it
  head-STATUS   HEAD of tags has that status; head-signed: both are sent to a URL
                that is signed for GET
  blob-STATUS   the same of blobs; two repositories below, "one" and "two", share
                theirs
  later         an index; one of its manifests is there once the file `later` is
  self          sha256-HEX, as a tag, is another way to write sha256:HEX
  error         its tag is a 200 with {"errors":[…]} once the file `later` is
  refused       the list of referrers is 403
  zero          its manifest says of its layer, whose size is 0
  foreign       a layer that only a host which does not resolve would have
  signatures    only signatures, of images that are in another repository
  links         its tags are a to d, one a page, which links of all kinds follow
  gone          its tags are 1 and 2; once the file `later` is there, only 1
  gone-all      nothing of it is there once the file `later` is
Requests go to LOG-FILE: "METHOD PATH STATUS".
"""
import hashlib
import http.server
import json
import os
import re
import socketserver
import sys

PORT_FILE, LOG = sys.argv[1:3]
OCI = "application/vnd.oci.image."
MANIFEST, INDEX = OCI + "manifest.v1+json", OCI + "index.v1+json"
ARTIFACT = "application/vnd.oci.artifact.manifest.v1+json"
REPOSITORIES = {}


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Repository:
    def __init__(self, name):
        self.manifests, self.blobs, self.tags = {}, {}, {}
        REPOSITORIES[name] = self

    def blob(self, text, kind):
        data = text.encode()
        self.blobs[digest(data)] = data
        return {"mediaType": kind, "digest": digest(data), "size": len(data)}

    def put(self, kind, members, tag=None):
        data = json.dumps({"schemaVersion": 2, "mediaType": kind, **members}).encode()
        self.manifests[digest(data)] = (kind, data)
        if tag:
            self.tags[tag] = digest(data)
        return {"mediaType": kind, "digest": digest(data), "size": len(data)}

    def image(self, seed, tag=None):
        return self.put(MANIFEST, {"config": self.blob("{}", OCI + "config.v1+json"),
            "layers": [self.blob(seed * 100, OCI + "layer.v1.tar+gzip")]}, tag)


def fill():
    r = Repository("cache")
    r.image("app", "1")
    r.put(INDEX, {"manifests": [r.blob("l1", OCI + "layer.v1.tar+gzip"),
        r.blob("l2", "application/vnd.docker.image.rootfs.diff.tar.gzip"),
        r.blob("cc", "application/vnd.buildkit.cacheconfig.v0")]}, "buildcache")
    r = Repository("artifact")
    image = r.image("app", "1")
    r.put(ARTIFACT, {"artifactType": "text/spdx; version=2.3", "subject": image,
        "blobs": [r.blob("half a signature", "text/plain")],
        "annotations": {"a": "b", "n": 1, "o": {}, "z": None}},
        image["digest"].replace(":", "-") + ".sig")
    for how in ("404", "403", "401", "405", "signed"):
        Repository("head-" + how).image("tag" + how, "1")
        for name in ("one", "two"):
            Repository(f"blob-{how}/{name}").image("shared" + how, "1")
    r = Repository("later")
    amd = {"platform": {"os": "linux", "architecture": "amd64"}}
    r.put(INDEX, {"manifests": [{**r.image("here"), **amd}, r.image("absent")]}, "1")
    r.absent = digest(r.manifests[list(r.manifests)[1]][1])
    for name in ("self", "error", "refused", "gone", "gone-all"):
        Repository(name).image(name, "1")
        if name.startswith("gone"):
            REPOSITORIES[name].image(name + "2", "2")
    r = Repository("signatures")
    for seed in ("one", "two"):
        r.image(seed, digest(seed.encode()).replace(":", "-") + ".sig")
    r = Repository("links")
    for tag in "abcd":
        r.image(tag, tag)
    r = Repository("zero")
    r.put(MANIFEST, {"config": r.blob("{}", OCI + "config.v1+json"),
        "layers": [{**r.blob("not empty", OCI + "layer.v1.tar+gzip"), "size": 0}]}, "1")
    r = Repository("foreign")
    r.put(MANIFEST, {"config": r.blob("{}", OCI + "config.v1+json"), "layers": [{
        "mediaType": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", "size": 5,
        "digest": digest(b"layer"), "urls": ["https://layers.invalid/layer"]}]}, "1")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, kind="application/json", body=b"{}", **headers):
        with open(LOG, "a", encoding="utf-8") as f:
            f.write(f"{self.command} {self.path} {status}\n")
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, values in headers.items():
            for value in values if isinstance(values, list) else [values]:
                self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def worse_head(self, name, what, ref):
        """Whether the name says that this request goes wrong."""
        m = re.match(r"(head|blob)-(\w+)", name)
        if not m or (m[1] == "head") != (what == "manifests" and ref == "1") or (
                m[1] == "blob" and what != "blobs"):
            return False
        if m[2] == "signed":
            r = REPOSITORIES[name]
            self.answer(307, Location=f"/signed/{name}/{what}/{r.tags.get(ref, ref)}")
        elif self.command == "HEAD":
            self.answer(int(m[2]))
        else:
            return False
        return True

    def do_GET(self):
        signed = self.path.startswith("/signed/")
        m = re.match(r"/(?:v2|signed)/(.+)/(manifests|blobs|tags|referrers)/([^/?]+)", self.path)
        r = REPOSITORIES.get(m[1]) if m else None
        if r is None or signed and self.command == "HEAD":
            return self.answer(403 if signed else 404)
        name, what, ref = m.groups()
        if not signed and self.worse_head(name, what, ref):
            return None
        later = os.path.exists("later")
        if later and (name == "gone-all" or name == "gone" and ref in ("2", r.tags["2"])):
            return self.answer(404)
        if what == "tags" and name == "links":
            last = self.path.rpartition("=")[2] if "last=" in self.path else ""
            page = "</v2/links/tags/list?last=%s>; "
            links = {"": ["</v2/links>; rel=prev, " + page % "z" + 'rel="nextish"', page % "a" + "REL=Next"],
                "a": page % "z" + 'title="a, <b>; rel=next"; rel="prev", ' + page % "b" + 'title=x; rel = "last next"',
                "b": "<https://\u00fc.invalid/v2/links/tags/list?x=\u00e9 y&last=c>;rel=next",
                "c": page % "z" + 'rel="prev"; rel="next"'}.get(last, [])
            tags = [t for t in "abcd" if t > last][:1]
            return self.answer(200, body=json.dumps({"tags": tags}).encode(), Link=links)
        if what == "tags":
            tags = sorted(t for t in r.tags if not (later and name == "gone" and t == "2"))
            return self.answer(200, body=json.dumps({"tags": tags}).encode())
        if what == "referrers":
            return self.answer(403 if name == "refused" else 404)
        if name == "self":
            ref = ref.replace("sha256-", "sha256:")
        if name == "error" and ref == "1" and os.path.exists("later"):
            return self.answer(200, MANIFEST, b'{"errors":[{"code":"UNKNOWN"}]}')
        ref = r.tags.get(ref, ref)
        if name == "later" and ref == r.absent and not os.path.exists("later"):
            return self.answer(404)
        if what == "blobs" and ref in r.blobs:
            return self.answer(200, "application/octet-stream", r.blobs[ref])
        if what == "manifests" and ref in r.manifests:
            kind, data = r.manifests[ref]
            return self.answer(200, kind, data, Docker_Content_Digest=ref)
        return self.answer(404)

    do_HEAD = do_GET


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True


fill()
server = Server(("127.0.0.1", 0), Handler)
with open(PORT_FILE + ".new", "w", encoding="utf-8") as out:
    out.write(str(server.server_address[1]))
os.rename(PORT_FILE + ".new", PORT_FILE)
server.serve_forever()
