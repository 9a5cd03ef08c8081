#!/usr/bin/env python3
"""Stands in for GitHub's REST and GraphQL APIs, over facts in a file.

github_standin.py --facts > FACTS           writes the fixture as JSON
github_standin.py PORT-FILE FACTS RULES LOG [--page N] [--base PATH] [--token T]
    [--maven DIR]

FACTS and RULES are read again for every request.  RULES has lines

    STATUS TIMES PATTERN [HEADER: VALUE | HEADER: VALUE …]

and the first whose pattern fits METHOD PATH and that was used less than TIMES
times (0: always) answers.  "@60" in a value is the time in 60 seconds.  LOG gets
a line for each request: METHOD PATH STATUS.

Shapes: store/access/PROTOCOL.md, sections 3.1, 3.2 and 3.4; the
fixture is that of section 2.7, and two packages more: @octo/kit, linked to
octo/ops, and lab/box, linked to lab/secret.  Below /npm/ and /v2/ are small
registries; below /maven/ are the trees DIR/OWNER/REPO.
"""
import argparse
import base64
import gzip
import hashlib
import http.server
import io
import json
import os
import re
import sys
import tarfile
import time
import urllib.parse
import zipfile

def gem(name):
    """A gem that RubyGems installs: its bytes are always the same."""
    def member(tar, path, data):
        info = tarfile.TarInfo(path)
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))
    lib = io.BytesIO()
    with tarfile.open(fileobj=lib, mode="w") as tar:
        member(tar, f"lib/{name}.rb", f"# {name}\n".encode())
    spec = f"""--- !ruby/object:Gem::Specification
name: {name}
version: !ruby/object:Gem::Version
  version: 1.0.0
platform: ruby
authors: [Octo]
date: 2024-05-01 00:00:00.000000000 Z
dependencies: []
files: [lib/{name}.rb]
require_paths: [lib]
summary: {name} for tests
rubygems_version: 3.3.15
specification_version: 4
"""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        member(tar, "metadata.gz", gzip.compress(spec.encode(), mtime=0))
        member(tar, "data.tar.gz", gzip.compress(lib.getvalue(), mtime=0))
    return out.getvalue()


def nupkg(id):
    """A package of NuGet: its bytes are always the same."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        z.writestr(zipfile.ZipInfo(f"{id}.nuspec", (2024, 5, 1, 10, 0, 0)),
                   f"""<?xml version="1.0"?><package><metadata><id>{id}</id><version>1.0.0</version>
<authors>Octo</authors><description>{id} for tests</description></metadata></package>""")
    return out.getvalue()


ROLES = ["pull", "triage", "push", "maintain", "admin"]
ROLE_OF = {"read": "pull", "write": "push"}


def fixture():
    users = ["olga", "rita", "tom", "kim", "mia", "len", "lea", "max", "uma", "eve"]
    packages = [
        # id, owner, type, name, visibility, repository
        (1, "octo", "npm", "ui", "public", "octo/pub"),
        (2, "octo", "maven", "com.octo.core", "private", "octo/priv"),
        (3, "octo", "container", "tool", "private", None),
        (4, "octo", "container", "web", "public", None),
        (5, "octo", "nuget", "Octo.Int", "internal", None),
        (6, "octo", "rubygems", "octo-gem", "private", "octo/ops"),
        (7, "octo", "maven", "com.octo.open", "public", "octo/pub"),
        (8, "octo", "npm", "svc", "private", None),
        (9, "uma", "container", "app", "private", None),
        (10, "lab", "maven", "com.lab.x", "private", "lab/secret"),
        (13, "octo", "maven", "com.octo.int", "internal", "octo/int"),
        (14, "octo", "container", "job", "private", "octo/priv"),
        (15, "octo", "npm", "hit", "public", None),
        (16, "octo", "npm", "kit", "private", "octo/ops"),
        (17, "lab", "container", "box", "private", "lab/secret"),
    ]
    return {
        "users": {login: n + 1 for n, login in enumerate(users)},
        "orgs": {
            "octo": {"id": 100, "base": "read", "owners": ["olga"],
                     "members": ["rita", "tom", "kim", "mia"], "outside": ["max"],
                     "teams": {"boss": {"id": 200, "members": ["mia"]},
                               "dev": {"id": 201, "parent": "boss", "members": ["tom"]},
                               "dev-kids": {"id": 202, "parent": "dev", "members": ["kim"]}},
                     "roles": []},
            "lab": {"id": 101, "base": "none", "owners": [], "members": ["len", "lea"],
                    "outside": [], "teams": {"core": {"id": 203, "members": ["lea"]}},
                    "roles": []},
        },
        "repos": {
            "octo/pub": {"id": 300, "visibility": "public"},
            "octo/priv": {"id": 301, "visibility": "private", "collaborators": {"max": "read"}},
            "octo/int": {"id": 302, "visibility": "internal"},
            "octo/ops": {"id": 303, "visibility": "private", "teams": {"dev": "write"}},
            "lab/secret": {"id": 304, "visibility": "private", "teams": {"core": "read"}},
        },
        "packages": [dict(zip(("id", "owner", "type", "name", "visibility", "repo"), p))
                     for p in packages],
        "enterprise": {"slug": "acme", "id": 900,
                       "members": ["olga", "rita", "tom", "kim", "mia", "len", "lea"]},
    }


class Missing(Exception):
    pass


class Facts:
    def __init__(self, data):
        self.d = data

    def user(self, login, **more):
        if login not in self.d["users"]:
            raise Missing(login)
        return {"login": login, "id": self.d["users"][login], "type": "User",
                "site_admin": False, "url": f"https://api.invalid/users/{login}", **more}

    def org(self, login):
        if login not in self.d["orgs"]:
            raise Missing(login)
        return self.d["orgs"][login]

    def account(self, login):
        if login in self.d["orgs"]:
            return {"login": login, "id": self.org(login)["id"], "type": "Organization"}
        return self.user(login)

    def permissions(self, role):
        n = ROLES.index(ROLE_OF.get(role, role))
        return {"permissions": {r: i <= n for i, r in enumerate(ROLES)}, "role_name": role}

    def team(self, org, slug, **more):
        t = self.org(org)["teams"][slug]
        parent = t.get("parent")
        return {"id": t["id"], "slug": slug, "name": slug.title(), "privacy": "closed",
                "parent": self.team(org, parent) if parent else None, **more}

    def team_members(self, org, slug):
        teams = self.org(org)["teams"]
        if slug not in teams:
            raise Missing(slug)
        logins = list(teams[slug]["members"])
        for name, t in teams.items():
            if t.get("parent") == slug:
                logins += [x for x in self.team_members(org, name) if x not in logins]
        return logins

    def repo(self, full):
        r = self.d["repos"].get(full)
        if r is None:
            raise Missing(full)
        owner, name = full.split("/")
        return {"id": r["id"], "name": name, "full_name": full, "owner": self.account(owner),
                "private": r["visibility"] != "public", "visibility": r["visibility"],
                "description": "words " * 20}

    def package(self, p):
        return {"id": p["id"], "name": p["name"], "package_type": p["type"],
                "owner": self.account(p["owner"]), "version_count": 1,
                "visibility": p["visibility"],
                "repository": self.repo(p["repo"]) if p["repo"] else None,
                "created_at": "2024-05-19T22:19:11Z", "updated_at": "2024-06-01T08:00:00Z"}

    # What each path lists.

    def organization(self, org):
        o = self.org(org)
        answer = {**self.account(org), "two_factor_requirement_enabled": True}
        if o.get("base") is not None:
            answer["default_repository_permission"] = o["base"]
        return answer

    def members(self, org, role):
        o = self.org(org)
        return [self.user(u) for u in (o["owners"] if role == "admin" else o["members"])]

    def roles(self, org):
        return {"total_count": len(self.org(org)["roles"]), "roles": [
            {"id": r["id"], "name": r["name"], "base_role": r.get("base_role"),
             "permissions": [], "source": "Organization"} for r in self.org(org)["roles"]]}

    def role_users(self, org, number):
        return [self.user(u, assignment=how) for r in self.org(org)["roles"]
                if r["id"] == int(number) for u, how in r.get("users", {}).items()]

    def role_teams(self, org, number):
        return [self.team(org, t) for r in self.org(org)["roles"]
                if r["id"] == int(number) for t in r.get("teams", [])]

    def collaborators(self, full, affiliation):
        if affiliation != "direct":
            raise Missing("this fixture answers affiliation=direct only")
        self.repo(full)
        return [self.user(u, **self.permissions(role)) for u, role in
                self.d["repos"][full].get("collaborators", {}).items()]

    def repo_teams(self, full):
        self.repo(full)
        return [self.team(full.split("/")[0], t, permission=ROLE_OF.get(role, role),
                          **self.permissions(role))
                for t, role in self.d["repos"][full].get("teams", {}).items()]

    def packages(self, owner, kind):
        self.account(owner)
        return [self.package(p) for p in self.d["packages"]
                if p["owner"] == owner and p["type"] == kind]

    def answer(self, path, q):
        org = r"/orgs/([^/]+)"
        routes = [
            (r"/users/([^/]+)", lambda u: self.account(u.lower())),
            (r"/users", lambda: [self.user(u) for u in self.d["users"]] +
                [self.account(o) for o in self.d["orgs"]]),
            (org, self.organization),
            (org + "/members", lambda o: self.members(o, q.get("role", "all"))),
            (org + "/outside_collaborators",
                lambda o: [self.user(u) for u in self.org(o)["outside"]]),
            (org + "/teams", lambda o: [self.team(o, t) for t in self.org(o)["teams"]]),
            (org + "/teams/([^/]+)/members",
                lambda o, t: [self.user(u) for u in self.team_members(o, t)]),
            (org + "/repos", lambda o: [self.repo(r) for r in self.d["repos"]
                if r.startswith(o + "/")]),
            (org + "/organization-roles", self.roles),
            (org + "/organization-roles/([0-9]+)/users", self.role_users),
            (org + "/organization-roles/([0-9]+)/teams", self.role_teams),
            (r"/repos/([^/]+/[^/]+)/collaborators",
                lambda r: self.collaborators(r, q.get("affiliation"))),
            (r"/repos/([^/]+/[^/]+)/teams", self.repo_teams),
            (r"/(?:orgs|users)/([^/]+)/packages",
                lambda o: self.packages(o, q.get("package_type"))),
        ]
        for pattern, make in routes:
            m = re.fullmatch(pattern, path)
            if m:
                return make(*m.groups())
        raise Missing(path)

    def graphql(self, body, size):
        e, v = self.d["enterprise"], body["variables"]
        if "enterprise(" not in body["query"] or v["slug"] != e["slug"]:
            return {"data": {"enterprise": None}, "errors": [
                {"type": "NOT_FOUND", "message": "Could not resolve to a Business"}]}
        start = int(v.get("after") or 0)
        nodes = [{"__typename": "EnterpriseUserAccount", "login": u,
                  "user": {"databaseId": self.d["users"][u], "login": u}}
                 for u in e["members"][start:start + size]]
        more = start + size < len(e["members"])
        return {"data": {"enterprise": {"databaseId": e["id"], "members": {
            "nodes": nodes, "pageInfo": {"hasNextPage": more,
                                         "endCursor": str(start + size)}}}}}


def serve(args):
    used = {}

    def rule(request):
        with open(args.rules) as f:
            for line in f:
                if not line.strip():
                    continue
                status, times, rest = line.split(None, 2)
                pattern, _, headers = rest.strip().partition(" ")
                if not re.search(pattern, request):
                    continue
                if times != "0" and used.get(line, 0) >= int(times):
                    continue
                used[line] = used.get(line, 0) + 1
                return int(status), [h.strip().split(": ", 1) for h in headers.split("|")
                                     if ": " in h]
        return None

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def send(self, status, body, headers=()):
            data = b"" if body is None else json.dumps(body).encode()
            with open(args.log, "a") as log:
                log.write(f"{self.command} {self.path} {status}\n")
            self.send_response(status)
            for name, value in headers:
                value = re.sub(r"^@(\d+)$", lambda m: str(int(time.time()) + int(m[1])), value)
                self.send_header(name, value)
            if status != 304:
                self.send_header("Content-Type", "application/json; charset=utf-8")
                self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if status != 304:
                self.wfile.write(data)

        def refused(self):
            r = rule(f"{self.command} {self.path}")
            if r is not None and r[0] == 200:  # a body of the tests' own
                with open(dict(r[1])["file"]) as f:
                    self.send_raw(f.read(), [h for h in r[1] if h[0] != "file"])
                return True
            if r is not None:
                words = dict(r[1]).get("says", "refused by a rule")
                self.send(r[0], {"message": words}, [h for h in r[1] if h[0] != "says"])
                return True
            if self.headers.get("Authorization") != f"Bearer {args.token}":
                self.send(401, {"message": "Bad credentials"})
                return True
            if self.headers.get("X-GitHub-Api-Version") != "2022-11-28":
                self.send(400, {"message": "which version?"})
                return True
            return False

        def send_raw(self, text, headers):
            with open(args.log, "a") as log:
                log.write(f"{self.command} {self.path} 200\n")
            self.send_response(200)
            for name, value in headers:
                self.send_header(name, value)
            data = text if isinstance(text, bytes) else text.encode()
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def facts(self):
            with open(args.facts) as f:
                return Facts(json.load(f))

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.refused():
                return
            if not self.path.endswith("/graphql"):
                self.send(404, {"message": "Not Found"})
                return
            self.send(200, self.facts().graphql(body, args.page))

        def registries(self):
            """Small ones, for tests of permissions: every npm package has the
            version 1.0.0, as has every gem and nupkg, every repository no tags."""
            path = urllib.parse.unquote(self.path)
            m = re.fullmatch(r"(?:/npm|/_registry/npm)/(@[^/]+/[^/]+)(/-/x.tgz)?", path)
            if m and m[2]:
                self.send_raw(m[1], [])
            elif m:
                sri = base64.b64encode(hashlib.sha512(m[1].encode()).digest()).decode()
                place = f"http://{self.headers['Host']}/npm/{m[1]}/-/x.tgz"
                self.send(200, {"name": m[1], "dist-tags": {"latest": "1.0.0"}, "versions": {
                    "1.0.0": {"name": m[1], "version": "1.0.0", "dist": {
                        "tarball": place, "integrity": f"sha512-{sri}"}}}},
                    [("ETag", '"1"')])
            elif re.match(r"(/_registry)?/rubygems/", path):
                self.gems(*re.fullmatch(r"(?:/_registry)?/rubygems/([^/]+)/(.*)", path).groups())
            elif re.match(r"(/_registry)?/nuget/", path):
                self.nuget(*re.fullmatch(r"((?:/_registry)?/nuget/([^/]+)/)(.*)", path).groups())
            elif args.maven and re.match(r"(/_registry)?/maven/", path):
                self.maven(re.sub(r"^(/_registry)?/maven/", "", path))
            elif re.fullmatch(r"/v2/.*/tags/list.*", path):
                self.send(200, {"name": path.split("/tags/")[0][4:], "tags": []})
            else:
                return False
            return True

        def maven(self, path):
            """400 for metadata that is not there, 404 for other files."""
            want = "Basic " + base64.b64encode(f"ferry:{args.token}".encode()).decode()
            file = os.path.normpath(os.path.join(args.maven, path))
            if self.headers.get("Authorization") != want:
                self.send(401, None, [("WWW-Authenticate", 'Basic realm="GitHub Package Registry"')])
            elif os.path.isfile(file):
                with open(file, "rb") as f:
                    data = f.read()
                tag = '"' + hashlib.sha256(data).hexdigest() + '"'
                if self.headers.get("If-None-Match") == tag:
                    self.send(304, None, [("ETag", tag)])
                else:
                    self.send_raw(data, [("ETag", tag)])
            else:
                self.send(400 if "maven-metadata" in path else 404, None)

        def gems(self, owner, path):
            want = "Basic " + base64.b64encode(f"ferry:{args.token}".encode()).decode()
            names = [p["name"] for p in self.facts().d["packages"]
                     if p["type"] == "rubygems" and p["owner"] == owner]
            info = {n: "---\n1.0.0 |checksum:%s\n" % hashlib.sha256(gem(n)).hexdigest() for n in names}
            if self.headers.get("Authorization") != want:
                self.send(401, None)
            elif path == "versions":
                self.send_raw("---\n" + "".join("%s 1.0.0 %s\n" % (n, hashlib.md5(
                    info[n].encode()).hexdigest()) for n in names), [("ETag", '"v"')])
            elif path[:5] == "info/" and path[5:] in info:
                self.send_raw(info[path[5:]], [])
            elif path[:5] == "gems/" and path[5:-10] in info:
                self.send_raw(gem(path[5:-10]), [])
            else:
                self.send(404, None)

        def nuget(self, prefix, owner, path):
            want = "Basic " + base64.b64encode(f"ferry:{args.token}".encode()).decode()
            ids = {p["name"].lower(): p["name"] for p in self.facts().d["packages"]
                   if p["type"] == "nuget" and p["owner"].lower() == owner.lower()}
            base = f"http://{self.headers['Host']}{prefix}"
            id = path.split("/")[-2] if "/" in path else ""
            if path.startswith("download/"):
                id = path.split("/")[1]
            content = f"{base}download/{id}/1.0.0/{id}.1.0.0.nupkg"
            if self.headers.get("Authorization") != want:
                self.send(401, None, [("WWW-Authenticate", 'Basic realm="x"')])
            elif path == "index.json":
                self.send(200, {"version": "3.0.0-beta.1", "resources": [
                    {"@id": base + "download", "@type": "PackageBaseAddress/3.0.0"},
                    {"@id": base + "query", "@type": "SearchQueryService"},
                    {"@id": base.rstrip("/"), "@type": "RegistrationsBaseUrl/3.6.0"}]}, [("ETag", '"i"')])
            elif id not in ids:
                self.send(404, None)
            elif path == f"download/{id}/index.json":
                self.send(200, {"versions": ["1.0.0"]})
            elif path.endswith(".nupkg"):
                self.send_raw(nupkg(ids[id]), [])
            elif path == f"{id}/index.json":
                self.send(200, {"count": 1, "items": [{"lower": "1.0.0", "upper": "1.0.0", "count": 1, "items": [
                    {"packageContent": content, "catalogEntry": {"id": ids[id], "version": "1.0.0",
                     "packageContent": content, "dependencyGroups": []}}]}]}, [("ETag", '"r"')])
            else:
                self.send(404, None)

        def do_GET(self):
            if self.registries() or self.refused():
                return
            url = urllib.parse.urlsplit(self.path)
            q = dict(urllib.parse.parse_qsl(url.query))
            path = url.path[len(args.base):]
            try:
                whole = self.facts().answer(path, q)
            except (Missing, KeyError):
                self.send(404, {"message": "Not Found", "documentation_url": ""})
                return
            headers = []
            if isinstance(whole, list):
                page, size = int(q.get("page", 1)), min(args.page, int(q.get("per_page", 30)))
                items = whole[(page - 1) * size:page * size]
                if page * size < len(whole):
                    q["page"] = str(page + 1)
                    place = f"http://{self.headers['Host']}{url.path}?{urllib.parse.urlencode(q)}"
                    headers.append(("Link", f'<{place}&x=first>; rel="first", <{place}>; '
                                    f'rel="next", <{place}&x=last>; rel="last"'))
                whole = items
            tag = 'W/"' + hashlib.sha256(json.dumps(whole).encode()).hexdigest() + '"'
            if self.headers.get("If-None-Match") == tag:
                self.send(304, None, [("ETag", tag)])
                return
            self.send(200, whole, headers + [("ETag", tag), ("x-ratelimit-remaining", "4999"),
                                             ("x-ratelimit-reset", "@3000")])

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with open(args.port + ".new", "w") as f:
        f.write(str(server.server_address[1]))
    os.rename(args.port + ".new", args.port)
    server.serve_forever()


if len(sys.argv) == 2 and sys.argv[1] == "--facts":
    json.dump(fixture(), sys.stdout, indent=1)
    sys.exit()
parser = argparse.ArgumentParser()
for name in ("port", "facts", "rules", "log"):
    parser.add_argument(name)
parser.add_argument("--page", type=int, default=2)
parser.add_argument("--base", default="")
parser.add_argument("--token", default="sync-token")
parser.add_argument("--maven")
serve(parser.parse_args())
