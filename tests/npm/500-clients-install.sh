#!/bin/bash
# Every client installs a small tree from ferryd alone: without a lock file,
# then from the lock file that it wrote, with an empty cache each time.
# ctest: COST 12
. "$(dirname "$0")/clients.sh"

make_version left 1.0.0
make_version left 1.1.0 '"dependencies":{"@deep/right":"~2.0.0","alias":"npm:real@^3"}'
make_version @deep/right 2.0.0 '' 60000
make_version @deep/right 2.0.1 '' 60000
make_version @deep/right 2.1.0
make_version real 3.2.1 '"bin":{"real":"index.js"}'
make_version optional 1.0.0 '"os":["none"]'
put left 1.1.0 1.0.0 1.1.0
put @deep/right 2.1.0 2.0.0 2.0.1 2.1.0
put real 3.2.1 3.2.1
put optional 1.0.0 1.0.0
printf 'serve = { access_log = "access.log"; };\n' >"$T/ferry.conf"
serve --config "$T/ferry.conf"

PROJECT='{"name":"project","version":"1.0.0","private":true,"dependencies":{"left":"^1.0.0"},"optionalDependencies":{"optional":"^1"}}'

check() { # NAME: what was installed
	local got
	got=$(node -e '
		const p = require.resolve("left", { paths: [process.cwd()] });
		const from = { paths: [require("path").dirname(require("fs").realpathSync(p))] };
		console.log(require(p), require(require.resolve("@deep/right", from)),
		    require(require.resolve("alias", from)));') ||
	    fail "$1: nothing is installed"
	is "$1" "$got" 'left@1.1.0 @deep/right@2.0.1 real@3.2.1'
}

# both NAME LOCKFILE INSTALL-COMMAND… -- FROZEN-COMMAND…
both() {
	local name=$1 lock=$2 install=()
	shift 2
	while [ "$1" != -- ]; do
		install+=("$1")
		shift
	done
	shift
	say "$name $(client "$name" "${install[@]:0:$PROGRAM}" --version 2>/dev/null | tail -1)"
	project "$name" "$PROJECT"
	client "$name" "${install[@]}" >"$T/$name.out" 2>&1 || {
		cat "$T/$name.out" >&2
		fail "$name: install"
	}
	check "$name"
	[ -s "$lock" ] || fail "$name: no $lock"
	cp "$lock" "$T/lock"
	project "$name" "$PROJECT"
	cp "$T/lock" "$lock"
	client "$name" "$@" >"$T/$name.out" 2>&1 || {
		cat "$T/$name.out" >&2
		fail "$name: from its lock file"
	}
	check "$name"
	same "$lock" "$T/lock"
	grep -q "\"agent\":\"$AGENT" "$T/access.log" || wait_for 3 grep -q "\"agent\":\"$AGENT" "$T/access.log"
}

ran=0
PROGRAM=1 AGENT='npm/'
if command -v npm >/dev/null; then
	both npm package-lock.json npm install -- npm ci
	ran=$((ran + 1))
else
	say "SKIP npm: not on this machine"
fi

if try npm10 npm@10; then
	both npm10 package-lock.json "$TOOL/npm" install -- "$TOOL/npm" ci
	ran=$((ran + 1))
fi
if try pnpm10 pnpm@10; then
	AGENT='pnpm/10'
	both pnpm10 pnpm-lock.yaml "$TOOL/pnpm" install -- \
	    "$TOOL/pnpm" install --frozen-lockfile
	ran=$((ran + 1))
fi
if try pnpm pnpm@latest && "$TOOL/pnpm" --version >/dev/null 2>&1; then
	AGENT='pnpm/'
	both pnpm pnpm-lock.yaml "$TOOL/pnpm" install -- \
	    "$TOOL/pnpm" install --frozen-lockfile
	ran=$((ran + 1))
fi
if try yarn1 yarn@1; then
	AGENT='yarn/1'
	both yarn1 yarn.lock "$TOOL/yarn" install --ignore-optional -- \
	    "$TOOL/yarn" install --frozen-lockfile --ignore-optional
	ran=$((ran + 1))
fi
if try berry @yarnpkg/cli-dist@4; then
	PROGRAM=2 AGENT='' # it names itself "got"
	both berry yarn.lock node "$TOOL/../@yarnpkg/cli-dist/bin/yarn.js" install -- \
	    node "$TOOL/../@yarnpkg/cli-dist/bin/yarn.js" install --immutable
	PROGRAM=1
	ran=$((ran + 1))
fi
if try bun bun@latest && "$TOOL/bun" --version >/dev/null 2>&1; then
	AGENT='Bun/'
	both bun bun.lock "$TOOL/bun" install -- "$TOOL/bun" install --frozen-lockfile
	ran=$((ran + 1))
fi
cd "$T"
[ $ran -gt 0 ] || skip "no client is here"

say "$ran clients; none was refused anything that it needs"
wait_for 3 grep -q left-1.1.0.tgz "$T/access.log"
python3 - "$T/access.log" <<'PY'
import json, sys
bad = [l for l in map(json.loads, open(sys.argv[1])) if l["status"] >= 400]
# Looking for updates of themselves, audits, and what a lock has no need of.
odd = [l for l in bad if l["status"] != 404 or not (
    "/security/" in l["path"] or l["path"].split("?")[0] in (
	"/npm/npm", "/npm/pnpm", "/npm/yarn", "/npm/bun"))]
assert not odd, odd
PY
stop
