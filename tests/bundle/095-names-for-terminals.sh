#!/bin/bash
# Whoever fills a medium chooses the names of its files, and what a bundle says of
# itself: none of it reaches a terminal as it is.
. "$(dirname "$0")/lib.sh"
pair
fill near 0 1
near export --to medium >/dev/null
esc=$(printf '\033')
plain() { ! grep -qF "$esc" "$1" || fail "an escape reaches the terminal: $(cat -v "$1")"; }

printf 'no bundle' >"medium/ferry-${esc}[2Jx.tar"
printf 'no signature' >"medium/${esc}]0;title.sig"
expect 20 far import medium --no-receipt
plain err
has err "ferry-?[2Jx.tar" "skipping ?]0;title.sig"
rm "medium/ferry-${esc}[2Jx.tar"
expect 0 far import medium --no-receipt
plain out
plain err
expect 7 far import "no${esc}[2Jfolder"
plain err
expect 1 far show "npm:${esc}[2Jx@1" && plain err
expect 2 far trust add near.pem --name "${esc}c"
plain err

say "what JSON has is escaped, as JSON does it"
printf 'no bundle' >"medium/ferry-${esc}[2Jx.tar"
"$FERRY" --store far --json import medium --no-receipt >out 2>err || :
plain out
has out '\u001B[2J'
