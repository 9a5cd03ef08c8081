#!/bin/bash
# pnpm, yarn and bun with tokens, in each form that they take one: what is
# allowed is installed, and what is refused ends at once.
#
# Observed, with pnpm 10.34 and 12.21, yarn 1.22 and 4.18, and bun 1.4, through
# an nginx that writes down what they send:
# - A token is sent as "Bearer"; _auth, a name with a password, and npmAuthIdent
#   as "Basic".  It goes unasked with every request, for the tarballs too.
# - None tries again after a 401, 403 or 404.  yarn 4 asks after a 401 who it
#   is; for what a lock file names, for "@octo%2fsvc/-/…", then for
#   "@octo/svc/-/…"; pnpm 12 after a refused tarball for the packument and for
#   attestations.
# - yarn 1 alone shows what ferryd says of the reason; the others show the
#   status.
# ctest: COST 13
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/../npm/clients.sh"
need nginx

make_octo
new_token tom tom
new_token eve eve
printf 'serve : { access_log = "%s"; };\n' "$T/access.log" >"$T/d.conf"
serve --config "$T/d.conf"
port=$(free_port)
start_nginx "map \$http_authorization \$kind { default -; ~*^(?<k>[a-z]+) \$k; }
	log_format p '\$status \$kind'; access_log $T/seen p;
	server { listen 127.0.0.1:$port;
	location / { proxy_pass $URL; proxy_set_header Host \$http_host; } }"
NPM=http://127.0.0.1:$port/npm
wait_for 10 curl -sf "http://127.0.0.1:$port/healthz"
AT=//${NPM#http://}/

wants() { printf '{"name":"p","version":"1.0.0","private":true,"dependencies":{"%s":"^1.0.0"}}' "$1"; }
base64_of() { printf %s "$1" | base64 -w0; }
npmrc() { printf '%s\n' "$@" >"$T/home-$NAME/.npmrc"; }
yarnrc() { printf '%s\n' npmRegistries: "  \"${AT%/}\":" '    npmAlwaysAuth: true' "    $1" >"$T/home-$NAME/.yarnrc.yml"; }
bunfig() { printf '[install.scopes]\n"@octo" = { url = "%s/", %s }\n' "$NPM" "$1" >bunfig.toml; }
# give FORM TOKEN: to the client, for the project it is in.
give() {
	case $1 in
	_authToken) npmrc "$AT:_authToken=$2" ;;
	_auth) npmrc "$AT:_auth=$(base64_of "anybody:$2")" ;;
	_password) npmrc "$AT:username=anybody" "$AT:_password=$(base64_of "$2")" ;;
	npmAuthToken) yarnrc "$1: \"$2\"" ;;
	npmAuthIdent) yarnrc "$1: \"anybody:$2\"" ;;
	bunfig:token) bunfig "token = \"$2\"" ;;
	bunfig:password) bunfig "username = \"anybody\", password = \"$2\"" ;;
	esac
}
run() { # COMMAND…
	: >"$T/seen"
	client "$NAME" timeout 60 "$@" >"$T/out" 2>&1 </dev/null
}
# seen "STATUS KIND" MOST: so was every answer and credential, of so many.
seen() {
	wait_for 3 test -s "$T/seen"
	is "$NAME: what was asked" "$(sort -u "$T/seen")" "$1"
	[ "$(wc -l <"$T/seen")" -le "$2" ] || {
		cat "$T/out" "$T/seen" >&2
		fail "$NAME: it asks too often"
	}
}
# allowed KIND COMMAND…
allowed() {
	local kind=$1
	shift
	run "$@" || {
		cat "$T/out" >&2
		fail "$NAME: not installed"
	}
	test -e node_modules/@octo/svc/index.js || fail "$NAME: nothing is installed"
	seen "200 $kind" 5
}
# refused "STATUS KIND" MOST COMMAND…
refused() {
	local want=$1 most=$2 status=0
	shift 2
	run "$@" || status=$?
	[ $status -ne 0 ] && [ $status -ne 124 ] || {
		cat "$T/out" >&2
		fail "$NAME: status $status instead of a refusal"
	}
	seen "$want" "$most"
	[ ! -e node_modules/@octo/svc/index.js ] || fail "$NAME: it is installed"
}
# all NAME LOCKFILE FROZEN-OPTION "FORM…" COMMAND…: of the forms the first is a
# token's.
all() {
	local lock=$2 frozen=$3 forms form kind
	NAME=$1
	read -ra forms <<<"$4"
	shift 4
	say "$NAME $(client "$NAME" "$@" --version 2>/dev/null | tail -n1)"
	set -- "$@" install
	project "$NAME" "$(wants @octo/svc)"
	refused '401 -' 1 "$@"
	give "${forms[0]}" nonsense
	refused '401 Bearer' 2 "$@"
	give "${forms[0]}" "$(token_of eve)"
	refused '403 Bearer' 1 "$@"
	project "$NAME" "$(wants @octo/absent)"
	give "${forms[0]}" "$(token_of tom)"
	refused '404 Bearer' 1 "$@"
	for form in "${forms[@]}"; do
		project "$NAME" "$(wants @octo/svc)"
		kind=Basic
		case $form in *[Tt]oken) kind=Bearer ;; esac
		give "$form" "$(token_of tom)"
		allowed $kind "$@"
	done
	mkdir -p "$T/lock"
	mv "$lock" "$T/lock"

	# From the lock file, by who may, who may not, and nobody.
	project "$NAME" "$(wants @octo/svc)"
	cp "$T/lock/$lock" .
	give "${forms[0]}" "$(token_of tom)"
	allowed Bearer "$@" "$frozen"
	project "$NAME" "$(wants @octo/svc)"
	cp "$T/lock/$lock" .
	refused '401 -' 5 "$@" "$frozen"
	give "${forms[0]}" "$(token_of eve)"
	refused '403 Bearer' 5 "$@" "$frozen"
	ran=$((ran + 1))
}

ran=0
if try pnpm10 pnpm@10; then
	all pnpm10 pnpm-lock.yaml --frozen-lockfile '_authToken _auth _password' "$TOOL/pnpm"
fi
if try pnpm pnpm@latest && "$TOOL/pnpm" --version >/dev/null 2>&1; then
	all pnpm pnpm-lock.yaml --frozen-lockfile '_authToken _auth _password' "$TOOL/pnpm"
fi
if try yarn1 yarn@1; then
	all yarn1 yarn.lock --frozen-lockfile '_authToken _auth _password' "$TOOL/yarn"
fi
if try berry @yarnpkg/cli-dist@4; then
	all berry yarn.lock --immutable 'npmAuthToken npmAuthIdent' \
	    node "$TOOL/../@yarnpkg/cli-dist/bin/yarn.js"
fi
if try bun bun@latest && "$TOOL/bun" --version >/dev/null 2>&1; then
	all bun bun.lock --frozen-lockfile \
	    '_authToken _auth _password bunfig:token bunfig:password' "$TOOL/bun"
fi
cd "$T"
[ $ran -gt 0 ] || skip "no client is here"
stop
hasnt "$T/access.log" ferry_u_
