#!/bin/bash
# The lock files of pnpm, yarn 1, yarn 4 and bun: each client writes its own
# against a registry, ferry pulls what that names and nothing else, and the
# client installs the same from ferryd, with the registry gone.
#
# Observed, with pnpm 10.34 and 12.21, yarn 1.22 and 4.18, and bun 1.4: pnpm and
# yarn 4 write no URL where a registry has its tarballs at the usual place; yarn
# 1 and bun write every URL, and go there, so that it has to be changed.
# ctest: COST 20
. "$(dirname "$0")/../npm/clients.sh"
start_verdaccio
cd "$T"
publish left 1.0.0
publish left 1.1.0
publish left 2.0.0
publish native-linux 1.0.0 ',"os":["linux"]'
publish native-win 1.0.0 ',"os":["win32"]'
publish @acme/deep 1.0.0 ',"dependencies":{"left":"~1.0.0"}'
publish @acme/unasked 1.0.0
publish @acme/settings 1.0.0
publish app 1.0.0 ',"dependencies":{"@acme/deep":"^1","aliased":"npm:left@^2"},
    "optionalDependencies":{"native-linux":"^1","native-win":"^1"}'
sort >want <<-EOF
	@acme/deep@1.0.0
	app@1.0.0
	left@1.0.0
	left@1.1.0
	left@2.0.0
	native-linux@1.0.0
	native-win@1.0.0
EOF

# prepare NAME: a project without anything installed.  What the registry has is
# minutes old.  pnpm 12 has settings from a package, which are the first
# document of its lock file.
prepare() {
	project "$1" '{"name":"project","version":"1.0.0","private":true,"dependencies":{"app":"^1","left":"^1.1.0"}}'
	printf 'npmMinimalAgeGate: 0\n' >.yarnrc.yml
	printf 'packages: [ "." ]\nminimumReleaseAge: 0\n' >pnpm-workspace.yaml
	[ "$1" != pnpm ] || cat >>pnpm-workspace.yaml <<-EOF
		configDependencies: { "@acme/settings": "1.0.0+$SETTINGS" }
	EOF
}
SETTINGS=$(jq -r '.versions["1.0.0"].dist.integrity' verdaccio/storage/@acme/settings/package.json)

# install NAME COMMAND…: in the project where the script is; $T/NAME.tree says
# what came.
install() {
	local name=$1
	shift
	client "$name" timeout 120 "$@" >"$T/$name.out" 2>&1 </dev/null || {
		cat "$T/$name.out" >&2
		fail "$name: $*"
	}
	find node_modules -type f \( -name index.js -o -name package.json \) -exec sha256sum {} + |
	    sort -k2 >"$T/$name.tree"
	[ "$(grep -c index.js "$T/$name.tree")" -ge 5 ] || fail "$name: too little is installed"
	if grep -q native-win "$T/$name.tree"; then
		fail "$name: native-win is installed"
	fi
}

# lock NAME LOCKFILE COMMAND…: the client writes its lock file; ferry syncs it.
lock() {
	local name=$1 file=$2
	shift 2
	say "$name locks, ferry syncs"
	NPM=${UPSTREAM%/}
	prepare "$name"
	install "$name" "$@"
	cd "$T"
	[ -s "project-$name/$file" ] || fail "$name: no $file"
	cp "project-$name/$file" "$name.lock"
	mv "$name.tree" "$name.near"
	cat >"$name.conf" <<-EOF
		store = "store-$name";
		upstreams = ( { name = "up"; format = "npm"; url = "$UPSTREAM";
		    lockfiles = [ "project-$name/$file" ]; } );
	EOF
	expect 0 "$FERRY" --config "$name.conf" init --name "$name"
	expect 0 "$FERRY" --config "$name.conf" sync
	has out " versions pulled" "0 failed"
	expect 0 "$FERRY" --config "$name.conf" --json list
	jq -r '.name as $n | .versions[] | "\($n)@\(.)"' out | sort >got
	{
		cat want
		[ "$name" != pnpm ] || echo @acme/settings@1.0.0
	} | sort | diff - got || fail "$name: not what its lock file names"
}

# frozen NAME LOCKFILE has-urls|no-urls COMMAND…
frozen() {
	local name=$1 file=$2 urls=$3
	shift 3
	say "$name installs from ferryd"
	start_ferryd "store-$name"
	NPM=$URL/npm
	if [ "$urls" = has-urls ]; then
		has "$name.lock" "$UPSTREAM"
		sed -i "s#$UPSTREAM#$NPM/#" "$name.lock"
	fi
	hasnt "$name.lock" "$UPSTREAM"
	prepare "$name"
	cp "$T/$name.lock" "$file"
	install "$name" "$@"
	same "$file" "$T/$name.lock"
	cd "$T"
	diff "$name.near" "$name.tree" || fail "$name: another tree than from the registry"
	kill "$LASTPID"
}

HERE=()
is_here() { case " ${HERE[*]} " in *" $1 "*) ;; *) return 1 ;; esac }
if try pnpm10 pnpm@10; then
	PNPM10=$TOOL/pnpm HERE+=(pnpm10)
	lock pnpm10 pnpm-lock.yaml "$PNPM10" install
fi
if try pnpm pnpm@latest && "$TOOL/pnpm" --version >/dev/null 2>&1; then
	PNPM=$TOOL/pnpm HERE+=(pnpm)
	lock pnpm pnpm-lock.yaml "$PNPM" install --no-frozen-lockfile
fi
if try yarn1 yarn@1; then
	YARN1=$TOOL/yarn HERE+=(yarn1)
	lock yarn1 yarn.lock "$YARN1" install
fi
if try berry @yarnpkg/cli-dist@4; then
	BERRY=$TOOL/../@yarnpkg/cli-dist/bin/yarn.js HERE+=(berry)
	lock berry yarn.lock node "$BERRY" install
fi
if try bun bun@latest && "$TOOL/bun" --version >/dev/null 2>&1; then
	BUN=$TOOL/bun HERE+=(bun)
	lock bun bun.lock "$BUN" install
	say "bun's binary form is refused with the way out"
	prepare bun
	printf '[install]\nsaveTextLockfile = false\n' >bunfig.toml
	install bun "$BUN" install
	cd "$T"
	sed -i 's#/bun.lock"#/bun.lockb"#' bun.conf
	expect 8 "$FERRY" --config bun.conf sync
	has err "bun install --save-text-lockfile" "project-bun/bun.lockb"
fi
[ ${#HERE[@]} -gt 0 ] || skip "no client is here"

say "the registry is gone"
kill "${PIDS[0]}"
wait "${PIDS[0]}" 2>/dev/null || true
! curl -s -o /dev/null "${UPSTREAM}-/ping" || fail "Verdaccio still answers"

! is_here pnpm10 || frozen pnpm10 pnpm-lock.yaml no-urls "$PNPM10" install --frozen-lockfile
! is_here pnpm || frozen pnpm pnpm-lock.yaml no-urls "$PNPM" install --frozen-lockfile
! is_here yarn1 || frozen yarn1 yarn.lock has-urls "$YARN1" install --frozen-lockfile
! is_here berry || frozen berry yarn.lock no-urls node "$BERRY" install --immutable
! is_here bun || frozen bun bun.lock has-urls "$BUN" install --frozen-lockfile
