#!/usr/bin/env python3
"""Adds one manifest, and what it names, to an OCI image layout; prints its digest.

    mkoci.py DIR image [TAG] [--size N] [--layers N] [--platform P] [--docker]
             [--alg sha512] [--no-child] [--annotation K=V]
    mkoci.py DIR index [TAG] --platform P --platform Q … [--docker]
    mkoci.py DIR artifact --subject DIGEST --type T [TAG] [--annotation K=V]
    mkoci.py DIR drop DIGEST        remove the blob, keep who names it

Layers are real tar archives with one file of noise, so that clients unpack
them; the same arguments in the same order give other noise each time.
"""
import argparse
import gzip
import hashlib
import io
import json
import os
import tarfile

OCI = "application/vnd.oci.image."
DOCKER = "application/vnd.docker."
EMPTY = "application/vnd.oci.empty.v1+json"


def digest_of(data, alg="sha256"):
    return f"{alg}:{hashlib.new(alg, data).hexdigest()}"


class Layout:
    def __init__(self, path):
        self.path = path
        os.makedirs(path, exist_ok=True)
        with open(f"{path}/oci-layout", "w") as f:
            f.write('{"imageLayoutVersion":"1.0.0"}')
        try:
            with open(f"{path}/index.json") as f:
                self.index = json.load(f)
        except FileNotFoundError:
            self.index = {"schemaVersion": 2, "manifests": []}

    def file(self, digest):
        alg, digits = digest.split(":")
        return f"{self.path}/blobs/{alg}/{digits}"

    def put(self, data, media_type, alg="sha256"):
        digest = digest_of(data, alg)
        os.makedirs(os.path.dirname(self.file(digest)), exist_ok=True)
        with open(self.file(digest), "wb") as f:
            f.write(data)
        return {"mediaType": media_type, "digest": digest, "size": len(data)}

    def json(self, value, media_type, alg="sha256"):
        # Blanks that a re-serialised text would not have.
        return self.put(json.dumps(value, indent=3).encode() + b"\n", media_type, alg)

    def image(self, args, platform):
        kind = DOCKER if args.docker else OCI
        names = {
            "manifest": "distribution.manifest.v2+json" if args.docker else "manifest.v1+json",
            "config": "container.image.v1+json" if args.docker else "config.v1+json",
            "layer": "image.rootfs.diff.tar.gzip" if args.docker else "layer.v1.tar+gzip",
        }
        parts = platform.split("/")
        diff_ids, layers = [], []
        for i in range(args.layers):
            noise = os.urandom(args.size)
            tar = io.BytesIO()
            with tarfile.open(fileobj=tar, mode="w") as t:
                info = tarfile.TarInfo(f"noise{i}")
                info.size = len(noise)
                t.addfile(info, io.BytesIO(noise))
            diff_ids.append(digest_of(tar.getvalue()))
            data = gzip.compress(tar.getvalue(), 1, mtime=0)
            layers.append(self.put(data, kind + names["layer"], args.alg))
        config = {
            "os": parts[0],
            "architecture": parts[1],
            "config": {"Cmd": ["/noise0"]},
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
            "history": [{"created_by": "mkoci"} for _ in layers],
        }
        if len(parts) > 2:
            config["variant"] = parts[2]
        manifest = {
            "schemaVersion": 2,
            "mediaType": kind + names["manifest"],
            "config": self.json(config, kind + names["config"], args.alg),
            "layers": layers,
        }
        self.annotate(manifest, args)
        return self.json(manifest, manifest["mediaType"], args.alg)

    def list(self, args):
        media_type = (DOCKER + "distribution.manifest.list.v2+json" if args.docker
                      else OCI + "index.v1+json")
        children = []
        for platform in args.platform:
            child = self.image(args, platform)
            parts = platform.split("/")
            child["platform"] = {"os": parts[0], "architecture": parts[1]}
            if len(parts) > 2:
                child["platform"]["variant"] = parts[2]
            children.append(child)
        index = {"schemaVersion": 2, "mediaType": media_type, "manifests": children}
        self.annotate(index, args)
        return self.json(index, media_type)

    def artifact(self, args):
        manifest = {
            "schemaVersion": 2,
            "mediaType": OCI + "manifest.v1+json",
            "artifactType": args.type,
            "config": self.put(b"{}", EMPTY),
            "layers": [self.put(os.urandom(args.size), args.type)],
            "subject": {
                "mediaType": OCI + "manifest.v1+json",
                "digest": args.subject,
                "size": os.path.getsize(self.file(args.subject))
                if os.path.exists(self.file(args.subject)) else 1,
            },
        }
        self.annotate(manifest, args)
        return self.json(manifest, manifest["mediaType"])

    @staticmethod
    def annotate(manifest, args):
        if args.annotation:
            manifest["annotations"] = dict(a.split("=", 1) for a in args.annotation)

    def add(self, descriptor, tag):
        name = "org.opencontainers.image.ref.name"
        if tag:
            self.index["manifests"] = [
                m for m in self.index["manifests"]
                if m.get("annotations", {}).get(name) != tag
            ]
            descriptor["annotations"] = {name: tag}
        self.index["manifests"].append(descriptor)
        with open(f"{self.path}/index.json", "w") as f:
            json.dump(self.index, f)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("dir")
    p.add_argument("what", choices=["image", "index", "artifact", "drop"])
    p.add_argument("name", nargs="?")
    p.add_argument("--size", type=int, default=1000)
    p.add_argument("--layers", type=int, default=1)
    p.add_argument("--count", type=int, default=1)
    p.add_argument("--platform", action="append", default=[])
    p.add_argument("--docker", action="store_true")
    p.add_argument("--alg", default="sha256")
    p.add_argument("--subject")
    p.add_argument("--type", default="application/vnd.example.sbom")
    p.add_argument("--annotation", action="append", default=[])
    args = p.parse_args()
    layout = Layout(args.dir)
    if args.what == "drop":
        os.remove(layout.file(args.name))
        return
    for _ in range(args.count):
        if args.what == "index":
            descriptor = layout.list(args)
        elif args.what == "artifact":
            descriptor = layout.artifact(args)
        else:
            descriptor = layout.image(args, (args.platform or ["linux/amd64"])[0])
        layout.add(descriptor, args.name)
        print(descriptor["digest"])


main()
