#!/bin/bash
# A first sync from a static registry, a second one with nothing new, and what
# the reading commands say of it.
. "$(dirname "$0")/../lib.sh"

openssl ecparam -genkey -name prime256v1 -noout -out "$T/registry.key" 2>/dev/null
start_faulty tree
base=$BASE
python3 "$TOP/tests/tools/mkregistry.py" "$T/tree" "$base" --packages 12 \
    --versions 3 --size 60000 --sign "$T/registry.key"
cd "$T"

near_conf "$base/" 'select = ( { name = "pkg-00000"; }, { name = "@load/pkg-00009"; latest = 2; },
    { name = "pkg-00001"; versions = "1.0 - 1.1"; } );'
expect 0 near init --name near

say "a dry run stores nothing and says what would come"
expect 0 near sync --dry-run
has out "would pull npm:pkg-00000@1.2.0" "7 versions would be pulled"
expect 0 near status
has out "packages     0, 0 versions"

say "the sync pulls exactly the selection, and verifies signatures"
expect 0 near sync
has out "3 packages: 7 versions pulled, 0 here already, 0 failed"
expect 0 near --json show @load/pkg-00009@1.2.0
has out '"signature": "verified"'
expect 1 near show @load/pkg-00009@1.0.0
expect 0 near list --versions
has out "npm:pkg-00001" "    1.1.0"
hasnt out "    1.2.0.0"
sha=$(sha256sum "$T/tree/pkg-00000/-/pkg-00000-1.1.0.tgz" | cut -d' ' -f1)
expect 0 near show pkg-00000@1.1.0
has out "sha256:$sha"
expect 0 near verify
has out ": 0 problems"

say "a second sync costs one conditional request a package and the keys"
: >log
expect 0 near --json sync
python3 - <<'EOF'
import json
r = json.loads(open("out").read().strip().split("\n")[-1])
assert r["added"] == 0 and r["present"] == 7, r
assert r["requests"] == 4 and r["not_modified"] == 4, r
EOF
[ "$(grep -c ' 304 ' log)" = 4 ] || fail "not every request was conditional"

say "removing a tarball upstream changes nothing here"
rm "$T/tree/pkg-00000/-/pkg-00000-1.1.0.tgz"
expect 0 near sync
say "a version that cannot be had fails alone"
near_conf "$base/" 'packages = [ "pkg-00002", "pkg-00404" ]; select = ( { name = "pkg-00003"; versions = "1.1.0"; } );'
rm "$T/tree/pkg-00003/-/pkg-00003-1.1.0.tgz"
expect 4 near sync
has out "1 version pulled" "2 failed" "npm:pkg-00404: " "npm:pkg-00003@1.1.0: "
