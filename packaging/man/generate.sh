#!/bin/sh
# Makes the manual pages and the completions of shells from what the programs
# say of themselves:
#
#	generate.sh FERRY FERRYD ETC CONF OUT
#
# ETC is the folder of ferry.conf and access.conf, CONF the configuration that is
# compiled in.  Makes OUT/man1, man5, man8 and OUT/bash, zsh, fish.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
ferry=$1 ferryd=$2 etc=$3 conf=$4 out=$5
# A sanitized build has other things to look for.
export ASAN_OPTIONS=detect_leaks=0

rm -rf "$out"
mkdir -p "$out/help" "$out/man1" "$out/man5" "$out/man8"
# The same sources give the same pages.
stamp=${SOURCE_DATE_EPOCH:-$(stat -c %Y "$here/../../CMakeLists.txt")}
date=$(LC_ALL=C date -u -d "@$stamp" '+%B %-d, %Y')

page() { # TEMPLATE HELP OUT NAME SUMMARY
	awk -v help="$2" -v name="$4" -v summary="$5" -v options="options" \
	    -v date="$date" -v conf="$conf" \
	    -f "$here/text.awk" -f "$here/page.awk" "$here/$1" >"$3"
}

"$ferry" --help >"$out/help/ferry"
"$ferryd" --help >"$out/help/ferryd"
page ferry.1.in "$out/help/ferry" "$out/man1/ferry.1" ferry ''
page ferryd.8.in "$out/help/ferryd" "$out/man8/ferryd.8" ferryd ''

awk '/^commands:/ { on = 1; next } on && /^  / { print; next } { on = 0 }' \
    "$out/help/ferry" >"$out/help/commands"
while read -r command summary; do
	"$ferry" "$command" --help >"$out/help/ferry-$command"
	page command.1.in "$out/help/ferry-$command" \
	    "$out/man1/ferry-$command.1" "ferry-$command" "$summary"
done <"$out/help/commands"

sample() { # SAMPLE PAGE
	awk -v sample="$etc/$1" -v date="$date" -v conf="$conf" \
	    -f "$here/text.awk" -f "$here/conf.awk" "$here/$2.in" >"$out/man5/$2"
}
sample ferry.conf ferry.conf.5
# access.conf(5) is a page of PAM's.
sample access.conf ferry-access.conf.5

for shell in bash zsh fish; do
	mkdir "$out/$shell"
done
complete=$here/../completions
for shell in bash zsh fish; do
	awk -v shell="$shell" -f "$complete/options.awk" \
	    -f "$complete/$shell.awk" "$out/help/ferryd" "$out/help/ferry" \
	    "$out"/help/ferry-* >"$out/$shell/$(
		case $shell in
		bash) echo ferry ;;
		zsh) echo _ferry ;;
		fish) echo ferry.fish ;;
		esac
	    )"
done
