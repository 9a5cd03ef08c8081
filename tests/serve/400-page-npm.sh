#!/bin/bash
# What the page tells npm, pnpm, yarn and bun is copied and run: http and https, with
# and without a token.  (issue 15)
# ctest: COST 40
. "$(dirname "$0")/../access/lib.sh"
. "$(dirname "$0")/page.sh"

STORE=$T/open
make_version @octo/svc 1.0.0
OWNER=ghes put @octo/svc 1.0.0 1.0.0
STORE=$T/closed
make_octo
new_token tom tom
TOKEN=$(token_of tom)

try() { need_tool "$@" || { say "SKIP $1: $2 cannot be installed here"; return 1; }; }

# one NAME KIND USE TOKEN COMMAND…: a project whose client is told what the page
# says for USE, and where KIND is token also for TOKEN.
one() {
	local name=$1 kind=$2 use=$3 with=$4 text
	shift 4
	new_home
	printf '{"name":"p","version":"1.0.0","private":true,"dependencies":{"@octo/svc":"^1.0.0"}}\n' >package.json
	# Of an earlier install; the first has nothing to rewrite.
	[ "$name" != yarn1 ] || mv "$T/yarn.lock" .
	tell clients "$use"
	[ "$kind" = open ] || tell "with a token" "$with"
	at_home timeout 100 "$@" >"$T/out" 2>&1 || {
		cat "$T/out" >&2
		cat .yarnrc.yml bunfig.toml "$T/home/.npmrc" 2>/dev/null >&2 || :
		fail "$name, $kind, $URL: not installed"
	}
	[ -e node_modules/@octo/svc/index.js ] || fail "$name: nothing is installed"
}
# tell PART CLIENT: a file, or commands.
tell() {
	local text
	text=$(lines "$1" "$2")
	case $(file_of "$text") in
	.npmrc) behead "$text" >>"$T/home/.npmrc" ;;
	bunfig.toml) behead "$text" >bunfig.toml ;;
	*) at_home bash -euc "$text" >"$T/out" 2>&1 || {
		cat "$T/out" >&2
		fail "$2: $text"
	} ;;
	esac
}

# With a program of its own, "yarn" of the page is that.
program() { # COMMAND…
	rm -rf "$T/bin"
	mkdir "$T/bin"
	ln -s "$FERRY" "$T/bin/ferry"
	printf '#!/bin/sh\nexec %s "$@"\n' "$*" >"$T/bin/yarn"
	chmod +x "$T/bin/yarn"
}
all() { # http|https open|token
	local secret="npm, pnpm, yarn 1" before=$PATH
	say "$1, $2"
	ENV=("npm_config_cafile=$T/ca.pem" "YARN_HTTPS_CA_FILE_PATH=$T/ca.pem"
		YARN_ENABLE_GLOBAL_CACHE=false YARN_NODE_LINKER=node-modules
		YARN_ENABLE_TELEMETRY=0 YARN_ENABLE_IMMUTABLE_INSTALLS=false
		"npm_config_update_notifier=false")
	if command -v npm >/dev/null; then
		one npm "$2" "npm, pnpm" "$secret" npm install
	else
		say "SKIP npm: not on this machine"
	fi
	if try pnpm10 pnpm@10; then one pnpm10 "$2" "npm, pnpm" "$secret" "$TOOL/pnpm" install; fi
	if try pnpm pnpm@latest && "$TOOL/pnpm" --version >/dev/null 2>&1; then
		one pnpm "$2" "npm, pnpm" "$secret" "$TOOL/pnpm" install
	fi
	PATH=$T/bin:$PATH
	if try yarn1 yarn@1; then
		program "$TOOL/yarn"
		: >"$T/yarn.lock"
		one yarn1 "$2" "yarn 1" "$secret" yarn install
		# And by a lock file of another registry.
		sed "s|$URL/npm/|https://registry.example/|" yarn.lock >"$T/yarn.lock"
		grep -q '"https://registry.example/@octo' "$T/yarn.lock" || fail "$(cat yarn.lock)"
		one yarn1 "$2" "yarn 1" "$secret" yarn install --frozen-lockfile
	fi
	if try berry @yarnpkg/cli-dist@4; then
		program node "$TOOL/../@yarnpkg/cli-dist/bin/yarn.js"
		one berry "$2" yarn yarn yarn install
	fi
	PATH=$before
	if try bun bun@latest && "$TOOL/bun" --version >/dev/null 2>&1; then
		one bun "$2" bun bun "$TOOL/bun" install
	fi
}
each_way all
