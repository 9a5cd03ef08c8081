#!/bin/bash
# What refers to a digest: signatures, SBOMs, and what refers to those.
# ctest: COST 16
. "$(dirname "$0")/oci.sh"

SBOM=application/vnd.example.sbom
SIG=application/vnd.dev.cosign.artifact.sig.v1+json
image=$(make app image 1.0)
plain=$(make app image 2.0)
many=$(make app image 3.0)
s1=$(make app artifact --subject "$image" --type $SBOM --annotation 'created=2024 "now"')
s2=$(make app artifact --subject "$image" --type $SBOM)
g1=$(make app artifact --subject "$image" --type $SIG)
g2=$(make app artifact --subject "$s1" --type $SIG)
none=sha256:$(printf %064d 7)
early=$(make app artifact --subject "$none" --type $SBOM)
put_oci ghcr ghcr.io org/app app
serve
V2=$URL/v2/org/app
digests() { member '"\n".join(sorted(m["digest"] for m in d["manifests"]))'; }
sorted() { printf '%s\n' "$@" | sort; }
refer() { # STATUS-OK: DIGEST[?QUERY] WANT…
	get 200 "$V2/referrers/$1"
	is "type of $1" "$(header Content-Type)" $INDEX
	is "schema of $1" "$(member 'd["schemaVersion"], d["mediaType"]')" "2 $INDEX"
	shift
	is referrers "$(digests)" "$(sorted "$@")"
}

say "all of them, with what clients look at"
refer "$image" "$s1" "$s2" "$g1"
is filters "$(header OCI-Filters-Applied)" ''
is cache "$(header Cache-Control)" no-cache
is one "$(member "[m for m in d['manifests'] if m['digest'] == '$s1'][0]")" \
    "{'mediaType': '$MANIFEST', 'digest': '$s1', 'size': $(stat -c %s "$(blob app "$s1")"), 'artifactType': '$SBOM', 'annotations': {'created': '2024 \"now\"'}}"
get 304 -H "If-None-Match: $(header ETag)" "$V2/referrers/$image"
refer "${image/:/%3A}" "$s1" "$s2" "$g1"
refer "$s1" "$g2"
get 200 -I "$V2/referrers/$image"

say filtered
refer "$image?artifactType=$SBOM" "$s1" "$s2"
is filters "$(header OCI-Filters-Applied)" artifactType
refer "$image?artifactType=${SIG/+/%2B}" "$g1"
refer "$image?artifactType=none/none"
is filters "$(header OCI-Filters-Applied)" artifactType
refer "$image?artifactType=" "$s1" "$s2" "$g1"

say "nothing refers to it, it is not there, nor is the repository: 200"
refer "$plain"
refer "$none" "$early"
refer "sha256:$(printf %064d 1)"
refer "sha512:$(printf %0128d 1)"
get 200 "$URL/v2/org/none/referrers/$image"
is type "$(header Content-Type)" $INDEX
is empty "$(member 'd["manifests"]')" '[]'

say malformed
for d in latest sha256:abc "sha256:$(printf %064d 0 | tr 0 Z)"; do
	get 400 "$V2/referrers/$d"
	error DIGEST_INVALID
done

say "what is deleted refers to nothing"
put_oci ghcr ghcr.io org/app "--delete=$s2"
fewer() { [ "$(curl -s "$V2/referrers/$image" | jq '.manifests|length')" = 2 ]; }
wait_for 3 fewer
refer "$image" "$s1" "$g1"
refer "$image?artifactType=$SBOM" "$s1"

say "more than fit one answer"
make app artifact --subject "$many" --type $SBOM --size 10 --count 1003 | sort >"$T/made"
last=$(make app artifact --subject "$many" --type $SIG)
put_oci ghcr ghcr.io org/app app
follow() { # QUERY: all digests to $T/all, the number of pages to $pages
	local url=/v2/org/app/referrers/$many$1
	pages=0
	: >"$T/all"
	while [ -n "$url" ]; do
		get 200 "$URL$url"
		digests >>"$T/all"
		[ "$(stat -c %s "$T/body")" -lt 4194304 ] || fail "too large"
		url=$(header Link | sed 's/^<\(.*\)>; rel="next"$/\1/')
		pages=$((pages + 1))
	done
	sed -i /^$/d "$T/all"
	sort -o "$T/all" "$T/all"
}
landed() { curl -sfI "$V2/manifests/$1"; }
wait_for 5 landed "$last"
follow ''
is pages $pages 2
(cat "$T/made" && echo "$last") | sort >"$T/want"
same "$T/all" "$T/want"
follow "?artifactType=$SBOM"
same "$T/all" "$T/made"
follow "?artifactType=${SIG/+/%2B}"
is "the other one" "$(cat "$T/all")" "$last"

say "large annotations make more pages"
huge=$(make app image 4.0)
big=$(head -c 90000 /dev/zero | tr '\0' x)
make app artifact --subject "$huge" --annotation "big=$big" --count 60 | sort >"$T/made"
put_oci ghcr ghcr.io org/app app
many=$huge
wait_for 5 landed "$huge"
follow ''
is pages $pages 2
same "$T/all" "$T/made"
stop
