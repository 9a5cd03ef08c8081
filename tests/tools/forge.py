#!/usr/bin/env python3
"""Makes hostile volumes: forge.py ATTACK IN.tar OUT.tar KEY.pem

Takes a sound volume of a bundle that has only this one, changes it as ATTACK
says, and signs what is signed again with the private key KEY.pem, so that the
refusal is not the signature's.  forge.py --list prints "ATTACK STATUS", the
exit status that `ferry import` must end with; --list-images those that need a
store with a tagged image and something that refers to it.

forge.py origin IN.tar OUT.tar KEY.pem ID: as if another store had written it.
"""

import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import time

ATTACKS = {}


def attack(status):
    def add(function):
        ATTACKS[function.__name__.replace("_", "-")] = (status, function)
        return function

    return add


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def zstd(data):
    return subprocess.run(["zstd", "-q", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout


def unzstd(data):
    return subprocess.run(["zstd", "-q", "-d", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout


class Info(tarfile.TarInfo):
    """With room for pax (extended headers) and gnu (GNU's long names)."""


class Volume:
    """head: a dict; groups: [[line, bytes]] by index; extra: functions that
    change the finished tar's member list, as (TarInfo, bytes)."""

    def __init__(self, path, key):
        self.key = key
        self.raw_head = None  # instead of the head's text
        self.keep_signature = False
        self.raw_hook = None
        self.signers = None
        members = []
        with tarfile.open(path, "r:") as tar:
            for info in tar:
                members.append((info, tar.extractfile(info).read()))
        self.head = json.loads(members[0][1])
        self.signatures = [(i.name, d) for i, d in members if i.name.startswith("signatures/")]
        self.groups = []
        rest = iter(members[1 + len(self.signatures):])
        for info, data in rest:
            lines = [json.loads(line) for line in data.splitlines()]
            self.groups.append([[line, next(rest)[1]] for line in lines])
        self.index_text = {}  # replaces that of a group
        self.tar_members = []  # hooks
        self.tail = b""
        self.cut = None

    def sign(self, text):
        with tempfile.NamedTemporaryFile() as f:
            f.write(text)
            f.flush()
            out = subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", self.key, "-in", f.name],
                                 stdout=subprocess.PIPE, check=True).stdout
        return out

    def members(self):
        texts = []
        for i, group in enumerate(self.groups):
            text = "".join(json.dumps(line) + "\n" for line, _ in group).encode()
            texts.append(self.index_text.get(i, text))
        index = self.head["volumes"][0]["index"]
        for entry, text in zip(index, texts):
            entry["size"] = len(text)
            entry["sha256"] = sha256(text)
        head = self.raw_head or json.dumps(self.head).encode() + b"\n"
        out = [("head.json", head)]
        for name, data in self.signatures:
            out.append((name, data if self.keep_signature else self.sign(head)))
        for i, group in enumerate(self.groups):
            out.append(("index/%06d.jsonl" % (i + 1), texts[i]))
            for line, data in group:
                out.append((line["path"], data))
        return out

    def write(self, path):
        members = []
        for name, data in self.members():
            info = Info(name)
            info.size = len(data)
            members.append((info, data))
        for hook in self.tar_members:
            hook(members)
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
            for info, data in members:
                if getattr(info, "pax", None):
                    tar.format = tarfile.PAX_FORMAT
                    info.pax_headers = info.pax
                if getattr(info, "gnu", False):
                    tar.format = tarfile.GNU_FORMAT
                tar.addfile(info, io.BytesIO(data))
                tar.format = tarfile.USTAR_FORMAT
        raw = out.getvalue()
        if self.raw_hook is not None:
            raw = bytearray(raw)
            self.raw_hook(raw)
        if self.cut is not None:
            raw = raw[: self.cut(len(raw))]
        with open(path, "wb") as f:
            f.write(raw + self.tail)

    def blob(self, encoding, skip=0):
        for group in self.groups:
            for entry in group:
                if "blob" in entry[0] and entry[0]["encoding"] == encoding:
                    if skip == 0:
                        return entry
                    skip -= 1
        raise SystemExit("no blob with encoding " + encoding)

    def records(self, change):
        for group in self.groups:
            for entry in group:
                if "part" in entry[0]:
                    lines = [json.loads(l) for l in unzstd(entry[1]).splitlines()]
                    change(lines)
                    text = "".join(json.dumps(l) + "\n" for l in lines).encode()
                    entry[1] = zstd(text)
                    entry[0].update(size=len(entry[1]), sha256=sha256(entry[1]), content_size=len(text))
                    return


# The head

@attack(0)
def nothing(v):
    pass


@attack(27)
def expired(v):
    v.head["created_at"] = "2019-12-01T00:00:00Z"
    v.head["expires_at"] = "2020-01-01T00:00:00Z"


@attack(20)
def expires_in_1970(v):
    v.head["expires_at"] = "1970-01-01T00:00:00Z"


@attack(20)
def version_nought(v):
    v.head["version"] = 0


@attack(20)
def head_of_empty_objects(v):
    text = json.dumps(v.head)[:-1] + ',"x":[' + "{}," * (2 << 20) + "{}]}"
    v.raw_head = text.encode()


@attack(28)
def newer_version(v):
    v.head["version"] = 2


@attack(28)
def newer_feature(v):
    v.head["requires"] = ["recipes"]


@attack(23)
def other_site(v):
    v.head["site"] = {"id": "0" * 32, "name": "elsewhere"}


@attack(24)
def gap(v):
    v.head["records"]["from"] = 2
    v.head["totals"]["records"] -= 1


@attack(20)
def no_range(v):
    v.head["records"]["from"] = v.head["records"]["to"] + 2


@attack(20)
def other_format(v):
    v.head["format"] = "ferry-store"


@attack(20)
def head_is_not_json(v):
    v.raw_head = b"{" * 100000


@attack(20)
def head_too_large(v):
    v.raw_head = b"[" + b"0," * (5 << 20) + b"0]"


@attack(20)
def head_duplicate_member(v):
    v.raw_head = json.dumps(v.head).encode()[:-1] + b',"version":1}'


@attack(20)
def too_many_volumes(v):
    v.head["volumes"] = [{"number": i + 1, "size": 1, "index": [
        {"path": "index/%06d.jsonl" % (i + 1), "size": 1, "sha256": "0" * 64}]} for i in range(10000)]


@attack(20)
def huge_counts(v):
    v.head["totals"]["records"] = (1 << 62)


@attack(20)
def negative_size(v):
    v.head["volumes"][0]["index"][0]["size"] = -1
    v.raw_head = json.dumps(v.head).encode()


@attack(20)
def index_too_large(v):
    v.index_text[0] = b" " * ((4 << 20) + 1)


@attack(20)
def index_path_leaves(v):
    v.head["volumes"][0]["index"][0]["path"] = "../../etc/passwd"


@attack(30)
def missing_volume(v):
    v.head["volumes"].append({"number": 2, "size": 1, "index": [
        {"path": "index/%06d.jsonl" % (len(v.groups) + 1), "size": 1, "sha256": "0" * 64}]})


@attack(20)
def head_changed(v):
    """Not signed again: see the script, which expects 21."""
    v.keep_signature = True
    v.head["created_at"] = "2020-01-01T00:00:00Z"


ATTACKS["head-changed"] = (21, ATTACKS["head-changed"][1])


@attack(21)
def no_signature(v):
    v.signatures = []


@attack(21)
def unknown_signer(v):
    v.signatures = [("signatures/" + "0" * 32 + ".sig", b"")]


@attack(29)
def signature_twice(v):
    v.signatures = v.signatures * 2


# Indexes and members

@attack(20)
def member_path_leaves(v):
    v.blob("raw")[0]["path"] = "../../../tmp/owned"


@attack(20)
def member_path_absolute(v):
    v.blob("raw")[0]["path"] = "/tmp/owned"


@attack(20)
def member_of_other_name(v):
    v.blob("raw")[0]["path"] = "blobs/sha256/" + "0" * 64


@attack(28)
def unknown_encoding(v):
    v.blob("raw")[0]["encoding"] = "brotli"


def varint(n):
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes(out + bytes([n]))


def recipe(v, data, announced=True, base=None):
    """The second raw blob as a recipe from the first, which is there then."""
    base = base or v.blob("raw")[0]["blob"]
    entry = v.blob("raw", 1)
    if announced:
        v.head["requires"] = ["recipe-1"]
    entry[0].update(path=entry[0]["path"] + ".recipe", size=len(data), sha256=sha256(data), encoding="recipe",
                    bases=[base])
    entry[1] = data
    return entry[0]


@attack(29)
def recipe_unannounced(v):
    recipe(v, b"FRR1", announced=False)


@attack(20)
def recipe_without_bases(v):
    del recipe(v, b"FRR1")["bases"]


@attack(20)
def recipe_of_three_bases(v):
    line = recipe(v, b"FRR1")
    line["bases"] *= 3


@attack(30)
def recipe_without_its_base(v):
    recipe(v, b"FRR1", base="0" * 64)


@attack(30)
def recipe_of_another_base(v):
    size = v.blob("raw", 1)[0]["content_size"]
    recipe(v, b"FRR1" + varint(1) + varint(size) + varint(size) + varint(0) + varint(1) + varint(7) + b"x" * 32 +
           varint(0) + varint(0))


@attack(30)
def recipe_of_itself(v):
    recipe(v, b"FRR1", base=v.blob("raw", 1)[0]["blob"])


@attack(20)
def recipe_of_noise(v):
    recipe(v, os.urandom(5000))


@attack(20)
def recipe_of_nothing(v):
    recipe(v, b"")


def pieces(v, announced=True, change=None):
    """The first raw blob in two pieces, each below an index of its own, as a
    volume's end would part them."""
    line, data = v.blob("raw")
    if announced:
        v.head["requires"] = ["piece-1"]
    half = len(data) // 3
    index = v.head["volumes"][0]["index"]
    for group in v.groups:
        group[:] = [e for e in group if e[0] is not line]
    for offset, part in [[0, data[:half]], [half, data[half:]]]:
        piece = dict(line, encoding="piece", offset=offset)
        if change is not None:
            part = change(piece, part)
        piece.update(path="blobs/sha256/%s.piece-%015d" % (line["blob"], piece["offset"]), size=len(part),
                     sha256=sha256(part))
        v.groups.append([[piece, part]])
        index.append({"path": "index/%06d.jsonl" % len(v.groups), "size": 0, "sha256": ""})


@attack(29)
def pieces_unannounced(v):
    pieces(v, announced=False)


@attack(20)
def pieces_of_another_blob(v):
    pieces(v, change=lambda line, part: bytes(len(part)))


@attack(30)
def pieces_with_a_gap(v):
    pieces(v, change=lambda line, part: part if line["offset"] > 0 else part[1:])


@attack(30)
def pieces_that_end_too_early(v):
    def change(line, part):
        line["offset"] -= line["offset"] > 0
        return part
    pieces(v, change=change)


@attack(20)
def piece_behind_the_end(v):
    def change(line, part):
        line["offset"] += line["offset"] > 0
        return part
    pieces(v, change=change)


@attack(20)
def piece_that_is_all(v):
    line = v.blob("raw")[0]
    v.head["requires"] = ["piece-1"]
    line.update(encoding="piece", offset=0, path=line["path"] + ".piece-" + "0" * 15)


@attack(20)
def piece_of_nothing(v):
    pieces(v, change=lambda line, part: part if line["offset"] > 0 else b"")


@attack(20)
def piece_without_offset(v):
    pieces(v)
    del v.groups[-1][0][0]["offset"]


@attack(20)
def piece_of_a_huge_blob(v):
    def change(line, part):
        line.update(content_size=1 << 62)
        return part
    pieces(v, change=change)


@attack(20)
def pieces_of_a_blob_for_no_disk(v):
    def change(line, part):
        line.update(content_size=10 ** 15 - 1)
        return part
    pieces(v, change=change)


@attack(30)
def pieces_of_a_longer_blob(v):
    def change(line, part):
        line.update(content_size=10 ** 11)
        return part
    pieces(v, change=change)


@attack(29)
def piece_twice_in_an_index(v):
    pieces(v)
    again = v.groups[-1][0]
    v.groups[-2].append([dict(again[0]), again[1]])


@attack(28)
def recipe_of_newer_models(v):
    recipe(v, b"FRR1" + varint(99))


@attack(20)
def recipe_of_much_work(v):
    size = v.blob("raw", 1)[0]["content_size"]
    recipe(v, b"FRR1" + varint(1) + varint(size) + varint(size) + varint(2**60) + varint(0) + varint(0) + varint(0))


@attack(20)
def recipe_of_zeros(v):
    """A quarter of a GiB of them, by a few bytes, and none of the blob's."""
    size, base = 2**28, v.blob("raw")[1]
    frame = zstd(bytes(8 << 20))
    line = recipe(v, b"FRR1" + varint(1) + varint(size) + varint(size) + varint(0) + varint(1) + varint(len(base)) +
                  hashlib.sha256(base).digest() + varint(0) + varint(0) + varint(0) + varint(0) +
                  (varint(0) + varint(len(frame)) + frame) * 32)
    line["content_size"] = size


@attack(28)
def records_as_a_recipe(v):
    for group in v.groups:
        for entry in group:
            if "part" in entry[0]:
                v.head["requires"] = ["recipe-1"]
                entry[0].update(encoding="recipe", path=entry[0]["path"][:-4] + ".recipe")


@attack(28)
def unknown_kind(v):
    line = v.blob("raw")[0]
    del line["blob"]


@attack(29)
def member_twice(v):
    v.groups[0].append(v.groups[0][-1])


@attack(20)
def too_many_members(v):
    for i in range(9000):
        data = b"%d" % i
        v.groups[0].append([{"path": "blobs/sha256/" + sha256(data), "size": len(data), "sha256": sha256(data),
                             "encoding": "raw", "content_size": len(data), "blob": sha256(data)}, data])


@attack(20)
def long_line(v):
    v.groups[0][0][0]["note"] = "x" * 4000


@attack(20)
def raw_content_wrong(v):
    entry = v.blob("raw")
    entry[1] = bytes([entry[1][0] ^ 1]) + entry[1][1:]


@attack(20)
def raw_sizes_differ(v):
    v.blob("raw")[0]["content_size"] += 1


@attack(20)
def zstd_too_long(v):
    """Decodes to more than is declared."""
    v.blob("zstd")[0]["content_size"] -= 1


@attack(20)
def zstd_too_short(v):
    v.blob("zstd")[0]["content_size"] += 1


@attack(20)
def zstd_bomb(v):
    entry = v.blob("zstd")
    entry[1] = zstd(b"\0" * (1 << 29))
    entry[0].update(size=len(entry[1]), sha256=sha256(entry[1]))


@attack(20)
def zstd_wrong_content(v):
    entry = v.blob("zstd")
    text = b"x" * entry[0]["content_size"]
    entry[1] = zstd(text)
    entry[0].update(size=len(entry[1]), sha256=sha256(entry[1]))


@attack(20)
def zstd_trailing(v):
    entry = v.blob("zstd")
    entry[1] += b"more"
    entry[0].update(size=len(entry[1]), sha256=sha256(entry[1]))


@attack(20)
def zstd_cut(v):
    entry = v.blob("zstd")
    entry[1] = entry[1][:-3]
    entry[0].update(size=len(entry[1]), sha256=sha256(entry[1]))


@attack(20)
def zstd_huge_window(v):
    entry = v.blob("zstd")
    entry[1] = subprocess.run(["zstd", "-q", "-c", "--ultra", "--long=30", "-22"], input=b"\0" * (1 << 28),
                              stdout=subprocess.PIPE, check=True).stdout
    entry[0].update(size=len(entry[1]), sha256=sha256(entry[1]), content_size=1 << 28)


# Records

@attack(30)
def record_names_missing_blob(v):
    def change(lines):
        for line in lines:
            if line.get("value", {}).get("files"):
                line["value"]["files"][0]["sha256"] = "12" * 32
                return
    v.records(change)


@attack(20)
def record_lies_about_size(v):
    def change(lines):
        for line in lines:
            if line.get("value", {}).get("files"):
                line["value"]["files"][0]["size"] += 1
                return
    v.records(change)


@attack(20)
def record_out_of_order(v):
    v.records(lambda lines: lines.reverse())


@attack(20)
def record_beyond_range(v):
    v.records(lambda lines: lines[-1].update(seq=10 ** 9))


@attack(20)
def record_left_out(v):
    v.records(lambda lines: lines.pop())


@attack(20)
def record_with_number(v):
    v.records(lambda lines: lines[0]["value"].update(seq=99))


@attack(20)
def record_with_empty_key(v):
    v.records(lambda lines: lines[0].update(key=["version", "", "x"]))


@attack(20)
def record_with_huge_key(v):
    v.records(lambda lines: lines[0].update(key=["version", "x" * 100000]))


@attack(20)
def record_of_empty_objects(v):
    def change(lines):
        lines[0]["value"]["x"] = [{}] * (4 << 20)
    v.records(change)


def with_key(key):
    return lambda v: v.records(lambda lines: lines[-1].update(key=key))


ATTACKS["record-of-unknown-kind"] = (28, with_key(["user", "root"]))
ATTACKS["record-of-unknown-format"] = (28, with_key(["package", "rpm", "a", "near"]))
ATTACKS["record-with-short-key"] = (20, with_key(["package", "npm"]))
ATTACKS["record-with-long-key"] = (20, with_key(["package", "npm", "a", "near", "1.0.0"]))
ATTACKS["record-with-bad-name"] = (20, with_key(["package", "npm", "../../a", "near"]))
ATTACKS["record-with-bad-version"] = (20, with_key(["version", "npm", "a", "near", "new\nest"]))
ATTACKS["record-with-control-character"] = (20, with_key(["package", "npm", "a", "n\x1b[31m"]))


@attack(20)
def record_with_path_as_file_name(v):
    def change(lines):
        for line in lines:
            if line.get("value", {}).get("files"):
                line["value"]["files"][0]["name"] = "../../etc/passwd"
                return
    v.records(change)


@attack(20)
def record_deleted_at_noon(v):
    v.records(lambda lines: lines[-1]["value"].update(deleted_at="noon"))


def with_deletion(key):
    def change(lines):
        lines[-1].pop("value", None)
        lines[-1].update(op="delete", key=key)
    return lambda v: v.records(change)


# What restricts would be gone.
ATTACKS["record-that-deletes-an-upstream"] = (20, with_deletion(["upstream", "near"]))
ATTACKS["record-that-deletes-permissions"] = (20, with_deletion(["access", "near"]))


@attack(28)
def record_unknown_operation(v):
    v.records(lambda lines: lines[0].update(op="exec"))


@attack(20)
def part_decodes_to_more(v):
    for group in v.groups:
        for entry in group:
            if "part" in entry[0]:
                entry[0]["content_size"] = 100


@attack(20)
def part_too_large(v):
    for group in v.groups:
        for entry in group:
            if "part" in entry[0]:
                entry[0]["content_size"] = 1 << 40


# The tar around it

def insert(position, info, data=b""):
    def hook(members):
        info.size = len(data) if info.type == tarfile.REGTYPE else 0
        members.insert(position if position >= 0 else len(members), (info, data))

    return hook


@attack(29)
def symlink(v):
    info = Info("index/000002.jsonl")
    info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
    v.tar_members.append(insert(4, info))


@attack(29)
def hard_link(v):
    info = Info("x")
    info.type, info.linkname = tarfile.LNKTYPE, "head.json"
    v.tar_members.append(insert(-1, info))


@attack(29)
def link_instead_of_blob(v):
    def hook(members):
        i = [m[0].name for m in members].index(v.blob("raw")[0]["path"])
        members[i][0].type, members[i][0].linkname, members[i][0].size = tarfile.SYMTYPE, "/etc/shadow", 0
    v.tar_members.append(hook)


@attack(29)
def device(v):
    info = Info("x")
    info.type = tarfile.CHRTYPE
    v.tar_members.append(insert(3, info))


@attack(29)
def folder(v):
    info = Info("blobs")
    info.type = tarfile.DIRTYPE
    v.tar_members.append(insert(3, info))


@attack(29)
def extra_member(v):
    v.tar_members.append(insert(-1, Info("extra"), b"content"))


@attack(29)
def extra_member_within(v):
    v.tar_members.append(insert(4, Info("../../tmp/owned"), b"content"))


@attack(29)
def repeated_member(v):
    v.tar_members.append(lambda members: members.insert(5, members[4]))


@attack(29)
def long_name(v):
    info = Info("a/" * 150)
    info.gnu = True
    v.tar_members.append(insert(4, info, b"x"))


@attack(29)
def pax_path(v):
    def hook(members):
        members[4][0].pax = {"path": "/tmp/owned"}
    v.tar_members.append(hook)


@attack(29)
def pax_sparse(v):
    def hook(members):
        members[4][0].pax = {"GNU.sparse.major": "1", "GNU.sparse.realsize": "99999999999"}
    v.tar_members.append(hook)


@attack(30)
def member_missing(v):
    v.tar_members.append(lambda members: members.pop(4))


@attack(30)
def last_member_missing(v):
    v.tar_members.append(lambda members: members.pop())


@attack(29)
def members_swapped(v):
    """The first of the two is there, but later than declared."""
    def hook(members):
        members[4], members[5] = members[5], members[4]
    v.tar_members.append(hook)


ATTACKS["members-swapped"] = (30, ATTACKS["members-swapped"][1])


@attack(20)
def member_too_long(v):
    def hook(members):
        info, data = members[4]
        info.size += 1
        members[4] = (info, data + b"x")
    v.tar_members.append(hook)


@attack(20)
def member_too_short(v):
    def hook(members):
        info, data = members[4]
        info.size -= 1
        members[4] = (info, data[:-1])
    v.tar_members.append(hook)


@attack(20)
def signature_too_long(v):
    def hook(members):
        info, data = members[1]
        info.size += 1
        members[1] = (info, data + b"x")
    v.tar_members.append(hook)


@attack(29)
def bytes_in_padding(v):
    def fill(raw):
        size = int(raw[124:135], 8)
        assert size % 512
        raw[512 + size] = 1
    v.raw_hook = fill


@attack(29)
def bytes_behind(v):
    v.tail = b"\0" * 512 + b"hidden"


@attack(20)
def truncated_head(v):
    v.cut = lambda n: 700


@attack(20)
def truncated_half(v):
    v.cut = lambda n: n // 2


@attack(20)
def truncated_end(v):
    """Only the zero blocks are missing, and a little more."""
    v.cut = lambda n: n - 10240


@attack(20)
def not_a_tar(v):
    v.cut = lambda n: 0
    v.tail = os.urandom(20000)


@attack(20)
def empty_file(v):
    v.cut = lambda n: 0


# Of a store with an image: records that contradict themselves or its manifest

IMAGES = {}


def image(kind):
    def add(function):
        def change(lines):
            function(next(l for l in lines if l["key"][0] == kind and l.get("value") is not None))

        IMAGES[function.__name__.replace("_", "-")] = (20, lambda v: v.records(change))
        return function

    return add


@image("version")
def image_of_another_manifest(r):
    r["value"]["files"][0].update({k: r["value"]["files"][1][k] for k in ("sha256", "size")})


@image("version")
def image_file_of_another_name(r):
    r["value"]["files"][-1]["name"] = "sha256:" + "7" * 64


@image("version")
def image_file_of_sha512(r):
    r["value"]["files"][-1]["name"] = "sha512:" + "7" * 128


@image("version")
def image_file_too_many(r):
    file = dict(r["value"]["files"][0])
    r["value"]["files"].append(file | {"name": "sha256:" + file["sha256"]})


@image("version")
def image_file_left_out(r):
    r["value"]["files"].pop()


@image("version")
def image_without_files(r):
    r["value"]["files"] = []


@image("version")
def image_type_for_headers(r):
    r["value"]["media_type"] = "text/html\r\nX-Evil: 1"


@image("version")
def image_type_of_another(r):
    r["value"]["media_type"] = "text/html"


@image("version")
def image_of_a_subject(r):
    r["value"]["subject"] = "sha256:" + "5" * 64 if "subject" not in r["value"] else "sha256:" + "6" * 64


@image("tag")
def image_tag_of_no_digest(r):
    r["value"]["version"] = "../../x"


@image("tag")
def image_tag_of_a_number(r):
    r["value"]["version"] = 5


@image("tag")
def image_tag_with_blanks(r):
    r["key"][4] = "a b"


@image("referrer")
def image_referrer_of_another(r):
    r["value"]["digest"] = "sha256:" + "3" * 64


@image("referrer")
def image_referrer_of_numbers(r):
    r["value"]["annotations"] = {"a": 1}


@image("upstream")
def image_host_of_two_lines(r):
    r["value"]["host"] = "evil\nhost"


def main():
    if sys.argv[1:] == ["--list-images"]:
        for name, (status, _) in IMAGES.items():
            print(name, status)
        return
    if sys.argv[1:] == ["--list"]:
        for name, (status, _) in ATTACKS.items():
            print(name, status)
        return
    name, source, target, key = sys.argv[1:5]
    volume = Volume(source, key)
    if name == "origin":
        volume.head["origin"]["id"] = sys.argv[5]
    else:
        (IMAGES | ATTACKS)[name][1](volume)
    volume.write(target)


main()
