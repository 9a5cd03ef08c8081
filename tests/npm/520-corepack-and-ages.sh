#!/bin/bash
# What people configure beside the registry: the package manager itself by
# corepack and "packageManager", and a minimum age of versions, which yarn 4 has
# by default, also of documents to which upstream gives no times (issue 11,
# points 4 and 11).
# ctest: COST 12
. "$(dirname "$0")/clients.sh"

# The packages of the clients themselves, signed by a registry of our own.
openssl ecparam -name prime256v1 -genkey -noout -out "$T/registry.pem"
SPKI=$(openssl ec -in "$T/registry.pem" -pubout -outform DER 2>/dev/null | base64 -w0)
KEYS='{"npm":[{"expires":null,"keyid":"SHA256:test","keytype":"ecdsa-sha2-nistp256","scheme":"ecdsa-sha2-nistp256","key":"'$SPKI'"}]}'

# real NAME VERSION: put that package, as the registry of this machine has it.
real() {
	local dir=$T/pkg/$1/$2 integrity
	mkdir -p "$dir"
	(cd "$dir" && timeout 120 npm pack --silent "$1@$2" >/dev/null 2>&1) || return 1
	mv "$dir"/*.tgz "$dir/tarball.tgz"
	integrity=sha512-$(openssl dgst -sha512 -binary "$dir/tarball.tgz" | base64 -w0)
	printf '%s' "$1@$2:$integrity" | openssl dgst -sha256 -sign "$T/registry.pem" >"$dir/sig"
	tar -xOf "$dir/tarball.tgz" package/package.json |
	    jq -c --arg i "$integrity" --arg s "$(base64 -w0 "$dir/sig")" --arg f "${1##*/}-$2.tgz" \
		'{name,version,bin} + {dist:{integrity:$i,signatures:[{keyid:"SHA256:test",sig:$s}],
		    tarball:("https://registry.example/" + .name + "/-/" + $f)}}' |
	    { printf '"%s":' "$2" && cat; } >"$dir/version.json"
	put "$1" "$2" "$2"
}
# package MANAGER@VERSION: what its package is called.
package() {
	case $1 in
	yarn@[2-9]*) echo @yarnpkg/cli-dist ;;
	*) echo "${1%@*}" ;;
	esac
}
# corepack NAME COMMAND…: in a project called so.
corepack() {
	local name=$1
	shift
	client "$name" COREPACK_NPM_REGISTRY="$NPM" COREPACK_INTEGRITY_KEYS="$KEYS" \
	    COREPACK_ENABLE_DOWNLOAD_PROMPT=0 "$COREPACK" "$@" >"$T/out" 2>"$T/err" || {
		cat "$T/out" "$T/err" >&2
		fail "corepack $*"
	}
}

command -v npm >/dev/null || skip "npm is not on this machine"
make_version left 1.0.0
make_version left 1.1.0
put left 1.1.0 1.0.0 1.1.0
PROJECT='{"name":"project","private":true,"dependencies":{"left":"^1.0.0"},"packageManager":"%s"}'
have=
if try corepack corepack@0.36; then
	COREPACK=$TOOL/corepack
	try pnpm10 pnpm@10 && PNPM=$("$TOOL/pnpm" --version) && real pnpm "$PNPM" && have="$have pnpm@$PNPM"
	try yarn1 yarn@1 && YARN1=$("$TOOL/yarn" --version) && real yarn "$YARN1" && have="$have yarn@$YARN1"
	# Newer ones are another package.
	try berry @yarnpkg/cli-dist@4 && YARN=$(node "$TOOL/../@yarnpkg/cli-dist/bin/yarn.js" --version) &&
	    real @yarnpkg/cli-dist "$YARN" && have="$have yarn@$YARN"
fi
serve
for manager in $have; do
	say "corepack brings $manager from here, by the project's field, and checks its signature"
	# shellcheck disable=SC2059
	project core "$(printf "$PROJECT" "$manager")"
	corepack core "${manager%@*}" --version
	is version "$(tail -1 "$T/out")" "${manager#*@}"
	corepack core "${manager%@*}" install
	is installed "$(node -p 'require("left")')" left@1.1.0

	say "with the digest of its bytes in the field"
	tarball=$(tarball "$(package "$manager")" "${manager#*@}")
	hex=$(sha512sum "$tarball" | cut -d' ' -f1)
	# Of yarn 4 the digest is its only file's, as if it came from elsewhere.
	[[ "$manager" != yarn@[2-9]* ]] ||
	    hex=$(tar -xOf "$tarball" package/bin/yarn.js | sha512sum | cut -d' ' -f1)
	# shellcheck disable=SC2059
	project core "$(printf "$PROJECT" "$manager+sha512.$hex")"
	corepack core "${manager%@*}" --version
	is version "$(tail -1 "$T/out")" "${manager#*@}"

	[ "$manager" != "yarn@${YARN1-}" ] || continue
	say "by its tag, for a whole machine"
	project core '{"private":true}'
	corepack core install -g "${manager%@*}@latest"
	corepack core "${manager%@*}" --version
	is version "$(tail -1 "$T/out")" "${manager#*@}"
done
[ -n "$have" ] || say "SKIP corepack: neither pnpm nor yarn can be had"
cd "$T"
stop

# A registry whose documents have no times, pulled two days ago and now.
mkdir -p "$T/reg/left/-"
for v in 1.0.0 1.1.0; do
	cp "$(tarball left $v)" "$T/reg/left/-/left-$v.tgz"
done
start_faulty reg
make_packument left 1.1.0 1.0.0 1.1.0 |
    jq -c --arg base "$BASE" 'del(.time) | .versions[].dist.tarball |= sub("https://registry.example"; $base)' \
	>"$T/reg/left/packument.json"
pull() { # STORE NOW
	printf 'store = "%s"; upstreams = ( { name = "up"; format = "npm"; url = "%s/"; signatures = "off"; select = ( { name = "left"; } ); } );\n' \
	    "$1" "$BASE" >"$T/$1.conf"
	(
		cd "$T"
		"$FERRY" --store "$1" init --name "$1" >/dev/null
		expect 0 env FERRY_NOW="$2" "$FERRY" --config "$1.conf" sync
	)
}
PROJECT='{"name":"project","version":"1.0.0","private":true,"dependencies":{"left":"^1.0.0"}}'
now=$(date +%s)
pull old $((now - 2 * 86400))
pull new "$now"

say "pulled now, of a server that tells since when it has had the tarballs"
port=$(free_port)
touch -d '3 days ago' "$T"/reg/left/-/*.tgz
sed -i "s|$BASE|http://127.0.0.1:$port|g" "$T/reg/left/packument.json"
BASE=http://127.0.0.1:$port
start_nginx "access_log off;
	server { listen 127.0.0.1:$port; root $T/reg; default_type application/json;
	location / { try_files \$uri \$uri/packument.json =404; } }"
wait_for 10 curl -sf "$BASE/left"
pull told "$now"
STORE=$T/told
serve
curl -sf "$NPM/left" >"$T/out"
is time "$(jq -r '.time["1.1.0"]' "$T/out")" "$(date -u -d @"$(stat -c %Y "$T/reg/left/-/left-1.1.0.tgz")" +%FT%TZ)"
stop

# aged NAME COMMAND…: it installs what was pulled two days ago, and says of what
# was pulled now that it is too young, not that it knows no time.
aged() {
	local name=$1 store
	shift
	for store in old told; do
		STORE=$T/$store
		serve
		project "$name" "$PROJECT"
		[ -z "$AGE" ] || printf '%s\n' "$AGE" >pnpm-workspace.yaml
		client "$name" "$@" install >"$T/$name.out" 2>&1 || {
			cat "$T/$name.out" >&2
			fail "$name"
		}
		is "$name" "$(node -p 'require("left")')" left@1.1.0
		cd "$T"
		stop
	done
	STORE=$T/new
	serve
	project "$name" "$PROJECT"
	[ -z "$AGE" ] || printf '%s\n' "$AGE" >pnpm-workspace.yaml
	! client "$name" "$@" install >"$T/$name.out" 2>&1 || fail "$name: $(cat "$T/$name.out")"
	grep -qiE "$WORDS" "$T/$name.out" || fail "$name: $(cat "$T/$name.out")"
	cd "$T"
	stop
}
ran=0
if try berry @yarnpkg/cli-dist@4; then
	say "yarn $(node "$TOOL/../@yarnpkg/cli-dist/bin/yarn.js" --version), with its defaults"
	AGE='' WORDS=quarantined aged berry node "$TOOL/../@yarnpkg/cli-dist/bin/yarn.js"
	ran=$((ran + 1))
fi
for tool in pnpm10@10 pnpm@latest; do
	try "${tool%@*}" "pnpm@${tool#*@}" || continue
	say "pnpm $("$TOOL/pnpm" --version), minimumReleaseAge"
	AGE='minimumReleaseAge: 1440' WORDS='minimumReleaseAge|mature' aged "${tool%@*}" "$TOOL/pnpm"
	ran=$((ran + 1))
done
[ -n "$have" ] || [ $ran -gt 0 ] || skip "no client is here"
