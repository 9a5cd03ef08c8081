#!/bin/bash
# An optional dependency that is not available is left out with all it needs; as
# soon as something needs it, it is a failure.  A tarball without a declared
# digest is refused, or taken where the operator says so.
. "$(dirname "$0")/../lib.sh"
start_faulty tree
cd "$T"
python3 - "$T/tree" "$BASE" <<'END'
import base64, hashlib, json, os, sys
tree, base = sys.argv[1:]

def package(name, tarball=True, declared=True, **fields):
    os.makedirs(f"{tree}/{name}/-", exist_ok=True)
    data = name.encode() * 100
    if tarball:
        open(f"{tree}/{name}/-/{name}-1.0.0.tgz", "wb").write(data)
    dist = {"tarball": f"{base}/{name}/-/{name}-1.0.0.tgz"}
    if declared:
        dist["integrity"] = "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()
    version = dict(name=name, version="1.0.0", dist=dist, **fields)
    json.dump({"name": name, "dist-tags": {"latest": "1.0.0"},
        "versions": {"1.0.0": version}}, open(f"{tree}/{name}/packument.json", "w"))

package("app", optionalDependencies={"gone": "1", "half": "1"})
package("gone", tarball=False)
package("half", dependencies={"gone": "1", "never-published": "1"})
package("strict", dependencies={"gone": "1"})
package("old", declared=False)
END

say "optional: no failure, but said"
near_conf "$BASE/" 'packages = [ "app" ]; tries = 1;'
expect 0 near init --name near
expect 0 near --json sync
jq -es 'last | .failures == [] and ([.not_mirrorable[].item] | sort) == ["npm:gone@1.0.0", "npm:never-published"]' out >/dev/null ||
    fail "not skipped: $(tail -1 out)"

say "needed by another package in the same sync: a failure"
near_conf "$BASE/" 'packages = [ "app", "strict" ]; tries = 1;'
expect 4 near --json sync
jq -es 'last | [.failures[].item] == ["npm:gone@1.0.0"]' out >/dev/null ||
    fail "not reported: $(tail -1 out)"

say "no digest: refused; where the operator says so, taken and named"
near_conf "$BASE/" 'packages = [ "old" ];'
expect 4 near sync
has out "neither upstream nor a lock file declares a digest of old-1.0.0.tgz"
near_conf "$BASE/" 'packages = [ "old" ]; without_digests = true;'
expect 0 near sync
has out "1 version pulled"
has err "nobody declares a digest of old-1.0.0.tgz of npm:old@1.0.0"
