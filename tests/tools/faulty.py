#!/usr/bin/env python3
"""A static registry (mkregistry.py's layout) that misbehaves as told.

faulty.py DIR PORT-FILE RULES-FILE LOG-FILE

RULES-FILE is read again at every request; a line is "PATH-SUBSTRING ACTION
[COUNT]": the first COUNT (default 1) requests whose path has the substring get
the action instead.  Actions:
  status=503          that status, with Retry-After: 1 for 429 and 503
  cut=1000            1000 bytes of the body, then the connection breaks
  flip                a byte of the body is changed
  short               Content-Length and body lack the last 10 bytes
  html                200 with a page instead
  slow                a byte a second
  pause=1000:3        1000 bytes, then 3 seconds later the rest
FAULTY_ETAG=md5 or none, FAULTY_DIGEST=1 (Repr-Digest) and FAULTY_AUTH=USER:PASSWORD
in the environment change what all answers say, and who gets them.
LOG-FILE gets "METHOD PATH STATUS RANGE AUTHORIZATION" for every request.
A .json that is compressed says so, whoever asks.  Answers carry ETags; If-None-Match and Range are honoured.
"""
import base64
import hashlib
import http.server
import os
import socketserver
import sys
import threading
import time
import urllib.parse

ROOT, PORT_FILE, RULES, LOG = sys.argv[1:5]
ETAG = os.environ.get("FAULTY_ETAG", "sha1")
DIGEST = "FAULTY_DIGEST" in os.environ
AUTH = os.environ.get("FAULTY_AUTH")
used = {}
lock = threading.Lock()


def action(path):
    with lock:
        try:
            lines = open(RULES).read().split("\n")
        except FileNotFoundError:
            return None
        for n, line in enumerate(lines):
            words = line.split()
            if len(words) < 2 or words[0] not in path:
                continue
            count = int(words[2]) if len(words) > 2 else 1
            key = (n, line)
            if used.get(key, 0) < count:
                used[key] = used.get(key, 0) + 1
                return words[1]
    return None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def note(self, status):
        with lock, open(LOG, "a") as f:
            f.write(f"{self.command} {self.path} {status} {self.headers.get('Range', '-')} "
                    f"{self.headers.get('Authorization', '-')}\n")

    def send(self, status, body, headers=()):
        self.note(status)
        self.send_response(status)
        for k, v in headers:
            self.send_header(k, v)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        # A client that takes this for its proxy sends whole URLs.
        path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)
        act = action(path)
        if AUTH and self.headers.get("Authorization") != \
                "Basic " + base64.b64encode(AUTH.encode()).decode():
            return self.send(401, b"credentials needed", [("WWW-Authenticate", 'Basic realm="gems"')])
        full = os.path.join(ROOT, path.lstrip("/"))
        if os.path.isdir(full):
            full = os.path.join(full, "packument.json")
        if act and act.startswith("status="):
            status = int(act[7:])
            extra = [("Retry-After", "1")] if status in (429, 503) else []
            return self.send(status, b'{"error":"told to"}', extra)
        if act == "html":
            return self.send(200, b"<html><body>Please log in</body></html>", [("Content-Type", "text/html")])
        try:
            body = open(full, "rb").read()
        except OSError:
            return self.send(404, b'{"error":"not found"}')
        etag = None if ETAG == "none" else \
            '"' + hashlib.new(ETAG, body).hexdigest() + '"'
        if etag and self.headers.get("If-None-Match") == etag:
            self.note(304)
            self.send_response(304)
            self.send_header("ETag", etag)
            self.end_headers()
            return None
        if act == "flip":
            body = body[:len(body) // 2] + bytes([body[len(body) // 2] ^ 1]) + body[len(body) // 2 + 1:]
        if act == "short":
            body = body[:-10]
        status, headers, start = 200, [("Accept-Ranges", "bytes")], 0
        if etag:
            headers.append(("ETag", etag))
        if path.endswith(".json") and body[:2] == b"\x1f\x8b":
            headers.append(("Content-Encoding", "gzip"))
        if DIGEST:
            headers.append(("Repr-Digest", "sha-256=:%s:" %
                base64.b64encode(hashlib.sha256(body).digest()).decode()))
        rng = self.headers.get("Range")
        if rng and self.headers.get("If-Range", etag) == etag:
            start = int(rng.split("=")[1].split("-")[0])
            if start >= len(body):
                return self.send(416, b"", [("Content-Range", f"bytes */{len(body)}")])
            status = 206
            headers.append(("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}"))
        body = body[start:]
        if act and act.startswith("cut="):
            self.note(status)
            self.send_response(status)
            for k, v in headers:
                self.send_header(k, v)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[:int(act[4:])])
            self.wfile.flush()
            self.close_connection = True
            self.connection.shutdown(2)
            return None
        if act == "slow":
            self.note(status)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            for b in body:
                self.wfile.write(bytes([b]))
                self.wfile.flush()
                time.sleep(1)
            return None
        if act and act.startswith("pause="):
            first, seconds = (int(n) for n in act[6:].split(":"))
            self.note(status)
            self.send_response(status)
            for k, v in headers:
                self.send_header(k, v)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[:first])
            self.wfile.flush()
            time.sleep(seconds)
            self.wfile.write(body[first:])
            return None
        return self.send(status, body, headers)


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass  # Clients that go away are what the tests are about.


server = Server(("127.0.0.1", 0), Handler)
with open(PORT_FILE + ".new", "w") as f:
    f.write(str(server.server_address[1]))
os.rename(PORT_FILE + ".new", PORT_FILE)
server.serve_forever()
