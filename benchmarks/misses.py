#!/usr/bin/env python3
"""Asks several servers for the same, in turns, over connections that are kept.

misses.py npm NAMES NAME=URL…       of each package its document, then its tarball
misses.py images REFS NAME=URL…     of each REPOSITORY:TAG the manifest, then all
                                    that it names
misses.py many URL                  200 clients at once for one file

The first server is what the others are compared with.  Prints medians, in
milliseconds, of the time to the first byte and to the last; what was asked for
first is not counted.
"""
import http.client
import json
import socket
import statistics
import sys
import threading
import time
import urllib.parse

IDLE_S = 3  # Verdaccio closes connections that nobody uses for longer
ACCEPT = {"Accept": "application/vnd.oci.image.manifest.v1+json"}


class Side:
    def __init__(self, text):
        self.name, url = text.split("=", 1)
        u = urllib.parse.urlsplit(url)
        self.path = u.path.rstrip("/")
        self.connection = http.client.HTTPConnection(u.hostname, u.port, timeout=120)
        self.times = {}
        self.used = -IDLE_S

    def connect(self):
        """A connection that is surely still kept, before the clock runs."""
        if time.perf_counter() - self.used >= IDLE_S:
            self.connection.close()
            self.connection.connect()

    def get(self, path, headers=None):
        """The time of the first byte, and the body if it is small."""
        self.connection.request("GET", self.path + path, headers=headers or {})
        r = self.connection.getresponse()
        small, buffer = r.read(1), bytearray(1 << 20)
        begun = time.perf_counter()
        while n := r.readinto(buffer):
            if len(small) < 100000:
                small += buffer[:n]
        self.used = time.perf_counter()
        assert r.status == 200, (self.name, path, r.status)
        return begun, small

    def note(self, what, start, begun):
        self.times.setdefault(what, []).append((begun - start, time.perf_counter() - start))


def ask_npm(side, name):
    base = name.rsplit("/", 1)[-1]
    for what, path in (("document", f"/{name}"), ("tarball", f"/{name}/-/{base}-1.0.0.tgz")):
        side.connect()
        start = time.perf_counter()
        side.note(what, start, side.get(path)[0])


def ask_image(side, ref):
    repository, tag = ref.rsplit(":", 1)
    side.connect()
    start = time.perf_counter()
    begun, body = side.get(f"/v2/{repository}/manifests/{tag}", ACCEPT)
    manifest = json.loads(body)
    for part in [manifest["config"], *manifest["layers"]]:
        side.get(f"/v2/{repository}/blobs/{part['digest']}")
    side.note("image", start, begun)


def compare(ask, items, sides):
    for i, item in enumerate(items):
        turn = i % len(sides)
        for side in sides[turn:] + sides[:turn]:
            ask(side, item)
    for what in sides[0].times:
        straight = None
        for side in sides:
            first, last = (statistics.median(t[k] for t in side.times[what][1:]) * 1000 for k in (0, 1))
            straight = straight or (first, last)
            print(f"  {what:9} {side.name:16} first byte {first:9.2f} {first / straight[0]:6.2f}   "
                  f"last {last:9.2f} {last / straight[1]:6.2f}")


def ask_many(url):
    u = urllib.parse.urlsplit(url)

    def one():
        s = socket.create_connection((u.hostname, u.port))
        s.sendall(f"GET {u.path} HTTP/1.1\r\nHost: {u.netloc}\r\nConnection: close\r\n\r\n".encode())
        buf, n = bytearray(1 << 20), 0
        while k := s.recv_into(buf):
            n += k
        assert n > 199000000, n
    threads = [threading.Thread(target=one) for _ in range(200)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()


mode, what, sides = sys.argv[1], sys.argv[2], [Side(a) for a in sys.argv[3:]]
if mode == "many":
    ask_many(what)
else:
    compare({"npm": ask_npm, "images": ask_image}[mode], open(what).read().split(), sides)
