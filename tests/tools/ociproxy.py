#!/usr/bin/env python3
"""Stands before a registry: writes down what is asked, and misbehaves as told.

ociproxy.py REGISTRY-URL PORT-FILE RULES-FILE LOG-FILE [option ...]

  --auth bearer|basic    asks for credentials; its own /token gives tokens
  --user NAME:PASSWORD   that /token (or Basic) takes; else nobody need have any
  --life SECONDS         of a token, and what expires_in says
  --says JSON            what expires_in says instead
  --tls CERT KEY         speaks TLS
  --realm URL            the challenge's realm, instead of the proxy's /token;
                         a host's name: that /token by another name
  --redirect             blobs are sent to http://localhost:PORT/signed/…, good
                         for one request
  --referrers            has the referrers API (of what has a subject)
  --plain-head           no Docker-Content-Digest
  --page N               tag lists have N tags a page

RULES-FILE is read at every request; a line is "[METHOD:]SUBSTRING ACTION
[COUNT]": the first COUNT (default 1) requests whose path and query have the
substring get the action instead:
  status=N[,HEADER=VALUE…]   that status; "_" in a value is a blank
  header=NAME=VALUE          the true answer with one more header
  type=TYPE                  the true answer as another Content-Type
  sleep=S                    the true answer, after so many seconds
  cut=N                      N bytes of the body, then the connection breaks
  flip | short | long        a byte is changed; 10 are missing; 10 are too many
  html                       200 and a page
  expired                    tokens given out so far are good no more
  digest=D                   Docker-Content-Digest: D
  limit=S                    ratelimit-remaining: 0, ratelimit-reset: S
  bigheader                  a header of 200 kB
  body=FILE[,TYPE]           200 with what is in the file

LOG-FILE gets "METHOD PATH?QUERY STATUS RANGE AUTHORIZATION HOST TIME" for every
request.
"""
import argparse
import base64
import hashlib
import http.client
import http.server
import json
import os
import socketserver
import ssl
import threading
import time
import urllib.parse

lock = threading.Lock()
used, tokens, signed = {}, {}, {}
referrers = None


def action(method, path):
    with lock:
        try:
            lines = open(A.rules).read().split("\n")
        except FileNotFoundError:
            return None
        for n, line in enumerate(lines):
            words = line.split()
            if len(words) < 2:
                continue
            what = words[0]
            for verb in ("GET:", "HEAD:"):
                if what.startswith(verb):
                    if method + ":" != verb:
                        break
                    what = what[len(verb):]
            else:
                if what in path and used.get((n, line), 0) < (int(words[2]) if len(words) > 2 else 1):
                    used[n, line] = used.get((n, line), 0) + 1
                    return words[1]
    return None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def send(self, status, body=b"", headers=(), cut=None, length=None):
        with lock, open(A.log, "a") as f:
            f.write(f"{self.command} {self.path} {status} {self.headers.get('Range', '-')} "
                    f"{self.headers.get('Authorization', '-').replace(' ', '_')} {self.headers.get('Host')} {time.time():.3f}\n")
        self.send_response(status)
        for k, v in headers:
            self.send_header(k, v)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        if self.command == "HEAD":
            return
        self.wfile.write(body if cut is None else body[:cut])
        if cut is not None:
            self.wfile.flush()
            self.close_connection = True
            self.connection.shutdown(2)

    def do_HEAD(self):
        self.do_GET()

    def credentials(self):
        auth = self.headers.get("Authorization", "")
        return auth.startswith("Basic ") and A.user == base64.b64decode(auth[6:]).decode()

    def token(self):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        if A.user and not self.credentials():
            return self.send(401, b'{"errors":[{"code":"UNAUTHORIZED"}]}')
        with lock:
            token = f"token-{len(tokens) + 1}"
            tokens[token] = (time.time() + A.life, " ".join(query.get("scope", [])))
        reply = {"token": token, "access_token": token, "expires_in": A.life if A.says is None else A.says,
                 "issued_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
        return self.send(200, json.dumps(reply).encode(), [("Content-Type", "application/json")])

    def let_in(self, path):
        if not A.auth:
            return True
        if A.auth == "basic":
            if self.credentials():
                return True
            challenge = 'Basic realm="a registry, with a comma"'
        else:
            name = path[4:]
            for mark in ("/manifests/", "/blobs/", "/tags/", "/referrers/"):
                name = name.split(mark)[0]
            auth = self.headers.get("Authorization", "")
            with lock:
                until, scope = tokens.get(auth[7:], (0, "")) if auth.startswith("Bearer ") else (0, "")
            if until > time.time() and f"repository:{name}:pull" in scope.split():
                return True
            error = ',error="invalid_token"' if auth else ""
            realm = A.realm or self.headers.get("Host").split(":")[0]
            if "/" not in realm:
                realm = f"{'https' if A.tls else 'http'}://{realm}:{PORT}/token"
            challenge = (f'Bearer realm="{realm}",service="test registry",'
                         f'scope="repository:{name}:pull"{error}')
        self.send(401, b'{"errors":[{"code":"UNAUTHORIZED"}]}',
                  [("WWW-Authenticate", challenge), ("Content-Type", "application/json")])
        return False

    def forward(self, path, headers):
        connection = http.client.HTTPConnection(A.host)
        connection.request(self.command, path, headers=headers)
        r = connection.getresponse()
        body = r.read()
        keep = [(k, v) for k, v in r.getheaders()
                if k.lower() not in ("content-length", "connection", "transfer-encoding", "date")]
        length = int(r.getheader("Content-Length") or len(body))
        connection.close()
        return r.status, keep, body, length

    def all_referrers(self, name, digest):
        """Every manifest of the repository with that subject."""
        found = []
        root = os.path.join(os.environ.get("REGISTRY_ROOT", ""), "docker/registry/v2/repositories",
                            name, "_manifests/revisions/sha256")
        for one in sorted(os.listdir(root)):
            _, _, body, _ = self.forward(f"/v2/{name}/manifests/sha256:{one}", {"Accept": ", ".join(ACCEPT)})
            try:
                document = json.loads(body)
            except ValueError:
                continue
            if document.get("subject", {}).get("digest") == digest:
                found.append({"mediaType": document["mediaType"], "digest": "sha256:" + one, "size": len(body),
                              "artifactType": document.get("artifactType", "")})
        return {"schemaVersion": 2, "mediaType": ACCEPT[0], "manifests": found}

    def do_GET(self):
        path = self.path
        act = action(self.command, path)
        if act == "expired":
            with lock:
                for k in tokens:
                    tokens[k] = (0, "")
            act = None
        if act and act.startswith("status="):
            status, *headers = act[7:].split(",")
            return self.send(int(status), b'{"errors":[{"code":"UNKNOWN","message":"told to"}]}',
                             [tuple(h.replace("_", " ").split("=", 1)) for h in headers])
        if act == "html":
            return self.send(200, b"<html><body>Please log in</body></html>", [("Content-Type", "text/html; charset=x")])
        if act and act.startswith("body="):
            file, *kind = act[5:].split(",")
            return self.send(200, open(file, "rb").read(), [("Content-Type", kind[0])] if kind else [])
        if path.startswith("/token"):
            return self.token()
        forward = {k: v for k, v in self.headers.items() if k.lower() in ("accept", "range", "if-range")}
        if path.startswith("/signed/"):
            with lock:
                path = signed.pop(path, None)
            if path is None:
                return self.send(403, b"<Error><Code>ExpiredToken</Code></Error>")
        elif not self.let_in(urllib.parse.urlsplit(path).path):
            return None
        elif A.redirect and "/blobs/" in path:
            with lock:
                place = f"/signed/{len(signed)}-{hashlib.sha256(os.urandom(8)).hexdigest()}"
                signed[place] = path
            return self.send(307, b"", [("Location", f"http://localhost:{PORT}{place}")])
        if A.referrers and "/referrers/" in path:
            name, digest = path[4:].split("/referrers/")
            headers = [("Content-Type", ACCEPT[0])]
            if act and act.startswith("header="):
                headers.append(tuple(act[7:].replace("_", " ").split("=", 1)))
            return self.send(200, json.dumps(self.all_referrers(name, digest.split("?")[0])).encode(), headers)
        if act and act.startswith("sleep="):
            time.sleep(float(act[6:]))
        status, headers, body, length = self.forward(path, forward)
        if A.plain_head:
            headers = [(k, v) for k, v in headers if k.lower() not in ("docker-content-digest", "etag")]
        if A.page and "/tags/list" in path:
            query = urllib.parse.parse_qs(urllib.parse.urlsplit(path).query)
            document = json.loads(body)
            left = sorted(t for t in document["tags"] if t > query.get("last", [""])[0])
            body = json.dumps({**document, "tags": left[:A.page]}).encode()
            if len(left) > A.page:
                headers.append(("Link", f'<list?last={left[A.page - 1]}&n={A.page}>; rel="next"'))
        cut = None
        kind, _, value = (act or "").partition("=")
        if kind == "header":
            name, value = value.replace("_", " ").split("=", 1)
            headers = [(k, v) for k, v in headers if k != name] + [(name, value)]
        elif kind == "type":
            headers = [(k, v) for k, v in headers if k.lower() != "content-type"] + [("Content-Type", value)]
        elif kind == "digest":
            headers = [(k, v) for k, v in headers if k.lower() != "docker-content-digest"]
            headers.append(("Docker-Content-Digest", value))
        elif kind == "limit":
            headers += [("ratelimit-remaining", "0;w=60"), ("ratelimit-reset", value)]
        elif kind == "bigheader":
            headers.append(("X-Big", "x" * 200000))
        elif kind == "cut":
            cut = int(value)
        elif kind == "flip":
            body = body[:len(body) // 2] + bytes([body[len(body) // 2] ^ 1]) + body[len(body) // 2 + 1:]
        elif kind == "short":
            body = body[:-10]
        elif kind == "long":
            body += b"0123456789"
        return self.send(status, body, headers, cut, length if self.command == "HEAD" else None)


ACCEPT = ["application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.manifest.v1+json",
          "application/vnd.docker.distribution.manifest.list.v2+json",
          "application/vnd.docker.distribution.manifest.v2+json"]


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass  # Clients that go away are what the tests are about.


ap = argparse.ArgumentParser()
for name in ("registry", "port", "rules", "log"):
    ap.add_argument(name)
for name in ("auth", "user", "realm"):
    ap.add_argument("--" + name)
ap.add_argument("--life", type=int, default=300)
ap.add_argument("--says", type=json.loads)
ap.add_argument("--page", type=int)
ap.add_argument("--tls", nargs=2)
for name in ("redirect", "referrers", "plain-head"):
    ap.add_argument("--" + name, action="store_true")
A = ap.parse_args()
A.host = A.registry.split("://")[1].rstrip("/")
server = Server(("127.0.0.1", 0), Handler)
PORT = server.server_address[1]
if A.tls:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*A.tls)
    server.socket = context.wrap_socket(server.socket, server_side=True)
with open(A.port + ".new", "w") as f:
    f.write(str(PORT))
os.rename(A.port + ".new", A.port)
server.serve_forever()
