#!/bin/bash
# `ferry doctor` finds what is wrong before a sync or a client does: one finding
# for each thing that was broken, none for what is well.  (issue 15)
. "$(dirname "$0")/../lib.sh"
cd "$T"
start_faulty tree
python3 "$TOP/tests/tools/mkregistry.py" "$T/tree" "$BASE" --packages 1
near_conf "$BASE/" 'packages = [ "pkg-00000" ];'
port=$(free_port)
listening() { printf 'serve = { listen = "127.0.0.1:%s"; %s };\n' "$port" "$1" >>near.conf; }
listening ''
expect 0 near init --name near
expect 0 near sync

say "a store that is well"
expect 0 near doctor
has out "ok       config" "ok       store" "ok       folder" "ok       keys         1 of 1 sign" \
    "ok       clock" "ok       upstream up" "$BASE is reached" \
    "note     server       nobody listens at 127.0.0.1:$port"
hasnt out "wrong"
expect 0 near doctor --offline
has out "skipped  upstreams"
expect 0 near --json doctor
jq -s -e 'map(select(.event == "finding" and .check == "keys" and .state == "ok")) | length == 1' out >/dev/null ||
    fail "no finding in JSON"

say "the server is seen"
start_ferryd near --config near.conf --listen "127.0.0.1:$port"
expect 0 near doctor --offline
has out "ok       server       ferryd answers and follows its store"

wrong() { # FINDING: doctor names it, alone
	expect 5 near doctor
	has out "wrong    $1"
	[ "$(grep -c '^wrong' out)" = 1 ] || fail "$(grep '^wrong' out)"
}
say "keys that others read, and no key"
key=$(ls near/keys/*.pem)
chmod 0644 "$key"
wrong "keys         others may read the private key"
chmod 0600 "$key"
mv "$key" saved
wrong "keys         none signs"
[ -z "$(ls near/keys)" ] || fail "doctor made a key"
mv saved "$key"

say "a folder for everybody"
chmod 0755 near
wrong "folder       everybody on this machine may read $T/near (mode 0755)"
chmod 0750 near

say "a clock that went back"
FERRY_NOW=1000000000 expect 5 near doctor --offline
has out "wrong    clock" "and the last sync was at"

say "an upstream that is gone, and one that fails"
cp near.conf good.conf
sed -i "s|$BASE/|http://127.0.0.1:9|" near.conf
wrong "upstream up  Failed to connect"
cp good.conf near.conf
python3 - "$T/proxy.port" <<'END' &
import http.server, sys
class Broken(http.server.BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.send_response(503)
        self.end_headers()
    def log_message(self, *a): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Broken)
open(sys.argv[1] + "~", "w").write(str(server.server_port))
import os; os.rename(sys.argv[1] + "~", sys.argv[1])
server.serve_forever()
END
PIDS+=($!)
wait_for 10 test -s proxy.port
sed -i "s|$BASE/|http://127.0.0.1:$(cat proxy.port)|" near.conf
wrong "upstream up"
cp good.conf near.conf

say "a certificate that is over, and one that will be"
openssl ecparam -genkey -name prime256v1 -noout -out tls.key 2>/dev/null
sed -i '/^serve/d' near.conf
listening 'tls_certificate = "tls.pem"; tls_key = "tls.key";'
openssl req -x509 -new -key tls.key -subj /CN=x -days 3 -out tls.pem 2>/dev/null
expect 0 near doctor --offline
has out "note     certificate  $T/tls.pem is good for"
FERRY_NOW=$(($(date +%s) + 10 * 86400)) expect 5 near doctor --offline
has out "wrong    certificate  $T/tls.pem expired 7 days ago"

say "a mistake of the configuration"
cp good.conf near.conf
sed -i 's/packages =/packagez =/' near.conf
expect 5 near doctor --offline
has out "wrong    config       $T/near.conf:2: packagez: no such option"
