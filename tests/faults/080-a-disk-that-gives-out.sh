#!/bin/bash
# A few trials of tests/faults/run.sh --errors: a call of every operation that
# writes fails with EIO, and then with ENOSPC; it ends with a word, and nothing is
# lost.
# ctest: COST 150
[ ! -w /dev/shm ] || export TMPDIR=/dev/shm
! grep -q __asan_init "${FERRY:-build/strict/ferry}" 2>/dev/null || {
	echo "SKIP: a sanitizer's runtime must come before what is preloaded"
	exit 77
}
for error in EIO ENOSPC; do
	bash "$(dirname "$0")/run.sh" --trials "${TRIALS:-1}" --errors $error || exit
done
