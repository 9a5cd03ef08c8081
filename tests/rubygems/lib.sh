# shellcheck shell=bash
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
FERRY_BUILD=${FERRY_BUILD:-$TOP/build/strict}
