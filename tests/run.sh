#!/bin/sh
# The one command: installs what the tests need on a fresh Debian 12, builds
# (with sanitizers and, with every warning an error, as released), and runs
# everything through ctest.
#
#   tests/run.sh            everything
#   tests/run.sh -L unit    what follows goes to ctest
set -eu
cd "$(dirname "$0")/.."

packaging/install-deps.sh --tests
jobs=$(nproc)
cmake -B build/sanitize -G Ninja -D PRESET=sanitize >/dev/null
cmake -B build/strict -G Ninja -D PRESET=strict >/dev/null
ninja -C build/sanitize -j "$jobs"
ninja -C build/strict -j "$jobs"

# clang-tidy takes what the processors have left, from now to the end: as one of
# the tests it would be a third of an hour with one beside it.
if [ $# -eq 0 ]; then
	tests/lint.sh tidy >build/tidy.log 2>&1 &
	tidy=$!
	trap 'kill $tidy 2>/dev/null || :' EXIT
	set -- -E '^lint/tidy$'
fi

# Unit tests and fuzzing run under the sanitizers; the end-to-end scripts
# drive the programs as they are released.  These wait for other processes more than
# a third of their time: so three of them for two processors.  One that fails is run
# once more: the log has both, and one that then passes wants mending, but does not
# cost everybody an hour.
ctest --test-dir build/sanitize -L 'unit|fuzz' --output-on-failure -j "$jobs" "$@"
ctest --test-dir build/strict -LE 'unit|fuzz' --output-on-failure \
    -j "$((jobs + jobs / 2))" --repeat until-pass:2 "$@"
if [ -n "${tidy:-}" ]; then
	wait "$tidy" || {
		cat build/tidy.log
		exit 1
	}
	echo "clang-tidy: nothing"
fi
