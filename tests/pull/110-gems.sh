#!/bin/bash
# gem installs what the store does not hold; again with the registry and the
# puller gone.
# ctest: COST 10
. "$(dirname "$0")/../rubygems/lib.sh"

mkgems "$T/up" <<'END'
%w[1.0.0 1.1.0 1.2.0].each { |v| gem "foo-bar", v, needs: { "baz.qux" => [">= 1.0", "< 3"] } }
%w[1.0 2.0].each { |v| gem "baz.qux", v }
gem "other", "1.0"
gem "big", "1.0", size: 3_000_000
gem "mit", "1.0", size: 400_000
index
marshal
END
start_gems up
cd "$T"
gems_conf "$BASE/" 'pull = true; max_age = 3600;'
expect 0 near init --name near
"$FERRY" --config near.conf pull >puller.log 2>&1 &
PULLER=$!
PIDS+=("$PULLER")
wait_for 20 test -S near/pull.sock
start_ferryd near --config near.conf
G=$URL/rubygems/

say "gem: a gem that is not here, and what it needs"
expect 0 client "$T/home1" gem install --no-document --clear-sources --source "$G" foo-bar -v 1.1.0
has out "foo-bar-1.1.0"
[ "$(asked '/gems/foo-bar-1.1.0.gem')" = 1 ] || fail "$(cat log)"
[ "$(asked '/gems/other.*')" = 0 ]

say "known versions are shown, others' gems are not here"
curl -sf "${G}info/foo-bar" | cmp - up/info/foo-bar
expect 1 near show foo-bar@1.2.0
expect 0 near show foo-bar@1.1.0
expect 0 near verify
[ "$(curl -s -o body -w '%{http_code}' "${G}info/none")" = 404 ]
[ "$(curl -s -o body -w '%{http_code}' "${G}gems/foo-bar-9.0.gem")" = 404 ]

say "bundler, which asks for no gem that the list of all lacks"
mkdir b
printf 'source "%s"\ngem "foo-bar", "~> 1.1"\n' "$G" >b/Gemfile
(cd b && BUNDLE_PATH=$T/bundle expect 0 client "$T/home3" bundle install)
has b/Gemfile.lock "foo-bar (1.2.0)" "baz.qux (2.0)"
curl -sf "${G}versions" >versions
has versions "other 1.0"
[ "$(grep -c '^---$' versions)" = 1 ] || fail "$(cat versions)"
curl -sf -H 'Accept-Encoding: gzip' "${G}versions" | gunzip | cmp - versions
curl -sf -D head -o /dev/null "${G}versions"
has head "ETag: \"$(md5sum <versions | cut -d' ' -f1)\""

say "a file by its name alone"
curl -sf "${G}gems/other-1.0.gem" | cmp - up/gems/other-1.0.gem

say "what is beside a gem is not the part of the gem that has come"
printf '/gems/big-1.0.gem pause=1000000:2\n' >rules
curl -sf -o rz "${G}quick/Marshal.4.8/big-1.0.gemspec.rz"
cmp rz up/quick/Marshal.4.8/big-1.0.gemspec.rz
[ "$(asked '/gems/big-1.0.gem')" = 1 ] || fail "$(cat log)"

say "the licence inside a gem is not allowed: no byte of it, and a reason"
kill "$PULLER"
wait "$PULLER" || true
gems_conf "$BASE/" 'pull = true; max_age = 3600; licences = [ "ISC" ];'
"$FERRY" --config near.conf pull >puller.log 2>&1 &
PULLER=$!
PIDS+=("$PULLER")
wait_for 20 test -S near/pull.sock
[ "$(curl -s -o body -w '%{http_code}' "${G}gems/mit-1.0.gem")" = 403 ] || fail "$(cat puller.log)"
has body "its licence, MIT"

say "again, with the registry and the puller gone"
kill "$PULLER"
wait "$PULLER" || true
expect 0 client "$T/home2" gem install --no-document --clear-sources --source "$G" foo-bar -v 1.1.0
