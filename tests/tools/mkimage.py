#!/usr/bin/env python3
"""Makes images and pushes them to a registry by HTTP; prints the digest.

mkimage.py URL REPOSITORY TAG [option ...]

  --platforms P,P…     an index with one image for each; else one image
  --layers N --size N  gzipped layers of random files, of about so many bytes
  --seed S             of what is in them: the same seed, the same bytes
  --base S             a first layer of this seed, shared by whoever names it
  --zstd --plain       one more layer, packed with zstd; one more, not packed
  --docker             Docker's media types instead of OCI's
  --attest             an attestation beside each image of the index
  --nested             the index in an index
  --deep N             so many indexes in indexes
  --foreign URL        one more layer that is not pushed, to be had at URL;
                       its bytes go to the file --foreign-file
  --subject DIGEST     an artifact that refers to DIGEST: pushed by digest, and
                       listed in the fallback tag of DIGEST (TAG "-": no tag)
  --cosign DIGEST      a signature as cosign writes: the tag sha256-….sig
  --artifact TYPE      artifactType
  --wrong-size         the manifest says that its last layer is a byte longer
"""
import argparse
import gzip
import hashlib
import io
import json
import random
import subprocess
import tarfile
import urllib.error
import urllib.parse
import urllib.request

OCI = "application/vnd.oci.image."
DOCKER = "application/vnd.docker."


def sha256(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Registry:
    def __init__(self, url, repository):
        self.base = f"{url.rstrip('/')}/v2/{repository}"

    def call(self, method, url, data=None, headers=None):
        request = urllib.request.Request(url, data=data, method=method, headers=headers or {})
        return urllib.request.urlopen(request)

    def blob(self, data):
        digest = sha256(data)
        try:
            self.call("HEAD", f"{self.base}/blobs/{digest}")
            return digest
        except urllib.error.HTTPError:
            pass
        place = self.call("POST", f"{self.base}/blobs/uploads/", b"").headers["Location"]
        place = urllib.parse.urljoin(self.base, place)
        mark = "&" if "?" in place else "?"
        self.call("PUT", f"{place}{mark}digest={digest}", data, {"Content-Type": "application/octet-stream"})
        return digest

    def manifest(self, document, tag=None):
        data = json.dumps(document, indent=1).encode()
        digest = sha256(data)
        self.call("PUT", f"{self.base}/manifests/{tag or digest}", data, {"Content-Type": document["mediaType"]})
        return {"mediaType": document["mediaType"], "digest": digest, "size": len(data)}

    def get(self, ref):
        try:
            return json.load(self.call("GET", f"{self.base}/manifests/{ref}", None,
                                       {"Accept": f"{OCI}index.v1+json, {OCI}manifest.v1+json"}))
        except urllib.error.HTTPError:
            return None


def tar(seed, size):
    rng = random.Random(seed)
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as t:
        info = tarfile.TarInfo(f"data-{seed}")
        info.size = size
        t.addfile(info, io.BytesIO(rng.randbytes(size)))
    return raw.getvalue()


class Maker:
    def __init__(self, args):
        self.a = args
        self.r = Registry(args.url, args.repository)
        self.prefix = DOCKER if args.docker else OCI

    def type(self, oci, docker):
        return (DOCKER + docker) if self.a.docker else (OCI + oci)

    def layers(self, seed):
        """(media type, packed bytes, tar) of each."""
        a = self.a
        gz = self.type("layer.v1.tar+gzip", "image.rootfs.diff.tar.gzip")
        if a.base:
            t = tar(a.base, a.size)
            yield gz, gzip.compress(t, 6, mtime=0), t
        for i in range(a.layers):
            t = tar(f"{seed}-{i}", a.size)
            yield gz, gzip.compress(t, 6, mtime=0), t
        if a.zstd:
            t = tar(f"{seed}-zstd", a.size)
            packed = subprocess.run(["zstd", "-q", "-c"], input=t, stdout=subprocess.PIPE, check=True).stdout
            yield OCI + "layer.v1.tar+zstd", packed, t
        if a.plain:
            t = tar(f"{seed}-plain", a.size)
            yield OCI + "layer.v1.tar", t, t

    def image(self, platform, seed, tag=None):
        os_, arch, *variant = platform.split("/")
        layers, diffs = [], []
        for media_type, packed, t in self.layers(seed):
            layers.append({"mediaType": media_type, "digest": self.r.blob(packed), "size": len(packed)})
            diffs.append(sha256(t))
        if self.a.wrong_size:
            layers[-1]["size"] += 1
        if self.a.foreign:
            t = tar(f"{seed}-foreign", self.a.size)
            packed = gzip.compress(t, 6, mtime=0)
            with open(self.a.foreign_file, "wb") as f:
                f.write(packed)
            layers.append({"mediaType": self.type("layer.nondistributable.v1.tar+gzip",
                                                  "image.rootfs.foreign.diff.tar.gzip"),
                           "digest": sha256(packed), "size": len(packed), "urls": [self.a.foreign]})
            diffs.append(sha256(t))
        config = {"architecture": arch, "os": os_, "config": {}, "created": "2020-01-01T00:00:00Z",
                  "rootfs": {"type": "layers", "diff_ids": diffs}}
        if variant:
            config["variant"] = variant[0]
        data = json.dumps(config).encode()
        document = {"schemaVersion": 2, "mediaType": self.type("manifest.v1+json", "distribution.manifest.v2+json"),
                    "config": {"mediaType": self.type("config.v1+json", "container.image.v1+json"),
                               "digest": self.r.blob(data), "size": len(data)},
                    "layers": layers}
        if self.a.artifact:
            document["artifactType"] = self.a.artifact
        return self.r.manifest(document, tag)

    def artifact(self, artifact_type, layer_type, data, more, annotations=None, tag=None):
        empty = b"{}"
        layer = {"mediaType": layer_type, "digest": self.r.blob(data), "size": len(data)}
        if annotations:
            layer["annotations"] = annotations
        document = {"schemaVersion": 2, "mediaType": OCI + "manifest.v1+json", "artifactType": artifact_type,
                    "config": {"mediaType": "application/vnd.oci.empty.v1+json",
                               "digest": self.r.blob(empty), "size": len(empty)},
                    "layers": [layer], **more}
        return self.r.manifest(document, tag)

    def index(self, tag):
        children = []
        for platform in self.a.platforms.split(","):
            os_, arch, *variant = platform.split("/")
            child = self.image(platform, f"{self.a.seed}-{platform}")
            child["platform"] = {"os": os_, "architecture": arch}
            if variant:
                child["platform"]["variant"] = variant[0]
            children.append(child)
            if self.a.attest:
                proof = self.artifact("application/vnd.in-toto+json", "application/vnd.in-toto+json",
                                      json.dumps({"of": child["digest"]}).encode(), {})
                proof["platform"] = {"os": "unknown", "architecture": "unknown"}
                proof["annotations"] = {"vnd.docker.reference.type": "attestation-manifest",
                                        "vnd.docker.reference.digest": child["digest"]}
                children.append(proof)
        media_type = self.type("index.v1+json", "distribution.manifest.list.v2+json")
        deep = self.a.deep + (1 if self.a.nested else 0)
        for left in range(deep, -1, -1):
            document = {"schemaVersion": 2, "mediaType": media_type, "manifests": children}
            children = [self.r.manifest(document, None if left > 0 else tag)]
        return children[0]

    def refer(self, tag):
        """What registries without the referrers API want clients to do."""
        digest = self.a.subject
        subject = json.dumps(self.r.get(digest), indent=1).encode()
        made = self.artifact(self.a.artifact or "application/vnd.example.sbom", "application/json",
                             f"refers {self.a.seed} {digest}".encode(),
                             {"subject": {"mediaType": OCI + "manifest.v1+json", "digest": digest,
                                          "size": len(subject)},
                              "annotations": {"org.example.seed": str(self.a.seed)}},
                             tag=None if tag == "-" else tag)
        fallback = digest.replace(":", "-")
        index = self.r.get(fallback) or {"schemaVersion": 2, "mediaType": OCI + "index.v1+json", "manifests": []}
        index["manifests"].append({**made, "artifactType": self.a.artifact or "application/vnd.example.sbom"})
        self.r.manifest(index, fallback)
        return made

    def sign(self):
        return self.artifact("", "application/vnd.dev.cosign.simplesigning.v1+json",
                             json.dumps({"critical": {"image": {"docker-manifest-digest": self.a.cosign}}}).encode(),
                             {}, {"dev.cosignproject.cosign/signature": "MEUCIQ=="},
                             tag=self.a.cosign.replace(":", "-") + ".sig")

    def make(self):
        if self.a.cosign:
            return self.sign()
        if self.a.subject:
            return self.refer(self.a.tag)
        if self.a.platforms:
            return self.index(self.a.tag)
        return self.image("linux/amd64", self.a.seed, self.a.tag)


def main():
    ap = argparse.ArgumentParser()
    for name in ("url", "repository", "tag"):
        ap.add_argument(name)
    for name in ("platforms", "base", "foreign", "foreign-file", "subject", "cosign", "artifact"):
        ap.add_argument("--" + name)
    ap.add_argument("--seed", default="1")
    ap.add_argument("--layers", type=int, default=1)
    ap.add_argument("--deep", type=int, default=0)
    ap.add_argument("--size", type=int, default=5000)
    for name in ("zstd", "plain", "docker", "attest", "nested", "wrong-size"):
        ap.add_argument("--" + name, action="store_true")
    print(Maker(ap.parse_args()).make()["digest"])


main()
