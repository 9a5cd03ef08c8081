#!/bin/bash
# Dependencies as npm resolves them, from a real registry: ranges, tags, an
# alias, peers, optional ones by platform, deprecated versions, scopes, what no
# registry has; then a client that installs without a lock file.
# ctest: COST 18
. "$(dirname "$0")/../lib.sh"
start_verdaccio
cd "$T"
publish left 1.0.0
publish left 1.1.0
publish left 1.2.0-rc.1
publish left 2.0.0
publish @acme/peer 3.1.0
publish native-linux 1.0.0 ',"os":["linux"],"cpu":["x64"]'
publish native-win 1.0.0 ',"os":["win32"]'
publish old 1.0.0
publish old 1.0.1
isolated_npm deprecate old@1.0.1 "do not use" --registry "$UPSTREAM" \
    "--//${UPSTREAM#http://}:_authToken=any" >/dev/null 2>&1 || fail "deprecate"
publish pinned 1.0.0
publish pinned 1.0.1
publish inside 1.0.0
SHRINKWRAP='{"name":"shrunk","version":"1.0.0","lockfileVersion":3,"packages":{"":{"dependencies":{"pinned":"^1.0.0"}},
    "node_modules/pinned":{"version":"1.0.0"}}}' publish shrunk 1.0.0 \
    ',"dependencies":{"pinned":"^1.0.0","inside":"^1"},"bundledDependencies":["inside"]'
# Registries note a shrinkwrap in the document; Verdaccio leaves that to clients.
sed -i 's/"version": "1.0.0",/&"_hasShrinkwrap": true,/' verdaccio/storage/shrunk/package.json
grep -q _hasShrinkwrap verdaccio/storage/shrunk/package.json || fail "no note of the shrinkwrap"
publish deep 1.0.0 ',"dependencies":{"left":"~1.0"}'
TAG=next publish deep 2.0.0 ',"dependencies":{"deep":"^1.0.0"}'
publish app 1.0.0 ',"dependencies":{"left":"^1.0.0","deep":"next","old":"^1.0.0",
    "aliased":"npm:left@^2.0.0","shrunk":"^1.0.0","from-git":"git+ssh://git@git.example/x/y.git"},
    "peerDependencies":{"@acme/peer":">=3","maybe":"*"},"peerDependenciesMeta":{"maybe":{"optional":true}},
    "optionalDependencies":{"native-linux":"^1","native-win":"^1","gone":"^1"}'
near_conf "$UPSTREAM" 'packages = [ "app" ]; os = [ "linux" ]; cpu = [ "x64", "arm64" ];'
expect 0 near init --name near

say "the closure is npm's choice, and what cannot be had is named"
expect 0 near sync
has out "from-git" "not in the registry" "npm:gone: "
expect 0 near --json list
jq -r '.name as $n | .versions[] | "\($n)@\(.)"' out | sort >got
# latest satisfies ~1.0 for nobody: left's latest is 2.0.0; old's latest is
# deprecated, so the other one is taken.  shrunk pins pinned@1.0.0 in its own
# shrinkwrap, which other clients than npm do not read; inside is in its tarball.
sort >want <<-EOF
	@acme/peer@3.1.0
	app@1.0.0
	deep@1.0.0
	deep@2.0.0
	left@1.0.0
	left@1.1.0
	left@2.0.0
	native-linux@1.0.0
	old@1.0.0
	pinned@1.0.0
	pinned@1.0.1
	shrunk@1.0.0
EOF
diff want got || fail "another closure than npm's"

say "npm installs it from ferryd without a lock file"
start_ferryd near
mkdir project
cat >project/package.json <<-EOF
	{"name":"project","version":"1.0.0","dependencies":{"deep":"next","old":"^1.0.0",
	 "aliased":"npm:left@^2.0.0","@acme/peer":"^3"},"optionalDependencies":{"native-linux":"^1"}}
EOF
(cd project && isolated_npm install --registry "$URL/npm/" >../npm.log 2>&1) || {
	cat npm.log >&2
	fail "npm install"
}
node -e '
const at = p => require("./project/node_modules/" + p + "/package.json").version;
const want = { deep: "2.0.0", "deep/node_modules/deep": "1.0.0", old: "1.0.0", aliased: "2.0.0", "@acme/peer": "3.1.0" };
for (const [p, v] of Object.entries(want)) if (at(p) !== v) throw new Error(p + " is " + at(p) + ", not " + v);'

say "an unpublished version stays, a new one comes, tags follow"
publish left 1.1.1
near_conf "$UPSTREAM" 'packages = [ "left@^1.0.0" ];'
expect 0 near sync
has out "1 version pulled"
wait_for 3 curl -sf -o /dev/null "$URL/npm/left/1.1.1"
isolated_npm view left dist-tags --json --registry "$URL/npm/" >tags.json
isolated_npm view left versions --json --registry "$URL/npm/" >versions.json
node -e '
const v = require("./versions.json"), t = require("./tags.json");
if (v.join() !== "1.0.0,1.1.0,1.1.1,2.0.0") throw new Error("versions " + v);
if (!v.includes(t.latest)) throw new Error("latest is " + t.latest);'
