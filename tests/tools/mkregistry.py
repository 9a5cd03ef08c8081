#!/usr/bin/env python3
"""Writes a static npm registry: packuments and tarballs as files.

mkregistry.py DIR BASE-URL [--packages N] [--versions N] [--size BYTES]
              [--readme BYTES] [--sign KEY.pem] [--seed S] [--exact]

Sizes are about BYTES, from a third of it to more than one and a half; with --exact
they are BYTES but for some hundreds, and of any size.
Layout: DIR/NAME/packument.json, DIR/NAME/-/NAME-VERSION.tgz and, with --sign,
DIR/-/npm/v1/keys.  Any server of static files can be the registry (nginx:
try_files $uri $uri/packument.json).  Every tenth package is scoped.
"""
import argparse
import base64
import gzip
import hashlib
import io
import json
import os
import random
import subprocess
import tarfile


PIECE = 64 << 20  # randbytes() makes no more than 256 MB at once


def tarball(name, version, size, rng, level):
    """A real npm tarball with about size bytes, half of them compressible."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        def add(path, data):
            info = tarfile.TarInfo("package/" + path)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
        add("package.json", json.dumps({"name": name, "version": version}).encode())
        add("index.js", f"module.exports = '{name} {version}';\n".encode())
        add("data.bin", b"".join(rng.randbytes(min(PIECE, size - 300 - at)) for at in range(0, size - 300, PIECE)))
    return gzip.compress(raw.getvalue(), level, mtime=0)


def sign(key, text):
    out = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key],
                         input=text.encode(), capture_output=True, check=True)
    return base64.b64encode(out.stdout).decode()


def public_key(key):
    der = subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-outform", "DER"],
                         capture_output=True, check=True).stdout
    keyid = "SHA256:" + base64.b64encode(hashlib.sha256(der).digest()).decode()
    return keyid, base64.b64encode(der).decode()


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("dir")
    ap.add_argument("base")
    ap.add_argument("--packages", type=int, default=10)
    ap.add_argument("--versions", type=int, default=2)
    ap.add_argument("--size", type=int, default=20000)
    ap.add_argument("--readme", type=int, default=2000)
    ap.add_argument("--sign")
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--exact", action="store_true")
    a = ap.parse_args()
    rng = random.Random(a.seed)
    keyid = None
    if a.sign:
        keyid, spki = public_key(a.sign)
        os.makedirs(os.path.join(a.dir, "-/npm/v1"), exist_ok=True)
        with open(os.path.join(a.dir, "-/npm/v1/keys"), "w") as f:
            json.dump({"keys": [{"expires": None, "keyid": keyid, "keytype": "ecdsa-sha2-nistp256",
                                 "scheme": "ecdsa-sha2-nistp256", "key": spki}]}, f)
    for i in range(a.packages):
        name = f"@load/pkg-{i:05d}" if i % 10 == 9 else f"pkg-{i:05d}"
        base = name.split("/")[-1]
        folder = os.path.join(a.dir, name, "-")
        os.makedirs(folder, exist_ok=True)
        doc = {"_id": name, "name": name, "dist-tags": {}, "versions": {}, "time": {
            "created": "2020-01-01T00:00:00.000Z", "modified": "2021-01-01T00:00:00.000Z"},
            "readme": "x " * (a.readme // 2), "license": "MIT"}
        for v in range(a.versions):
            version = f"1.{v}.0"
            size = a.size if a.exact else int(a.size * rng.uniform(0.3, 1.7))
            data = tarball(name, version, size, rng, 1 if a.exact else 6)
            file = f"{base}-{version}.tgz"
            with open(os.path.join(folder, file), "wb") as f:
                f.write(data)
            integrity = "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()
            dist = {"tarball": f"{a.base.rstrip('/')}/{name}/-/{file}", "integrity": integrity,
                    "shasum": hashlib.sha1(data).hexdigest(), "unpackedSize": a.size}
            if a.sign:
                dist["signatures"] = [{"keyid": keyid, "sig": sign(a.sign, f"{name}@{version}:{integrity}")}]
            doc["versions"][version] = {"name": name, "version": version, "license": "MIT",
                                        "description": f"load package {i}", "dist": dist}
            doc["time"][version] = "2020-06-01T00:00:00.000Z"
            doc["dist-tags"]["latest"] = version
        with open(os.path.join(a.dir, name, "packument.json"), "w") as f:
            json.dump(doc, f)


main()
