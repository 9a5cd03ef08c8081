#!/bin/bash
# What npm registries really do: documents that lack what clients need or are
# written in ways of their own, and packages that are taken away.
# ctest: COST 25
. "$(dirname "$0")/../lib.sh"
cd "$T"
: >log
python3 "$TOP/tests/tools/odd_npm.py" port log &
PIDS+=($!)
wait_for 10 test -s port
up=http://127.0.0.1:$(cat port)

# conf OPTIONS…: in near.conf.
conf() {
	cat >near.conf <<-EOT
		store = "near";
		upstreams = ( { name = "up"; format = "npm"; url = "$up/"; signatures = "off"; $* } );
	EOT
}
# odd STATUS PACKAGE…: sync all versions of these.
odd() {
	local status=$1 name all=
	shift
	for name; do all+="{ name = \"$name\"; prereleases = true; },"; done
	conf "select = ( ${all%,} );"
	expect "$status" near sync
	followed
}
# Until ferryd has seen all that is in the journal.
followed() {
	local seq
	seq=$(near --json status | jq .records)
	wait_for 10 sh -c "curl -s $URL/metrics | grep -qx 'ferry_store_journal_seq $seq'"
}
near() { "$FERRY" --config near.conf --quiet "$@"; }
document() { curl -s "$URL/npm/$1"; }
conf
expect 0 near init --name near
start_ferryd near
near_url=$URL

say "times that upstream does not have: when ferry first saw the version"
odd 0 no-time null-time empty-time
for name in no-time null-time empty-time; do
	document $name | jq -e '.time | has("1.0.0") and has("created") and has("modified")' >/dev/null ||
	    fail "$(document $name)"
	at=$(near --json show npm:$name@1.0.0 | jq '.. | .pulled_at? // empty')
	[ "$(document $name | jq '.time["1.0.0"] | fromdate')" = "$at" ] ||
	    fail "$at: $(document $name)"
done

say "JSON is JSON, and URLs are as clients read them"
odd 0 escaped twice nameless blank umlaut capitals
[ "$(document escaped | jq -c '.versions | keys')" = '["1.0.0","1.0.0-rc.1"]' ] || fail "$(document escaped)"
for name in escaped twice nameless blank umlaut capitals; do
	[ "$(document $name | jq -r .name)" = $name ] || fail "$(document $name)"
	document $name | jq -r '.versions["1.0.0"].dist | .tarball, .integrity' >dist
	curl -sf "$(head -1 dist)" | openssl dgst -sha512 -binary | base64 -w0 >got
	[ "sha512-$(cat got)" = "$(tail -1 dist)" ] || fail "$name: $(cat dist got)"
done
has log 'GET /umlaut/-/%C3%BC.tgz' 'GET /blank/-/a%20b.tgz'

say "a package called -, which much of npm's interface is, too"
odd 0 -
[ "$(document - | jq -r .name)" = - ] || fail "$(document -)"
for path in - -/1.0.0 -/-/--1.0.0.tgz -/ping; do
	[ "$(curl -so out -w '%{http_code}' "$URL/npm/$path")" = 200 ] || fail "$path"
done

say "versions that only a query tells apart"
odd 0 query
for v in 1.0.0 2.0.0; do
	curl -sf "$URL/npm/query/-/query-$v.tgz" >$v.tgz
	tar -xOf $v.tgz package/package.json | grep -q "\"$v\"" || fail "not $v"
	curl -sf "$URL/npm/query/-/get.tgz?v=$v" >by-lock.tgz
	same by-lock.tgz $v.tgz
done
for path in get.tgz 'get.tgz?v=3.0.0' 'get.tgz?v='; do
	[ "$(curl -so out -w '%{http_code}' "$URL/npm/query/-/$path")" = 404 ] || fail "$path"
done
# A query that nobody knows means nothing.
curl -sf "$URL/npm/query/-/query-1.0.0.tgz?cache=no" >by-lock.tgz
same by-lock.tgz 1.0.0.tgz

say "of several digests one of the strongest kind is enough; a weaker one is said"
conf 'select = ( { name = "two-hashes"; }, { name = "wrong-shasum"; }, { name = "odd-hashes"; } );'
expect 0 "$FERRY" --config near.conf sync
has out "3 versions pulled"
[ "$(grep -c 'taken, as another digest that was declared of it is right' err)" = 2 ] || fail "$(cat err)"
expect 0 near sync
has out "0 versions pulled, 3 here already, 0 failed"
odd 4 wrong-both
has out "wrong-both@1.0.0: content is sha512:"

say "what upstream takes away is said, listed by status, and served"
gone=(all empty one holder 404 410 451 json)
odd 0 "${gone[@]/#/gone-}"
has out "16 versions pulled"
touch gone
odd 0 "${gone[@]/#/gone-}"
has out "taken away upstream:" "npm:gone-one@1.1.0: upstream lists it no more" \
    "npm:gone-451@1.0.0: upstream lists it no more" "15 withdrawn upstream" "0 failed"
odd 0 "${gone[@]/#/gone-}"
hasnt out "taken away"
has out "15 withdrawn upstream"
expect 0 near status
has out "withdrawn    npm:gone-all: upstream lists 2 versions no more (1.0.0, …); kept, and still served" \
    "withdrawn    npm:gone-one: upstream lists 1 version no more (1.1.0); kept, and still served"
for how in "${gone[@]}"; do
	document gone-$how >doc
	jq -e '.versions | has("1.0.0") and has("1.1.0")' doc >/dev/null || fail "$how: $(cat doc)"
	[ "$(jq -r '.time["1.1.0"]' doc)" = 2020-01-01T00:00:00.000Z ] || fail "$how: $(cat doc)"
	curl -sf "$(jq -r '.versions["1.1.0"].dist.tarball' doc)" >tarball
	[ "sha512-$(openssl dgst -sha512 -binary <tarball | base64 -w0)" = \
	    "$(jq -r '.versions["1.1.0"].dist.integrity' doc)" ] || fail "$how"
	curl -sf "$URL/npm/gone-$how/1.1.0" | jq -e '.version == "1.1.0"' >/dev/null || fail "$how"
done
[ "$(document gone-one | jq -r '."dist-tags".latest')" = 1.0.0 ] || fail "$(document gone-one)"
expect 0 near verify

say "the same over the gap, on a medium that knows capitals only"
mkdir media
expect 0 near export --to media
(cd media && for f in *.tar; do mv "$f" "${f^^}"; done)
expect 0 near key export near.pub
expect 0 "$FERRY" init --store far --name far
expect 0 "$FERRY" --store far trust add near.pub --name near
expect 0 "$FERRY" --store far import media
start_ferryd far
for how in "${gone[@]}"; do
	document gone-$how | jq -e '.versions | has("1.0.0") and has("1.1.0")' >/dev/null || fail "$how"
done

say "withdrawn = \"hide\": clients are not shown it; its file stays for lock files"
URL=$near_url
all=$(printf '{ name = "gone-%s"; },' "${gone[@]}")
conf "select = ( ${all%,} ); withdrawn = \"hide\";"
expect 4 near sync
followed
for how in all empty 404 410 451 json; do
	[ "$(curl -so out -w '%{http_code}' "$URL/npm/gone-$how")" = 404 ] || fail "$how"
	[ "$(curl -so out -w '%{http_code}' "$URL/npm/gone-$how/-/gone-$how-1.1.0.tgz")" = 200 ] || fail "$how"
done
[ "$(document gone-one | jq -c '.versions | keys')" = '["1.0.0"]' ] || fail "$(document gone-one)"
[ "$(document gone-holder | jq -c '.versions | keys')" = '["0.0.1-security"]' ] || fail "$(document gone-holder)"
expect 0 near status
has out "not shown to clients"

say "and all of it comes back when upstream lists it again"
rm gone
odd 0 "${gone[@]/#/gone-}"
has out "1 withdrawn upstream" "npm:gone-holder@0.0.1-security"
expect 0 near status
[ "$(grep -c ^withdrawn out)" = 1 ] || fail "$(cat out)"
for how in "${gone[@]}"; do
	document gone-$how | jq -e '.versions | has("1.0.0") and has("1.1.0")' >/dev/null || fail "$how"
	expect 0 near --json show npm:gone-$how@1.0.0
	hasnt out gone_at
	hasnt out '"withdrawn"'
done
expect 0 near verify
conf "withdrawn = \"maybe\";"
expect 3 near sync
has err 'near.conf:2' 'withdrawn' 'expected "keep" or "hide"'
