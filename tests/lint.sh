#!/bin/sh
# Formatter and static analysers over our C, with their configurations at the
# top, and the walls between its parts:
# tests/lint.sh format|cppcheck|tidy|walls [BUILD-FOLDER]
set -eu
cd "$(dirname "$0")/.."
build=${2:-build/strict}
sources=$(git ls-files 'store/*.c' 'sync/*.c' 'serve/*.c')
case "$1" in
format)
	git ls-files '*.c' '*.h' | xargs clang-format --dry-run -Werror
	;;
cppcheck)
	# C's NULL is a pointer: varFuncNullUB is about C++.
	cppcheck --enable=warning,performance,portability --std=c11 --quiet \
	    --inline-suppr --suppress=missingInclude --suppress=varFuncNullUB \
	    --error-exitcode=1 -D_GNU_SOURCE -I. store sync serve
	;;
tidy)
	# On every processor, but only while no other test wants it.
	printf '%s\n' $sources | nice -n 19 xargs -P "$(nproc)" -n 8 \
	    clang-tidy -p "$build" --quiet --warnings-as-errors='*' 2>/dev/null
	;;
walls)
	tests/walls.py . "$build"
	;;
*)
	echo "usage: tests/lint.sh format|cppcheck|tidy|walls [BUILD-FOLDER]" >&2
	exit 2
	;;
esac
