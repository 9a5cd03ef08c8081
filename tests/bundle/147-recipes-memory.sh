#!/bin/bash
# Recipes are applied in bounded memory, whatever is large: many streams that are the
# base's as a whole, these in another, a program that could have symbols and has none.
# (issue 17)
. "$(dirname "$0")/lib.sh"
RECIPE=$FERRY_BUILD/tests/tools/recipe
cd "$T"
python3 - <<'END'
import io, random, zipfile, zlib
def zipped(names):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for name in names:
            z.writestr(zipfile.ZipInfo(name), random.Random(name).randbytes(800000),
                zipfile.ZIP_DEFLATED, 1)
    return out.getvalue()
def gzipped(b):
    c = zlib.compressobj(1, zlib.DEFLATED, 31)
    return c.compress(b) + c.flush()
def write(name, old, new):
    open(name + "-1", "wb").write(old)
    open(name + "-2", "wb").write(new)
names = ["member-%d" % i for i in range(75)]
old, new = zipped(names), zipped(names[:40] + ["another"] + names[40:])
write("zip", old, new)
write("zip-in-gzip", gzipped(old), gzipped(new))
old = b"MZ" + random.Random(1).randbytes(30000000).hex().encode()
write("program", gzipped(old), gzipped(old[:30000000] + b"another" + old[30000000:]))
END
for name in zip zip-in-gzip program; do
	say "$name, $(du -m "$name-1" | cut -f1) MB"
	"$RECIPE" -l 1 -o recipe "$name-2" "$name-1" >made || fail "$(cat made)"
	"$RECIPE" -a recipe -o out "$name-2" "$name-1" >applied || fail "$(cat applied)"
	cmp out "$name-2"
	jq -e '.memory < 56 * 1048576' applied >/dev/null || fail "$(cat applied)"
	jq -e '.memory < 128 * 1048576' made >/dev/null || fail "$(cat made)"
done
