#!/usr/bin/env python3
"""A registry that means harm: npm packages, and OCI repositories below /v2/.

hostile.py PORT-FILE LOG-FILE [ADDRESS [INSIDE-URL]]

What a package or repository does is in its name:
  good              nothing; what honest neighbours get
  userinfo          its tarball's URL has a login
  userinfo-redirect the same of a redirect
  undeclared        its tarball has no digest
  inside            its tarball is at INSIDE-URL
  inside-redirect   it is sent there
  endless-error     its tarball's 404 has a body without end
  trailers          its tarball ends in trailers without end
  header            100-continue without end before the tarball
  drip              its tarball comes at 2 bytes/s
  bursts            5 kB of it every 50 seconds
  big-N             its packument has N MB
  needs             it depends on 20,000 packages
  chain-0           it depends on chain-1 and chain-2, these on four more, and so on
  pages             every page of its tag list names one tag and another page
  long              the next page's URL has 60 kB
  fan               everything has 500 referrers, and these have, too
Requests go to LOG-FILE: "METHOD PATH STATUS AUTHORIZATION"; for a body without
end, "sent N PATH" follows.
"""
import base64
import hashlib
import http.server
import json
import os
import socketserver
import sys
import threading
import time
import urllib.parse

PORT_FILE, LOG = sys.argv[1:3]
ADDRESS = sys.argv[3] if len(sys.argv) > 3 else "127.0.0.1"
INSIDE = sys.argv[4] if len(sys.argv) > 4 else ""
ENOUGH = 2 << 30  # even bodies without end have one
INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
lock = threading.Lock()
blobs = {}  # OCI: digest -> bytes


def tarball(name):
    return name.encode() * 1000


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def keep(data):
    blobs[digest(data)] = data
    return digest(data)


def manifest(config, subject=None):
    m = {"schemaVersion": 2, "mediaType": MANIFEST,
        "config": {"mediaType": "application/vnd.oci.empty.v1+json",
            "digest": keep(config), "size": len(config)}, "layers": []}
    if subject:
        m["subject"] = subject
        m["artifactType"] = "application/x.test"
    return json.dumps(m).encode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def note(self, line):
        with lock, open(LOG, "a", encoding="utf-8") as f:
            f.write(line + "\n")

    def answer(self, status, body=b"", kind="application/json", headers=()):
        self.note(f"{self.command} {self.path[:200]} {status} "
            f"{self.headers.get('Authorization', '-')}")
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def endless(self, status, headers, first, more, pause=0.0):
        """An answer that goes on with `more` until nobody listens."""
        self.note(f"{self.command} {self.path[:200]} {status} -")
        self.close_connection = True
        sent = 0
        try:
            self.wfile.write((f"HTTP/1.1 {status} X\r\n" + headers +
                "Connection: close\r\n\r\n").encode() + first)
            while sent < ENOUGH:
                self.wfile.write(more)
                self.wfile.flush()
                sent += len(more)
                if pause:
                    time.sleep(pause)
        except OSError:
            pass
        self.note(f"sent {sent} {self.path[:200]}")

    # npm

    def packument(self, name):
        base = f"http://{ADDRESS}:{self.server.server_address[1]}"
        data = tarball(name)
        url = f"{base}/{name}/-/{name}-1.0.0.tgz"
        dist = {"integrity": "sha512-" +
            base64.b64encode(hashlib.sha512(data).digest()).decode()}
        if name == "undeclared":
            del dist["integrity"]
        if name == "userinfo":
            url = url.replace("://", "://admin:admin@")
        if name == "inside":
            url = f"{INSIDE}/{name}/-/{name}-1.0.0.tgz"
        dist["tarball"] = url
        version = {"name": name, "version": "1.0.0", "dist": dist}
        if name == "needs":
            version["dependencies"] = {f"need-{i}": "1" for i in range(20000)}
        if name.startswith("chain-"):
            n = 2 * int(name[6:])
            version["dependencies"] = {f"chain-{n + 1}": "1", f"chain-{n + 2}": "1"}
        doc = {"name": name, "dist-tags": {"latest": "1.0.0"},
            "versions": {"1.0.0": version}}
        if name.startswith("big-"):
            doc["readme"] = "x" * (int(name[4:].split("-")[0]) << 20)
        return json.dumps(doc).encode()

    def file(self, name):
        data = tarball(name)
        at = urllib.parse.urlsplit(INSIDE)
        length = f"Content-Length: {len(data)}\r\n"
        if name == "userinfo-redirect" and "?" not in self.path:
            self.answer(302, headers=[("Location",
                f"http://admin:admin@{ADDRESS}:{self.server.server_address[1]}{self.path}?2")])
        elif name == "inside-redirect" and at.netloc:
            self.answer(302, headers=[("Location", INSIDE + self.path)])
        elif name == "endless-error":
            self.endless(404, "", b"", b"x" * 65536)
        elif name == "trailers":
            self.endless(200, "Transfer-Encoding: chunked\r\nTrailer: X\r\n",
                b"%x\r\n%s\r\n0\r\n" % (len(data), data),
                b"".join(b"X-%d: %s\r\n" % (i, b"y" * 60) for i in range(900)))
        elif name == "header":
            self.endless(100, "", b"", b"HTTP/1.1 100 Continue\r\nX: yyy\r\n\r\n" * 1000)
        elif name == "drip":
            self.endless(200, length, b"", b"d", 0.5)
        elif name == "bursts":
            self.endless(200, "Content-Length: 100000000\r\n", b"", b"d" * 5000, 50)
        else:
            self.answer(200, data, "application/octet-stream")

    # OCI

    def tags(self, name, query):
        n = int(query.get("page", ["0"])[0])
        link = f"/v2/{name}/tags/list?page={n + 1}"
        if name == "long":
            link += "&x=" + "y" * 60000
        self.answer(200, json.dumps({"name": name, "tags": [f"t{n}"]}).encode(),
            headers=[("Link", f'<{link}>; rel="next"')])

    def referrers(self, subject):
        size = len(blobs[subject])
        listed = []
        for i in range(500):
            m = manifest(b"%d" % i, {"mediaType": MANIFEST, "digest": subject, "size": size})
            listed.append({"mediaType": MANIFEST, "digest": keep(m), "size": len(m),
                "artifactType": "application/x.test"})
        self.answer(200, json.dumps({"schemaVersion": 2, "mediaType": INDEX,
            "manifests": listed}).encode(), INDEX)

    def oci(self, url):
        name, what, ref = url.path[4:].split("/", 2)
        if what == "tags":
            self.tags(name, urllib.parse.parse_qs(url.query))
        elif what == "referrers" and name == "fan" and ref in blobs:
            self.referrers(ref)
        elif what == "manifests" and ref == "1":
            m = manifest(name.encode())
            self.answer(200, m, MANIFEST, [("Docker-Content-Digest", keep(m))])
        elif ref in blobs:
            self.answer(200, blobs[ref],
                MANIFEST if what == "manifests" else "application/octet-stream",
                [("Docker-Content-Digest", ref)])
        else:
            self.answer(404, b'{"errors":[]}')

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        if url.path.startswith("/v2/"):
            self.oci(url)
        elif url.path.startswith("/-/"):
            self.answer(404)
        elif "/-/" in url.path:
            self.file(url.path[1:].split("/-/")[0])
        elif url.path.startswith("/need-"):
            self.answer(404)
        else:
            self.answer(200, self.packument(url.path[1:]))

    do_HEAD = do_GET


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass  # clients that have had enough


server = Server((ADDRESS, 0), Handler)
with open(PORT_FILE + ".new", "w", encoding="utf-8") as out:
    out.write(str(server.server_address[1]))
os.rename(PORT_FILE + ".new", PORT_FILE)
server.serve_forever()
