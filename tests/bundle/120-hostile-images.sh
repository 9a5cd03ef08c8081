#!/bin/bash
# Records of images that contradict themselves or the manifest they name,
# signed by a trusted key: refused by name, and nothing is visible.
. "$(dirname "$0")/lib.sh"
pair
mkoci() { python3 "$TOP/tests/tools/mkoci.py" layout "$@"; }
image=$(mkoci image 1.0)
mkoci artifact --subject "$image" --annotation a=b >/dev/null
"$FERRY_BUILD/tests/tools/put_oci" near ghcr ghcr.io org/app layout
near export --to medium >/dev/null
good=$(only medium/*.tar)
key=$(only near/keys/*.pem)
forge() { python3 "$TOP/tests/tools/forge.py" "$@"; }

mv far empty
forge --list-images >attacks
[ "$(wc -l <attacks)" -gt 10 ]
while read -r name status; do
	rm -rf far hostile
	cp -r empty far
	mkdir hostile
	forge "$name" "$good" "hostile/ferry-$name.tar" "$key"
	expect "$status" far import hostile
	has err "part 1 of the records"
	printf '%-28s %s\n' "$name" "$(tail -1 err | cut -c1-100)"
	invisible far
done <attacks

say "and the sound one is welcome"
rm -rf far
cp -r empty far
forge nothing "$good" same.tar "$key"
expect 0 far import same.tar
expect 0 far verify
