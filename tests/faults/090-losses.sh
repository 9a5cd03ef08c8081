#!/bin/bash
# README's chapter "Backups and losses": each loss, and what it says to do, line by
# line, until both sides are what they were.
# ctest: COST 20
. "$(dirname "$0")/../bundle/lib.sh"

start_faulty tree
python3 "$TOP/tests/tools/mkregistry.py" tree "$BASE" --packages 8 --versions 2 --size 60000
conf() { # PACKAGES
	near_conf "$BASE" "select = ( $(cd tree && for p in $(printf '%s\n' pkg-* | head "-$1"); do
		printf '%s{ name = "%s"; }' "${comma:-}" "$p" && comma=,
	done) );"
	sed -i '/store = /d' near.conf
}

# ferry ARGUMENT…: of the side $side.
ferry() {
	local config=$T/empty.conf
	[ "$side" = far ] || config=$T/near.conf
	"$FERRY" --config "$config" --store "$T/$side" "$@"
}
: >empty.conf
# follow HEADING…: what stands indented below a paragraph of the chapter.
follow() {
	local lines=0 line command
	while read -r line; do
		side=${line%%\$*} command=${line#*\$ }
		command=${command//\/media\/disc/$T/disc}
		command=${command//\/mnt\/backup/$T/$side.backup}
		command=${command//\/var\/lib\/ferry/$T/$side}
		command=${command//UPSTREAM/up}
		lines=$((lines + 1))
		say "  $side\$ $command"
		eval "$command" >out 2>err || fail "status $?: $command: $(cat out err)"
	done < <(awk -v heading="$1" '
		/^## / { chapter = $0 == "## Backups and losses" }
		chapter && (/^\*\*/ || /^`ferry backup`/) { here = index($0, heading) == 1 }
		chapter && here && /^    (near|far)\$ / { sub(/^ +/, ""); print }' "$TOP/README.md")
	[ $lines -gt 0 ] || fail "README says nothing below '$1'"
}
# Two sides that agree, a receipt that is home, a backup of each, and then more.
start() {
	rm -rf near far near.backup far.backup disc medium ./*.pem
	conf 3
	side=near ferry init --name near >/dev/null
	pair_again
	side=near ferry sync >/dev/null
	carry
	follow '`ferry backup`'
	side=far ferry backup far.backup >/dev/null
	conf 6
	side=near ferry sync >/dev/null
	carry
	conf 8
}
pair_again() {
	far init --name far >/dev/null
	store near key export near.pem
	far key export far.pem
	far trust add near.pem --name near >/dev/null
	store near trust add far.pem --name far --only receipts >/dev/null
	mkdir -p medium disc
}
carry() {
	rm -f medium/*
	if [ ! -e carried ]; then store near export --to medium >/dev/null; else
		store near export --to medium --for far >/dev/null
	fi
	far import medium >/dev/null
	store near receipt add medium/ferry-receipt-far-near.txt >/dev/null
	touch carried
}
versions() { store "$1" --json list | jq -c '[.name, .versions]' | sort; }
# Both sides are sound, far holds what near holds, and the next bundle goes as ever.
whole() { # SITE
	expect 0 store near verify
	expect 0 store far verify
	versions near >of.near
	versions far >of.far
	same of.near of.far
	store far receipt --to disc >/dev/null
	for f in disc/ferry-receipt-"$1"-*.txt; do
		status=0
		store near receipt add "$f" >out 2>err || status=$?
		[ $status = 0 ] || [ $status = 23 ] || fail "$f: $(cat err)"
	done
	conf 8
	side=near ferry sync >/dev/null
	mkdir -p again && rm -f again/*
	store near export --to again --for "$1" >/dev/null
	[ -z "$(ls again)" ] || expect 0 far import again --no-receipt
	versions near >of.near
	versions far >of.far
	same of.near of.far
}
again() {
	rm -f carried
	start
}

say "the near store is lost, with a backup"
again
rm -rf near
follow "**The near store is lost, with a backup."
whole far
far status >out
has out "new history since"

say "the near store is lost, without one"
again
rm -rf near near.backup
follow "**The near store is lost, without one."
expect 0 store near trust add far.pem --name far --only receipts
whole far

say "the near store's key is lost"
again
mkdir keys.kept && mv near/keys/*.pem keys.kept
expect 1 store near export --to medium
has err "the store has lost its key" "ferry key new"
cp -p near.backup/keys/*.pem near/keys/
diff -r keys.kept near/keys || fail "not the same key"
rm -f near/keys/*.pem medium/*
follow "**The near store's key is lost."
whole far

say "the far store is lost, with a backup"
again
rm -rf far
sleep 1.1 # a receipt of an earlier record counts if it is later
follow "**The far store is lost, with a backup."
whole far

say "the far store is lost, without one"
again
rm -rf far far.backup
follow "**The far store is lost, without one."
whole far2

say "a medium is lost"
again
side=near ferry sync >/dev/null
store near export --to medium --for far >/dev/null
rm -f medium/*
follow "**A medium is lost."
whole far
