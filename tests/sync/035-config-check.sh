#!/bin/bash
# `ferry config check` and `ferryd --check` find every mistake, whoever reads the
# option; no command takes another store because one was mistyped; what is
# missing on this machine is not the network's fault.  (issue 15)
. "$(dirname "$0")/../lib.sh"
cd "$T"

check() { expect "$1" "$FERRY" config check near.conf; }
registry='name = "a"; format = "npm"; url = "http://127.0.0.1:9"'

say "what is installed is right"
expect 0 "$FERRY" config check "$TOP/etc/ferry.conf"
has out "ferry.conf is right"
expect 0 "$FERRYD" --check --config "$TOP/etc/ferry.conf"
expect 3 "$FERRY" config check nowhere.conf
has err "nowhere.conf: No such file"
expect 2 "$FERRY" config

say "each part is told with its line, all in one go"
cat >near.conf <<'EOF'
stoer = "near";
upstreams = (
  { name = "a"; format = "npm"; url = "http://x"; os = [ "windows" ]; },
  { name = "b"; format = "npm"; url = "http://x"; lockfilez = [ "y" ]; },
  { name = "c"; format = "rubygems"; url = "http://x"; token_file = "none"; }
);
export = { expires = "3 fortnights"; };
EOF
check 3
has out "near.conf:1: stoer: no such option; there are: store" \
    "near.conf:3: os: there is no 'windows'; there are: aix" \
    "near.conf:4: lockfilez: no such option; there are: lock" \
    "near.conf:5: token_file: none: No such file or directory" \
    "near.conf:7: expires: '3 fortnights'"
[ "$(wc -l <out)" = 5 ] || fail "something was told twice"
expect 3 "$FERRY" --json config check near.conf
[ "$(jq '.mistakes | length' out)" = 5 ] || fail "not the same in JSON"

say "ferryd's group, too: address, certificate, key, and what is no option"
serve() { # EXPECTED GROUP
	printf 'store = "near";\nserve = {\n%s\n};\n' "$2" >near.conf
	check 3
	has out "near.conf:3: $1"
	[ "$(wc -l <out)" = 1 ] || fail "it was told twice"
	expect 3 "$FERRYD" --check --config near.conf
	has err "near.conf:3: $1"
	# And a start tells the same.
	expect 3 "$FERRYD" --config near.conf --store near
	has err "near.conf:3: $1"
}
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
    -keyout key.pem -out cert.pem -subj /CN=localhost -days 2 2>/dev/null
openssl ecparam -genkey -name prime256v1 -noout -out other.pem 2>/dev/null
serve "listen: 'nowhere' is not ADDRESS:PORT" 'listen = "nowhere";'
serve "tls_certificate: gone.pem: No such file" \
    'tls_certificate = "gone.pem"; tls_key = "key.pem";'
serve "tls_certificate: is not a certificate" \
    'tls_certificate = "key.pem"; tls_key = "key.pem";'
serve "tls_key: is not a private key" \
    'tls_certificate = "cert.pem"; tls_key = "cert.pem";'
serve "tls_key: does not belong to tls_certificate" \
    'tls_certificate = "cert.pem"; tls_key = "other.pem";'
serve "tls_priorities: GnuTLS does not take" \
    'tls_certificate = "cert.pem"; tls_key = "key.pem"; tls_priorities = "NORMAL:+NONSENSE";'
serve "timeuot: no such option; there are: timeout" 'timeuot = 3;'
printf 'serve = { tls_certificate = "cert.pem"; tls_key = "key.pem"; };\n' >near.conf
check 0

say "a mistyped store is nobody's other store"
expect 0 "$FERRY" init --store usual
printf 'stoer = "near";\n' >near.conf
for command in status list verify gc "token list" "init --name x" "key"; do
	# shellcheck disable=SC2086
	expect 3 env FERRY_STORE=usual "$FERRY" --config near.conf $command
	has err "near.conf:1: stoer: no such option"
done
expect 3 "$FERRYD" --config near.conf --store usual
has err "near.conf:1: stoer: no such option"

say "files of projects that are not there"
cat >near.conf <<EOF
store = "near";
upstreams = ( { $registry; signatures = "off"; lockfiles = [ "gone.json", "apps/*/package-lock.json" ]; } );
EOF
check 3
has out "near.conf:2: lockfiles: gone.json: there is no such file"
expect 0 "$FERRY" --config near.conf init --name near
expect 3 "$FERRY" --config near.conf sync
has out "failed:" "gone.json" "apps/*/package-lock.json: there is no such file (lockfiles)"

say "lockfiles takes patterns"
start_faulty tree
python3 "$TOP/tests/tools/mkregistry.py" "$T/tree" "$BASE" --packages 4 --versions 1
for n in 1 2 3; do
	mkdir -p "apps/$n"
	cat >"apps/$n/package-lock.json" <<-EOF
		{ "lockfileVersion": 3, "packages": { "": {}, "node_modules/pkg-0000$n": {
		  "version": "1.0.0", "resolved": "$BASE/pkg-0000$n/-/pkg-0000$n-1.0.0.tgz" } } }
	EOF
done
mkdir "apps/[4]"
near_conf "$BASE/" 'lockfiles = [ "apps/[12]/package-lock.json" ];'
check 0
expect 0 near sync
has out "2 versions pulled"
near_conf "$BASE/" 'lockfiles = [ "apps/*/package-lock.json" ];'
expect 0 near sync
has out "1 version pulled"
cp "apps/1/package-lock.json" "apps/[4]"
near_conf "$BASE/" 'lockfiles = [ "apps/[4]/package-lock.json" ];'
check 0
expect 0 near sync
has out "1 here already"

say "a plan says what it does not know"
rm -rf near
python3 - <<'EOF'
import json
path = "tree/pkg-00000/packument.json"
p = json.load(open(path))
for v in p["versions"].values():
    v["dist"].pop("unpackedSize", None)
json.dump(p, open(path, "w"))
EOF
near_conf "$BASE/" 'packages = [ "pkg-00000" ];'
expect 0 near init --name near
expect 0 near sync --dry-run
has out "unknown" "1 version would be pulled, the size of 1 version unknown until then"
hasnt out "0 B unpacked"
expect 0 near --json sync --dry-run
jq -es 'last.plan == [{"item": "npm:pkg-00000@1.0.0"}]' out >/dev/null || fail "a size in $(tail -1 out)"
