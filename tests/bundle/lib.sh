# shellcheck shell=bash
# What the bundle scripts share: two stores that know each other.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
FERRY_BUILD=${FERRY_BUILD:-$TOP/build/strict}
FILL=$FERRY_BUILD/tests/tools/fill
cd "$T"

# store NAME …: commands on the store called NAME.
store() {
	local name=$1
	shift
	"$FERRY" --store "$name" "$@"
}
near() { store near "$@"; }
far() { store far "$@"; }

# fill STORE FIRST PACKAGES [SIZE]: packages with two versions each.
fill() {
	"$FILL" "$1" --first "$2" --packages "$3" --versions 2 \
	    --size "${4:-40000}" --seed $((1000 + $2))
}

# Two stores; each trusts the other's key.
pair() {
	near init --name near >/dev/null
	far init --name far >/dev/null
	near key export near.pem
	far key export far.pem
	far trust add near.pem --name near >/dev/null
	near trust add far.pem --name far >/dev/null
	mkdir -p medium
}

# Nothing of a bundle is visible in the store.
invisible() {
	store "$1" status >"$T/status" || true
	has "$T/status" "journal      record ${2:-0}"
}

# Both stores list the same, and every blob of the second is whole.
agree() {
	near list >"$T/list.near"
	store "${1:-far}" list >"$T/list.far"
	same "$T/list.near" "$T/list.far"
	store "${1:-far}" verify >/dev/null
}

# The only file of a glob.
only() {
	[ $# -eq 1 ] && [ -e "$1" ] || fail "not one file: $*"
	printf '%s\n' "$1"
}

# flip FILE OFFSET: one bit.
flip() {
	python3 - "$1" "$2" <<-'END'
		import sys
		with open(sys.argv[1], "r+b") as f:
		    f.seek(int(sys.argv[2]))
		    b = f.read(1)
		    f.seek(int(sys.argv[2]))
		    f.write(bytes([b[0] ^ 1]))
	END
}
