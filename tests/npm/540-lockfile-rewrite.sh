#!/bin/bash
# ferry lockfile rewrite: yarn 1 installs from ferryd though its lock file names a
# host that is not reachable, and so does npm from a lock file of such a host.
# ctest: COST 15
. "$(dirname "$0")/clients.sh"
start_verdaccio
VERDACCIO=${PIDS[-1]}
cd "$T"
publish left 1.0.0
publish @acme/right 2.0.0 ',"dependencies":{"left":"^1"}'
PROJECT='{"name":"project","version":"1.0.0","private":true,"dependencies":{"@acme/right":"2"}}'
NPM=${UPSTREAM%/}
try yarn1 yarn@1 || skip "there is no yarn 1"
YARN=$TOOL/yarn

say "lock files of a registry that is reachable here only"
project yarn "$PROJECT"
client yarn "$YARN" install >"$T/yarn.out" 2>&1 || { cat "$T/yarn.out"; fail "yarn"; }
project npm "$PROJECT"
client npm npm install >"$T/npm.out" 2>&1 || { cat "$T/npm.out"; fail "npm"; }
cd "$T"
mkdir locks
cp project-yarn/yarn.lock project-npm/package-lock.json locks/
near_conf "$UPSTREAM" 'lockfiles = [ "locks/yarn.lock", "locks/package-lock.json" ];'
expect 0 near init --name near
expect 0 near sync
kill "$VERDACCIO"
start_ferryd near
NPM=$URL/npm
project yarn "$PROJECT"
cp "$T/locks/yarn.lock" .
client yarn "$YARN" install --frozen-lockfile --network-timeout 2000 >"$T/yarn.out" 2>&1 &&
    fail "yarn 1 needs no rewriting any more"

say "rewritten, they install from ferryd"
lockfile() { "$FERRY" lockfile rewrite "$@"; }
chmod 600 yarn.lock
expect 5 lockfile yarn.lock --to "$NPM/" --check
has "$T/out" "yarn.lock: 2 URLs would be rewritten, 0 already there"
same yarn.lock "$T/locks/yarn.lock"
expect 0 lockfile yarn.lock --to "$NPM/"
has "$T/out" "yarn.lock: 2 URLs rewritten, 0 already there"
has yarn.lock "resolved \"$NPM/@acme/right/-/right-2.0.0.tgz#" "resolved \"$NPM/left/-/left-1.0.0.tgz#"
hasnt yarn.lock "${UPSTREAM}"
[ "$(stat -c %a yarn.lock)" = 600 ] || fail "another mode"
diff <(grep -v resolved yarn.lock) <(grep -v resolved "$T/locks/yarn.lock") || fail "more than URLs changed"
client yarn "$YARN" install --frozen-lockfile >"$T/yarn.out" 2>&1 || { cat "$T/yarn.out"; fail "yarn"; }
[ -f node_modules/left/package.json ] && [ -f node_modules/@acme/right/package.json ] || fail "not installed"

project npm "$PROJECT"
expect 0 lockfile "$T/locks/package-lock.json" --to="$NPM" --output package-lock.json
same <(jq 'del(.packages[].resolved)' package-lock.json) <(jq 'del(.packages[].resolved)' "$T/locks/package-lock.json")
has package-lock.json "$NPM/left/-/left-1.0.0.tgz"
client npm npm ci >"$T/npm.out" 2>&1 || { cat "$T/npm.out"; fail "npm"; }
[ -f node_modules/left/package.json ] || fail "not installed"

say "once more it is left alone; others are not touched"
cp -p package-lock.json before
touch -d @1000000000 package-lock.json
expect 0 "$FERRY" --json lockfile rewrite package-lock.json --to "$NPM"
jq -e '.files == [{file: "package-lock.json", changed: 0, same: 2, left: []}]' "$T/out" >/dev/null || fail "$(cat "$T/out")"
expect 0 lockfile package-lock.json --to "$NPM" --check
[ "$(stat -c %Y package-lock.json)" = 1000000000 ] || fail "it was written"
same before package-lock.json
expect 0 lockfile package-lock.json --to http://other.example/npm --from http://third.example/
same before package-lock.json

say "mistakes"
expect 2 lockfile package-lock.json
expect 2 lockfile --to "$NPM"
expect 2 lockfile package-lock.json --to far
expect 2 lockfile package-lock.json --to http://me:secret@far.example/npm/
hasnt "$T/err" secret
expect 2 lockfile package-lock.json package-lock.json --to "$NPM" --output x
expect 7 lockfile nothing.json --to "$NPM"
echo "lockfileVersion: '9.0'" >pnpm-lock.yaml
expect 1 lockfile pnpm-lock.yaml --to "$NPM"
has "$T/err" "pnpm-lock.yaml" "yarn 1"
ln -s package-lock.json link.json
expect 7 lockfile link.json --to http://other.example/npm
same before package-lock.json
[ ! -e package-lock.json.new ] || fail "something stays behind"
