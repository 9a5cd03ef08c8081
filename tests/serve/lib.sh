# shellcheck shell=bash
# For the scripts of tests/serve and tests/npm that need a store without a
# sync: small packages made on the spot, and put into it by put_npm.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

PUT_NPM=${PUT_NPM:-${FERRY_BUILD:-$TOP/build/strict}/tests/tools/put_npm}
STORE=$T/store

# is WHAT GOT WANT
is() {
	[ "$2" = "$3" ] || fail "$1: got '$2', want '$3'"
}

# make_version NAME VERSION [MEMBERS [BYTES]]
#
# A tarball, and the packument's member for it.  MEMBERS is JSON such as
# '"dependencies":{"a":"^1"}'; BYTES of noise make the tarball large.
make_version() {
	local dir=$T/pkg/$1/$2 integrity shasum
	rm -rf "$dir"
	mkdir -p "$dir/package"
	printf '{"name":"%s","version":"%s"%s}\n' "$1" "$2" "${3:+,$3}" \
	    >"$dir/package/package.json"
	printf 'module.exports = "%s@%s";\n' "$1" "$2" >"$dir/package/index.js"
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

# make_packument NAME LATEST VERSION…: of versions that were made, to stdout.
# TAGS: further dist-tags, as JSON members.
make_packument() {
	local name=$1 latest=$2 comma= v
	shift 2
	printf '{"_id":"%s","name":"%s","description":"the %s package","dist-tags":{"latest":"%s"%s},"versions":{' \
	    "$name" "$name" "$name" "$latest" "${TAGS:+,$TAGS}"
	for v; do
		printf %s "$comma"
		cat "$T/pkg/$name/$v/version.json"
		comma=,
	done
	printf '},"time":{"created":"2020-01-01T00:00:00.000Z","modified":"2020-02-02T00:00:00.000Z"'
	for v; do
		printf ',"%s":"2020-01-01T00:00:00.000Z"' "$v"
	done
	printf '},"keywords":["%s-word"],"maintainers":[{"name":"someone","email":"someone@example.com"}],"readme":"# %s"}' \
	    "${name##*/}" "$name"
}

# put NAME LATEST VERSION…: put the packument of these versions, and them,
# into the store.  HOLD: only these versions ("" for none).  ARGS: further
# arguments of put_npm.  OWNER: default "up".
put() {
	local name=$1 files=() v
	make_packument "$@" >"$T/packument.json"
	shift 2
	for v in ${HOLD-"$@"}; do
		files+=("$v=$T/pkg/$name/$v/tarball.tgz")
	done
	# shellcheck disable=SC2086
	"$PUT_NPM" "$STORE" "${OWNER:-up}" "$T/packument.json" "${files[@]}" \
	    ${ARGS-}
}

# The tarball that make_version made.
tarball() { printf '%s' "$T/pkg/$1/$2/tarball.tgz"; }

# serve [OPTION…]: start ferryd on $STORE; sets URL, NPM and LASTPID.
serve() {
	start_ferryd "$STORE" "$@"
	NPM=$URL/npm
}
# stop: the last one, which must end well.
stop() {
	kill "$LASTPID"
	wait "$LASTPID" || fail "ferryd ended with status $?"
}

# certificate NAME: $T/cert.pem and $T/key.pem, for that name and 127.0.0.1.
certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
	    -nodes -keyout "$T/key.pem" -out "$T/cert.pem" -days 2 \
	    -subj "/CN=$1" -addext "subjectAltName=DNS:$1,IP:127.0.0.1" \
	    2>/dev/null
}

# get STATUS [CURL-OPTION…] URL: the body is in $T/body, the head in $T/head.
get() {
	local want=$1 got
	shift
	: >"$T/body" # curl leaves it alone where there is none
	got=$(curl -sS -o "$T/body" -D "$T/head" -w '%{http_code}' "$@") ||
	    fail "curl $*"
	[ "$got" = "$want" ] || {
		cat "$T/head" "$T/body" >&2
		fail "status $got instead of $want: $*"
	}
}
# header NAME: its value in the last answer; empty if it is not there.
header() { sed -n "s/^$1: *//Ip" "$T/head" | tr -d '\r'; }
# member EXPRESSION: of the last body as JSON, by python: member 'd["name"]'
member() { python3 -c "import json,sys; d=json.load(open(sys.argv[1])); print($1)" "$T/body"; }
