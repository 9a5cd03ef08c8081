#!/bin/bash
# What `packages` promises, "never less": optional peers whose name is wanted
# anyway, in whatever order they are met; what is bundled, for yarn 1 and bun; and
# node-gyp, which yarn 2 and later adds.  What a lock file lacks is told.  Clients install from ferryd alone what they
# install from the registry.
# ctest: COST 25
. "$(dirname "$0")/clients.sh"
start_verdaccio
cd "$T"
publish yaml 1.0.0
publish yaml 2.0.0 ',"dependencies":{"dep-of-2":"1"}'
publish yaml 3.0.0
publish dep-of-2 1.0.0
publish tool 1.0.0 ',"peerDependencies":{"yaml":"^2.0.0","never":"^1"},
    "peerDependenciesMeta":{"yaml":{"optional":true},"never":{"optional":true}}'
publish never 1.0.0
publish other 1.0.0 ',"dependencies":{"yaml":"^1.0.0"}'
publish middle 1.0.0 ',"dependencies":{"other":"^1.0.0"}'
publish inside 1.0.0
publish bundler 1.0.0 ',"dependencies":{"inside":"^1"},"bundledDependencies":["inside"]'
publish node-gyp 9.0.0
publish node-gyp 10.0.0 ',"dependencies":{"dep-of-gyp":"1"}'
publish dep-of-gyp 1.0.0
publish native 1.0.0 ',"os":["darwin"],"scripts":{"install":"prebuild-install || node-gyp-x rebuild"}'
publish says-so 1.0.0 ',"scripts":{"test":"node-gyp rebuild"},"dependencies":{"node-gyp":"^9"}'
publish no-word 1.0.0 ',"scripts":{"test":"my_node-gyp and node-gyp_"}'
publish app 1.0.0 ',"optionalDependencies":{"native":"1"}'

# here TEXT: all that a sync of that brings to a new store.
here() { near --json list | jq -r '.name as $n | .versions[] | "\($n)@\(.)"' | sort | tr '\n' ' '; }
brings() { # PACKAGES WANT… [-- OPTIONS]
	local packages=$1 want=$2
	near_conf "$UPSTREAM" "packages = [ $packages ]; ${3:-}"
	rm -rf near
	expect 0 near init --name near
	expect 0 near sync
	[ "$(here)" = "$want " ] || fail "$packages: $(here)"
}

say "an optional peer comes where its name is wanted, in either order, and only there"
brings '"tool"' 'tool@1.0.0'
hasnt out yaml
brings '"tool", "other"' 'dep-of-2@1.0.0 other@1.0.0 tool@1.0.0 yaml@1.0.0 yaml@2.0.0'
expect 0 near why yaml@2.0.0
has out "wanted by tool@1.0.0" "wanted by packages of upstream 'up'"
brings '"other", "tool"' 'dep-of-2@1.0.0 other@1.0.0 tool@1.0.0 yaml@1.0.0 yaml@2.0.0'
brings '"tool", "middle"' 'dep-of-2@1.0.0 middle@1.0.0 other@1.0.0 tool@1.0.0 yaml@1.0.0 yaml@2.0.0'
brings '"tool", "other"' 'other@1.0.0 tool@1.0.0 yaml@1.0.0' 'peer_dependencies = false;'

say "what is bundled comes where it is asked for"
brings '"bundler"' 'bundler@1.0.0'
brings '"bundler"' 'bundler@1.0.0 inside@1.0.0' 'bundled = true;'

say "node-gyp comes with what builds with it and does not say so"
brings '"app"' 'app@1.0.0 dep-of-gyp@1.0.0 native@1.0.0 node-gyp@10.0.0'
expect 0 near why node-gyp
has out "wanted by native@1.0.0"
brings '"app"' 'app@1.0.0 native@1.0.0' 'node_gyp = false;'
brings '"says-so"' 'node-gyp@9.0.0 says-so@1.0.0'
brings '"no-word"' 'no-word@1.0.0'

say "clients install it from ferryd alone, as from the registry"
brings '"tool", "other", "bundler", "app"' \
    'app@1.0.0 bundler@1.0.0 dep-of-2@1.0.0 dep-of-gyp@1.0.0 inside@1.0.0 native@1.0.0 node-gyp@10.0.0 other@1.0.0 tool@1.0.0 yaml@1.0.0 yaml@2.0.0' \
    'bundled = true;'
start_ferryd near
versions() { # what is installed, in sorted lines
	find node_modules -name package.json -exec jq -r '"\(.name)@\(.version)"' {} + | sort -u
}
ran=0
# install NAME COMMAND…
install() {
	local name=$1 from
	shift
	for from in "${UPSTREAM%/}" "$URL/npm"; do
		NPM=$from
		project "$name" '{"name":"project","version":"1.0.0","private":true,
		    "dependencies":{"tool":"1","other":"1","bundler":"1","app":"1"}}'
		client "$name" "$@" >"$T/$name.out" 2>&1 || {
			cat "$T/$name.out" >&2
			fail "$name: install from $from"
		}
		versions >"$T/$name.$([ "$from" = "$URL/npm" ] && echo far || echo near)"
	done
	cd "$T"
	same "$name.near" "$name.far"
	has "$name.far" tool@1.0.0 yaml@1.0.0
	ran=$((ran + 1))
}
install npm npm install
if try yarn1 yarn@1; then install yarn1 "$TOOL/yarn" install; fi
if try berry @yarnpkg/cli-dist@4; then
	# What was published just now is too young for it.
	install berry env YARN_NPM_MINIMAL_AGE_GATE=0 node "$TOOL/../@yarnpkg/cli-dist/bin/yarn.js" install
	grep -q node-gyp project-berry/yarn.lock || fail "yarn adds no node-gyp any more"
fi
if try bun bun@latest && "$TOOL/bun" --version >/dev/null 2>&1; then install bun "$TOOL/bun" install; fi
if try pnpm10 pnpm@10; then install pnpm10 "$TOOL/pnpm" install; fi
[ $ran -gt 0 ] || skip "no client is here"
say "$ran clients"

say "a lock file that npm pruned says so, and the next sync brings what it lacks"
publish plat-linux 1.0.0 ',"os":["linux"]'
publish plat-mac 1.0.0 ',"os":["darwin"]'
publish plat-win 1.0.0 ',"os":["win32"]'
publish plat 1.0.0 ',"optionalDependencies":{"plat-linux":"1.0.0","plat-mac":"1.0.0","plat-win":"1.0.0"}'
NPM=${UPSTREAM%/}
project pruned '{"name":"project","version":"1.0.0","private":true,"dependencies":{"plat":"1"}}'
client pruned npm install >"$T/npm.out" 2>&1 || fail "npm install"
near_conf "$UPSTREAM" "lockfiles = [ \"$PWD/package-lock.json\" ];"
expect 0 near --store "$T/near" sync
hasnt "$T/out" lacks
# Beside a node_modules which has this machine's only, npm writes what it finds.
rm package-lock.json node_modules/.package-lock.json
client pruned npm install >"$T/npm.out" 2>&1 || fail "npm install"
grep -q plat-linux package-lock.json || fail "npm wrote another lock"
if grep -q node_modules/plat-mac package-lock.json; then
	say "this npm prunes no lock file: done by hand"
	jq 'del(.packages["node_modules/plat-mac", "node_modules/plat-win"])' package-lock.json >pruned.json
	mv pruned.json package-lock.json
fi
expect 0 near --store "$T/near" sync
has "$T/out" "$PWD/package-lock.json: it lacks 2 optional packages of plat@1.0.0 (2), which do not come" \
    "add whose they are to 'packages'"
[ "$(grep -c lacks "$T/out")" = 1 ] || fail "more than one line"
expect 0 near --json --store "$T/near" sync
jq -es 'last.failures == []' "$T/out" >/dev/null || fail "a failure"
expect 0 near --store "$T/near" status
near_conf "$UPSTREAM" "lockfiles = [ \"$PWD/package-lock.json\" ]; packages = [ \"plat\" ];"
cd "$T"
rm -rf near
expect 0 near init --name near
expect 0 near sync
expect 0 near show plat-win@1.0.0
