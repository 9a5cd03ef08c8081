#!/bin/bash
# A few trials of tests/faults/run.sh, which says what they are: every operation
# that writes is killed, repeated, and compared with one that nobody killed.
# ctest: COST 30
[ ! -w /dev/shm ] || export TMPDIR=/dev/shm
exec bash "$(dirname "$0")/run.sh" --trials "${TRIALS:-1}"
