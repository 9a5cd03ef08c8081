# Sourced by the scripts of tests/serve and tests/npm: a scratch folder, small
# packages made on the spot, a ferryd on a free port.
#
# From the environment: FERRYD, PUT_NPM (programs); TMPDIR.

set -eu
: "${FERRYD:?the path of ferryd}" "${PUT_NPM:?the path of put_npm}"

work=$(mktemp -d "${TMPDIR:-/tmp}/ferry-test-XXXXXX")
store=$work/store
pids=

cleanup() {
	for pid in $pids; do
		kill "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	done
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

fail() {
	printf 'FAIL: %s\n' "$*" >&2
	for log in "$work"/ferryd*.log; do
		[ -s "$log" ] && sed "s/^/  ${log##*/}: /" "$log" >&2
	done
	exit 1
}

# is WHAT GOT WANT
is() {
	[ "$2" = "$3" ] || fail "$1: got '$2', want '$3'"
}

# has WHAT TEXT PATTERN (of case)
has() {
	case $2 in
	*$3*) ;;
	*) fail "$1: no '$3' in: $2" ;;
	esac
}

hasnt() {
	case $2 in
	*$3*) fail "$1: '$3' is in: $2" ;;
	esac
}

# make_version NAME VERSION [MEMBERS [BYTES]]
#
# A tarball and the packument's member for it.  MEMBERS is JSON such as
# '"dependencies":{"a":"^1"}'; BYTES of noise make the tarball large.
make_version() {
	dir=$work/pkg/$1/$2
	rm -rf "$dir"
	mkdir -p "$dir/package"
	printf '{"name":"%s","version":"%s"%s}\n' "$1" "$2" "${3:+,$3}" \
	    >"$dir/package/package.json"
	printf 'module.exports = "%s@%s";\n' "$1" "$2" \
	    >"$dir/package/index.js"
	[ "${4:-0}" -eq 0 ] || head -c "$4" /dev/urandom >"$dir/package/noise"
	tar -C "$dir" --sort=name --owner=0 --group=0 --mtime=@0 \
	    -czf "$dir/tarball.tgz" package
	integrity=sha512-$(openssl dgst -sha512 -binary "$dir/tarball.tgz" |
	    base64 -w0)
	shasum=$(sha1sum "$dir/tarball.tgz" | cut -d' ' -f1)
	printf '"%s":{"name":"%s","version":"%s"%s,"dist":{"tarball":"https://registry.example/%s/-/%s-%s.tgz","integrity":"%s","shasum":"%s"}}' \
	    "$2" "$1" "$2" "${3:+,$3}" "$1" "${1##*/}" "$2" "$integrity" \
	    "$shasum" >"$dir/version.json"
}

# make_packument NAME LATEST VERSION… > FILE: of versions that were made.
make_packument() {
	name=$1 latest=$2 comma=
	shift 2
	printf '{"_id":"%s","name":"%s","description":"the %s package","dist-tags":{"latest":"%s"%s},"versions":{' \
	    "$name" "$name" "$name" "$latest" "${TAGS:+,$TAGS}"
	for v; do
		printf %s "$comma"
		cat "$work/pkg/$name/$v/version.json"
		comma=,
	done
	printf '},"time":{"created":"2020-01-01T00:00:00.000Z","modified":"2020-02-02T00:00:00.000Z"'
	for v; do
		printf ',"%s":"2020-01-01T00:00:00.000Z"' "$v"
	done
	printf '},"keywords":["%s-word"],"maintainers":[{"name":"someone","email":"someone@example.com"}],"readme":"# %s"}' \
	    "${name##*/}" "$name"
}

# put NAME LATEST VERSION…: make the packument of versions that were made and
# put it and them into the store.  HOLD: only these versions' tarballs.
# ARGS: further arguments of put_npm.  OWNER: default npm.
put() {
	make_packument "$@" >"$work/packument.json"
	name=$1
	shift 2
	files=
	for v in ${HOLD-"$@"}; do
		files="$files $v=$work/pkg/$name/$v/tarball.tgz"
	done
	# shellcheck disable=SC2086
	"$PUT_NPM" "$store" "${OWNER:-npm}" "$work/packument.json" $files \
	    ${ARGS-}
}

# serve [OPTION…]: start ferryd; sets port, url, npm and pid.
serve() {
	rm -f "$work/port"
	"$FERRYD" --store "$store" --listen 127.0.0.1:0 \
	    --port-file "$work/port" "$@" >>"$work/ferryd.log" 2>&1 &
	pid=$!
	pids="$pids $pid"
	wait_for '[ -s "$work/port" ]'
	port=$(cat "$work/port")
	url=http://127.0.0.1:$port
	npm=$url/npm
}

# wait_for COMMAND [SECONDS]: until it succeeds; looks ten times a second.
wait_for() {
	n=0
	until eval "$1"; do
		n=$((n + 1))
		[ "$n" -lt $((${2:-20} * 10)) ] || fail "timeout: $1"
		sleep 0.1
	done
}

# get [CURL-OPTION…] URL: the body; code and header are kept in $work.
get() {
	curl -sS -o "$work/body" -D "$work/head" -w '%{http_code}' "$@" \
	    >"$work/code" || fail "curl $*"
	cat "$work/body"
}
code() {
	curl -sS -o "$work/body" -D "$work/head" -w '%{http_code}' "$@"
}
# header NAME: of the last get or code.
header() {
	sed -n "s/^$1: *//Ip" "$work/head" | tr -d '\r'
}
