#!/bin/bash
# Every way to say what is wanted; platforms; the plan.
. "$(dirname "$0")/lib.sh"
start_registry
start_proxy

for v in 1.0.0 1.1.0 1.2.0 2.0.0 2.1.0-rc1; do
	image org/app $v --seed $v --size 1000
done
image org/app 1.2.0-alpine --seed alpine --size 1000
image org/app edge --seed edge --size 1000
image library/tool latest --platforms linux/amd64,linux/arm64/v8,windows/amd64 --attest
index=$DIGEST
image org/nested deep --nested --platforms linux/amd64,linux/s390x
oci_conf "$PROXY" 'select = (
	{ name = "org/app"; versions = "^1"; latest = 2; },
	{ name = "org/app"; tags = [ "edge" ]; }
); platforms = [ "linux/amd64" ]; images = [ "library/tool", "Org/Nested:deep" ];'
expect 0 near init --name near

say "the plan names sizes and what the platforms leave out, and stores nothing"
expect 0 near sync --dry-run
has out "oci:org/app:1.2.0" "oci:library/tool:latest" \
    "without linux/arm64/v8, windows/amd64" "without linux/s390x" "to fetch"
asked 0 '^GET .*/blobs/'
expect 0 near list
hasnt out "org/app"

say "ranges, names, platforms; upper case is folded"
: >log
expect 0 near sync
has err "'Org/Nested:deep' is asked for as org/nested"
has out "0 failed"
asked 1 '^GET /v2/org/app/tags/list'
asked 1 '^HEAD /v2/org/app/manifests/1.2.0 '
asked 1 '^HEAD /v2/org/app/manifests/1.1.0 '
asked 0 '/v2/org/app/manifests/(1.0.0|2.0.0|2.1.0-rc1|1.2.0-alpine) '
asked 1 '^HEAD /v2/org/app/manifests/edge '
expect 0 near verify

say "the index keeps its bytes; of its images only the platform's and the proofs are here"
manifest() { curl -s "$REGISTRY/v2/$1/manifests/$2" -H "Accept: application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json"; }
manifest library/tool "$index" | jq -r '.manifests[] | "\(.platform.os) \(.platform.architecture) \(.digest)"' >children
while read -r os arch digest; do
	case "$os/$arch" in
	linux/amd64 | unknown/unknown) expect 0 near show "oci:library/tool@$digest" ;;
	*) expect 1 near show "oci:library/tool@$digest" ;;
	esac
done <children

say "nothing new: a HEAD a tag, and the list that the selection needs"
: >log
expect 0 near sync
has out "0 versions pulled" "5 here already"
asked 5 '^HEAD '
asked 1 '^GET /v2/org/app/tags/list'
asked 6 .

say "another platform costs what was left out, and nothing twice"
sed -i 's|"linux/amd64"|"linux/amd64", "linux/arm64"|' near.conf
expect 0 near sync --dry-run
has out "would pull oci:library/tool:latest" "1 version would be pulled" "4 are here already" \
    "not counted, and pulled too: what refers to images"
: >log
expect 0 near sync
arm=$(awk '$2 == "arm64" { print $3 }' children)
expect 0 near show "oci:library/tool@$arm"
asked 1 "^GET /v2/library/tool/manifests/sha256:"
asked 0 "^GET /v2/org/app/manifests/"

say "a tag that moves: its new image comes, the old one stays"
old=$(curl -sI "$REGISTRY/v2/org/app/manifests/edge" -H 'Accept: application/vnd.oci.image.manifest.v1+json' |
    tr -d '\r' | awk 'tolower($1) == "docker-content-digest:" { print $2 }')
image org/app edge --seed moved --size 1000
expect 0 near sync
has out "1 version pulled"
expect 0 near show "oci:org/app@$old"
expect 0 near show "oci:org/app@$DIGEST"

say "a tag that goes: it stays"
rm -r "$REGISTRY_ROOT/docker/registry/v2/repositories/org/app/_manifests/tags/1.1.0"
expect 0 near sync
has out "0 failed"

say "a group that selects nothing, and a tag that is not there, fail alone"
oci_conf "$PROXY" 'select = ( { name = "org/app"; versions = "^9"; } );
	images = [ "org/app:nowhere", "org/app:2.0.0" ];'
expect 4 near sync
has out "oci:org/app: it has " "oci:org/app:nowhere" "1 version pulled" "2 failed"

say "tag lists of many pages, by relative links, and by links that name another host"
for i in $(seq 1 25); do
	mkdir -p "$REGISTRY_ROOT/docker/registry/v2/repositories/org/app/_manifests/tags/p$i/current"
	cp "$REGISTRY_ROOT/docker/registry/v2/repositories/org/app/_manifests/tags/edge/current/link" \
	    "$REGISTRY_ROOT/docker/registry/v2/repositories/org/app/_manifests/tags/p$i/current/"
done
start_proxy --page 7
oci_conf "$PROXY" 'select = ( { name = "org/app"; tags = [ "p*" ]; } );'
expect 0 near sync
asked 25 '^HEAD /v2/org/app/manifests/p'
asked 5 '^GET /v2/org/app/tags/list'
printf 'tags/list header=Link=<http://localhost:%s/v2/org/app/tags/list?n=9&last=x>;_rel="next"\n' \
    "${PROXY##*:}" >rules
: >log
printf 'tags/list header=Link=<https://someone@internal.invalid/v2/org/app/tags/list?n=9&last=y>;_rel="next"\n' >>rules
expect 0 near sync
asked 1 '^GET /v2/org/app/tags/list[?]n=1000'
asked 1 '^GET /v2/org/app/tags/list[?]n=9&last=x'
asked 1 '^GET /v2/org/app/tags/list[?]n=9&last=y'
grep '/tags/list' log | grep -v ' 127.0.0.1:' && fail "another host was asked"
printf 'tags/list html\n' >rules
expect 8 near sync
has out "hub answered text/html to the tag list"

say "what files of projects name: this registry's images, and no others"
start_proxy
mkdir -p project/k8s
cat >project/Dockerfile <<'END'
ARG TAG=1.2.0-alpine
FROM ghost.example/org/app:${TAG} AS build
FROM quay.example/org/other:1
FROM scratch
COPY --from=build /x /x
END
cat >project/k8s/a.yaml <<'END'
apiVersion: v1
kind: Pod
spec:
  containers:
  - image: ghost.example/org/app:2.0.0
  - image: ghost.example/org/app:$UNKNOWN
END
printf 'apiVersion: v1\nkind: Pod\nspec: [\n' >project/k8s/broken.yaml
oci_conf "$PROXY" 'host = "ghost.example"; referrers = "off";
	images_from = [ "project/Dockerfile", "project/k8s/*.yaml", "project/none.*" ];'
rm -rf near
expect 0 near init --name near
expect 4 near sync
has out "2 versions pulled" "project/none.*: there is no such file" "k8s/broken.yaml" "a.yaml:6"
asked 1 '^HEAD /v2/org/app/manifests/1.2.0-alpine 200'
asked 1 '^HEAD /v2/org/app/manifests/2.0.0 200'
asked 0 org/other
