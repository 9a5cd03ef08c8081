# shellcheck shell=bash
# Maven and Gradle: repositories made by the tests or of Debian's own packages,
# and mvn in homes of its own.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
FERRY_BUILD=${FERRY_BUILD:-$TOP/build/strict}
