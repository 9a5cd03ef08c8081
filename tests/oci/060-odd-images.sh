#!/bin/bash
# What is legal or old or hostile: foreign layers, schema 1, indexes without end,
# names that are bound, what an operator removed, what rotted.
# ctest: COST 20
. "$(dirname "$0")/lib.sh"
start_registry
start_proxy
records() { "$FERRY_BUILD/tests/tools/records" near "$@"; }
accept='Accept: application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json'
# fresh MEMBERS: an empty store, and the upstream at $PROXY.
fresh() {
	rm -rf near
	: >rules
	oci_conf "$PROXY" "$*"
	expect 0 near init --name near
	: >log
}

say "a foreign layer comes from where the manifest says, without credentials"
mkdir elsewhere
(cd elsewhere && exec python3 -m http.server --bind 127.0.0.1 0 >../elsewhere.log 2>&1) &
PIDS+=($!)
wait_for 10 grep -q 'port' elsewhere.log || true
port=$(sed -n 's/.* port \([0-9]*\).*/\1/p' elsewhere.log)
image win/base 1 --foreign "http://127.0.0.1:$port/layer" --foreign-file elsewhere/layer
foreign=$DIGEST
layer=sha256:$(sha256sum elsewhere/layer | cut -d' ' -f1)
printf 'token\n' >token
fresh 'images = [ "win/base:1" ]; referrers = "off"; token_file = "token";'
expect 0 near sync
asked 1 "GET .*blobs/$layer 404 .*Bearer_token"
records "version oci win/base hub $foreign" | grep -q "${layer#sha256:}" || fail "the layer is not recorded"
expect 0 near verify
say "and is left out, with a word, where nobody gives it"
cp elsewhere/layer elsewhere.layer
rm elsewhere/layer
fresh 'images = [ "win/base:1" ]; referrers = "off"; tries = 1;'
expect 0 near sync
has out "its layer $layer is not given out by the registry" "1 version pulled"
[ "$(records "version oci win/base hub $foreign" | jq -r '.missing[0]')" = "$layer" ] || fail "it is not called missing"
: >log
expect 0 near sync
asked 1 .

say "it is asked for again when the image is looked at anyway"
cp elsewhere.layer elsewhere/layer
oci_conf "$PROXY" 'images = [ "win/base:1" ]; referrers = "always"; tries = 1;'
expect 0 near sync
records "version oci win/base hub $foreign" | grep -q "${layer#sha256:}" || fail "the layer did not come"
[ "$(records "version oci win/base hub $foreign" | jq -r '.missing')" = null ] || fail "it is still called missing"
say "what may be a passing fault is a failure, not a layer that nobody gives"
rm elsewhere/layer
fresh 'images = [ "win/base:1" ]; referrers = "off"; tries = 1;'
printf 'blobs/%s status=503\n' "$layer" >rules
expect 4 near sync
has out "answered 503"
[ -z "$(records "version oci win/base hub $foreign")" ] || fail "it is recorded"
expect 0 near sync
has out "not given out"

say "an index that lost a manifest is mirrored without it, with a word"
image lost/one 1 --platforms linux/amd64,linux/arm64
lists='Accept: application/vnd.oci.image.index.v1+json'
child=$(curl -s "$REGISTRY/v2/lost/one/manifests/1" -H "$lists" | jq -r '.manifests[1].digest')
other=$(curl -s "$REGISTRY/v2/lost/one/manifests/1" -H "$lists" | jq -r '.manifests[0].digest')
fresh 'images = [ "lost/one:1" ];'
printf 'GET:manifests/%s status=404 9\n' "$child" >rules
expect 0 near sync
has out "its manifest $child (linux/arm64) is not there (404)" "2 versions pulled"
: >log
expect 0 near sync
asked 2 .
say "but not one that lost them all, nor one that cannot say"
fresh 'images = [ "lost/one:1" ]; tries = 1;'
printf 'GET:manifests/%s status=404 9\nGET:manifests/%s status=404 9\n' "$child" "$other" >rules
expect 4 near sync
has out "answered 404"
fresh 'images = [ "lost/one:1" ]; tries = 1;'
printf 'GET:manifests/%s status=500 9\n' "$child" >rules
expect 4 near sync
has out "answered 500"

say "a tag whose manifests name more than anybody needs is refused as a whole"
config=$(curl -s "$REGISTRY/v2/lost/one/manifests/$other" -H 'Accept: application/vnd.oci.image.manifest.v1+json' |
    jq -c .config)
python3 - "$config" >rules.huge <<'END'
import hashlib, json, sys
config, kind = json.loads(sys.argv[1]), "application/vnd.oci.image."
def put(name, document):
    data = json.dumps(document).encode()
    open(name, "wb").write(data)
    digest = "sha256:" + hashlib.sha256(data).hexdigest()
    print(f"GET:manifests/{digest} body={name},{document['mediaType']} 9")
    return {"mediaType": document["mediaType"], "digest": digest, "size": len(data)}
children = [put(f"huge.{i}", {"schemaVersion": 2, "mediaType": kind + "manifest.v1+json", "config": config,
                              "layers": [config] * 8190, "annotations": {"i": str(i)}}) for i in range(13)]
index = put("huge", {"schemaVersion": 2, "mediaType": kind + "index.v1+json", "manifests": children})
open("huge.digest", "w").write(index["digest"])
END
fresh "images = [ \"lost/one@$(cat huge.digest)\" ]; referrers = \"off\"; tries = 1;"
mv rules.huge rules
expect 8 near sync
has out "name more than 100000 others and blobs"

say "pages of tags that name each other end"
fresh 'select = ( { name = "lost/one"; } ); referrers = "off"; tries = 1;'
printf '%s header=Link=</v2/lost/one/tags/list?page=2>;rel="next" 99\n%s header=Link=</v2/lost/one/tags/list?page=1>;rel="next" 99\n' \
    'tags/list?n=' 'tags/list?page=2' >rules
printf 'tags/list?page=1 header=Link=</v2/lost/one/tags/list?page=2>;rel="next" 99\n' >>rules
expect 8 near sync
has out "the tag list does not end"

say "schema 1 is passed over, with a reason"
printf '{"schemaVersion":1,"name":"old/app","tag":"1","architecture":"amd64","fsLayers":[],"history":[],"signatures":[]}' >schema1.json
fresh 'images = [ "old/app:1" ];'
printf 'old/app/manifests body=%s,application/vnd.docker.distribution.manifest.v1+prettyjws 9\n' schema1.json >rules
expect 0 near sync
has out "oci:old/app:1: is a manifest of schema 1"
printf 'HEAD:old/app/manifests status=405 9\nGET:old/app/manifests body=schema1.json,application/json 9\n' >rules
expect 0 near sync
has out "oci:old/app:1: is a manifest of schema 1"

say "indexes in indexes have an end"
image deep/ok 1 --platforms linux/amd64 --deep 7
image deep/no 1 --platforms linux/amd64 --deep 9
fresh 'images = [ "deep/ok:1", "deep/no:1" ]; referrers = "off";'
expect 4 near sync
has out "oci:deep/no:1: indexes are nested more than 8 deep" "1 failed"
records "tag oci deep/ok hub 1" >/dev/null
[ -z "$(records "tag oci deep/no hub 1")" ] || fail "half an image has a tag"

say "an index without the platforms that are wanted"
image only/windows 1 --platforms windows/amd64
fresh 'images = [ "only/windows:1" ]; platforms = [ "linux/amd64" ]; referrers = "off";'
expect 0 near sync
has out "is an index without any of the platforms that are wanted"
asked 0 /blobs/

say "a manifest of more than 4 MiB"
image big/one 1
head -c 5000000 /dev/zero | tr '\0' ' ' >big.json
fresh 'images = [ "big/one:1" ]; tries = 1; referrers = "off";'
printf 'GET:/manifests/ body=big.json 99\n' >rules
expect 4 near sync
has out "it is longer than 4194304 bytes"

say "names that are bound to another upstream"
cat >near.conf <<-END
	store = "near";
	upstreams = (
	  { name = "hub"; format = "oci"; url = "$PROXY"; images = [ "big/one:1", "only/windows:1" ]; },
	  { name = "own"; format = "oci"; url = "$PROXY"; protect = [ "big/*" ]; }
	);
END
: >rules
: >log
expect 4 near sync hub
has out "oci:big/one: the name 'big/one' is bound to upstream 'own'"
asked 0 big/one

say "what an operator removed stays away; what rotted comes again"
image rot/app 1 --size 100000
rot=$DIGEST
fresh 'images = [ "rot/app:1", "big/one:1" ]; referrers = "off";'
expect 0 near sync
expect 0 near remove "oci:rot/app@$rot"
: >log
expect 0 near sync
asked 2 .
expect 0 near restore "oci:rot/app@$rot"
hex=$(curl -s "$REGISTRY/v2/rot/app/manifests/$rot" -H "$accept" | jq -r '.layers[0].digest' | cut -d: -f2)
blob=near/blobs/${hex:0:2}/${hex:2}
chmod u+w "$blob" && printf x | dd of="$blob" bs=1 seek=1000 conv=notrunc 2>/dev/null
expect 5 near verify
: >log
expect 0 near sync
asked 1 '^GET .*/blobs/'
asked 0 '^GET .*/manifests/'
expect 0 near verify

say "the shortest names of Docker's hub"
image library/debian 12
fresh 'host = "docker.io"; images = [ "debian:12", "docker.io/library/debian:12" ]; referrers = "off";'
expect 0 near sync
asked 1 '^HEAD /v2/library/debian/manifests/12 200'
[ "$(records "upstream hub" | jq -r .host)" = docker.io ] || fail "the host is not recorded"

say "mistakes name file and line"
mistake() { # EXPECTED-TEXT MEMBERS
	oci_conf "$PROXY" "$2"
	expect 3 near sync
	has err "near.conf:" "$1"
}
mistake "element 1, 'quay.io/a/b', is not an image of this upstream: it is of quay.io" 'images = [ "quay.io/a/b" ];'
mistake "element 2, 'a//b'" 'images = [ "a/b", "a//b" ];'
mistake "'linux' is not a platform" 'platforms = [ "linux" ];'
mistake 'expected "new", "always" or "off"' 'referrers = "some";'
mistake "has a tag or digest" 'select = ( { name = "a/b:1"; } );'
mistake "'^^' is not a range" 'select = ( { name = "a/b"; versions = "^^"; } );'
mistake "is not a tag" 'select = ( { name = "a/b"; tags = [ "-x" ]; } );'
mistake "name: is missing" 'select = ( { tags = [ "x" ]; } );'

say "what rotted in one repository, and cannot come again, costs the others nothing"
image rot/other 1 --size 1000 --seed other
image rot/three 1 --size 300000 --seed three
third=$(curl -s "$REGISTRY/v2/rot/three/manifests/1" -H "$accept" | jq -r '.layers[0].digest')
fresh 'images = [ "rot/three:1", "rot/other:1" ]; tries = 1;'
expect 0 near sync
file=$(find near/blobs -path "*/${third:7:2}/${third:9}*")
chmod u+w "$file"
printf x | dd of="$file" bs=1 seek=100 conv=notrunc status=none
expect 5 near verify
printf 'GET:blobs/%s status=404 99\n' "$third" >rules
: >log
expect 4 near sync
asked 1 'rot/other'
asked 1 "GET .*blobs/$third"
