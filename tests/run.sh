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

# Unit tests and fuzzing run under the sanitizers; the end-to-end scripts
# drive the programs as they are released, two at a time: more would be late
# for the promises of time that some of them check.
ctest --test-dir build/sanitize -L 'unit|fuzz' --output-on-failure -j "$jobs" "$@"
ctest --test-dir build/strict -LE 'unit|fuzz' --output-on-failure -j 2 "$@"
