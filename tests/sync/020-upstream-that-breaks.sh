#!/bin/bash
# Connections that break, servers that err, bytes that are wrong: what can be
# mended is, what cannot is refused, and nothing wrong gets in.
. "$(dirname "$0")/../lib.sh"

start_faulty tree
base=$BASE
python3 "$TOP/tests/tools/mkregistry.py" "$T/tree" "$base" --packages 8 \
    --versions 1 --size 300000
cd "$T"
near_conf "$base/" 'packages = [ "pkg-00000", "pkg-00001", "pkg-00002", "pkg-00003" ];'
expect 0 near init --name near

say "a broken tarball goes on where it broke; 429, 503 and 500 are retried"
cat >rules <<-EOF
	pkg-00000-1.0.0.tgz cut=100000
	pkg-00001-1.0.0.tgz status=503
	pkg-00002 status=429
	pkg-00003/packument status=500
EOF
expect 0 near sync
grep -q 'pkg-00000-1.0.0.tgz 206 bytes=100000-' log || fail "not resumed by range"
has out "4 versions pulled" "0 failed"
has err "up asks to wait until"
expect 0 near verify

say "a flipped byte is fetched again, and refused if it stays"
cat >rules <<-EOF
	pkg-00004-1.0.0.tgz flip
	pkg-00005-1.0.0.tgz flip 99
	pkg-00006-1.0.0.tgz short 99
EOF
near_conf "$base/" 'tries = 3; packages = [ "pkg-00004", "pkg-00005", "pkg-00006" ];'
expect 4 near sync
has out "1 version pulled" "2 failed" "npm:pkg-00005@1.0.0: content is sha" \
    "npm:pkg-00006@1.0.0: content is sha"
expect 1 near show pkg-00005@1.0.0
expect 0 near verify
expect 0 near gc
expect 0 near verify

say "a login page instead of a document is refused"
printf 'pkg-00007 html 99\n' >rules
near_conf "$base/" 'tries = 2; packages = [ "pkg-00007" ];'
expect 8 near sync
has out "not valid JSON"

say "changed bytes under a known version are an incident, and kept out"
: >rules
cp -r tree tree.good
python3 "$TOP/tests/tools/mkregistry.py" "$T/tree" "$base" --packages 8 \
    --versions 1 --size 300000 --seed 2
near_conf "$base/" 'packages = [ "pkg-00000", "pkg-00007" ];'
expect 4 near sync
has out "npm:pkg-00000@1.0.0: upstream 'up' now declares" "1 version pulled"
expect 5 near status
has out "incident pkg-00000"
sha=$(sha256sum tree.good/pkg-00000/-/pkg-00000-1.0.0.tgz | cut -d' ' -f1)
expect 0 near show pkg-00000@1.0.0
has out "sha256:$sha"

say "the incident is over when upstream comes to its senses"
cp -r tree tree.bad
rm -rf tree/pkg-00000
cp -r tree.good/pkg-00000 tree/
expect 0 near sync
expect 0 near status
has out "problems     none"

say "a wrong signature is refused"
openssl ecparam -genkey -name prime256v1 -noout -out a.key 2>/dev/null
python3 "$TOP/tests/tools/mkregistry.py" "$T/tree" "$base" --packages 3 --sign a.key --seed 3
sed -i 's|"sig": "....|"sig": "MEUC|; s/"integrity": "sha512-....................../&/' tree/pkg-00002/packument.json
python3 - <<'EOF'
import json
p = "tree/pkg-00002/packument.json"
d = json.load(open(p))
v = d["versions"]["1.1.0"]["dist"]
v["signatures"] = d["versions"]["1.0.0"]["dist"]["signatures"]
json.dump(d, open(p, "w"))
EOF
rm -rf near2
"$FERRY" --store near2 init --name near2 >/dev/null
near_conf "$base/" 'packages = [ "pkg-00001@1.1.0", "pkg-00002@1.1.0" ];'
expect 4 near --store near2 sync
has out "npm:pkg-00002@1.1.0: the registry's signature by key" "1 version pulled"

say "also while the keys cannot be had: those of the last time serve"
printf 'npm/v1/keys status=500 99\n' >rules
near_conf "$base/" 'tries = 1; packages = [ "pkg-00002@1.1.0" ];'
expect 4 near --store near2 sync
has out "npm:pkg-00002@1.1.0: the registry's signature by key"
say "and without any earlier keys nothing is pulled"
rm -rf near3
expect 0 "$FERRY" --store near3 init --name near3
expect 8 near --store near3 sync
has out "the keys of upstream 'up': up answered 500"
say "nor what another upstream's lock file wants of it, and the run ends"
cat >lock.json <<-EOF
	{"name":"p","lockfileVersion":3,"packages":{"":{"name":"p"},"node_modules/pkg-00001":{
	 "version":"1.1.0","resolved":"$base/pkg-00001/-/pkg-00001-1.1.0.tgz"}}}
EOF
cat >near.conf <<-EOF
	store = "near3";
	upstreams = (
	  { name = "up"; format = "npm"; url = "$base"; tries = 1; },
	  { name = "else"; format = "npm"; url = "$base/else"; signatures = "off"; lockfiles = [ "lock.json" ]; }
	);
EOF
expect 8 timeout 60 "$FERRY" --config near.conf sync
has out "npm:pkg-00001: up answered 500"
: >rules

say "names that are bound to another upstream are refused"
cat >near.conf <<-EOF
	store = "near";
	upstreams = (
	  { name = "up"; format = "npm"; url = "$base"; packages = [ "@load/pkg-00009" ]; },
	  { name = "own"; format = "npm"; url = "$base"; protect = [ "@load/*" ]; }
	);
EOF
expect 8 near sync up
has out "bound to upstream 'own'"

say "a token reaches its upstream and nothing else"
printf 'secret-token\n' >token
near_conf "$base/" 'token_file = "token"; packages = [ "pkg-00001@1.1.0" ];'
: >log
expect 0 near --store near2 sync
has log "Bearer secret-token"
sed "s|$base|http://localhost:$(cat port)|g" tree/pkg-00000/packument.json >p && mv p tree/pkg-00000/packument.json
near_conf "$base/" 'token_file = "token"; packages = [ "pkg-00000@1.1.0" ];'
: >log
expect 0 near --store near2 sync
grep 'pkg-00000-1.1.0.tgz' log | grep -q -- '-$' || fail "the token went to another host"
