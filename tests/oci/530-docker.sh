#!/bin/bash
# dockerd against ferryd: pull by name and as a mirror of docker.io, login,
# search, and a push that is refused in words.
# ctest: RESOURCE_LOCK dockerd
. "$(dirname "$0")/clients.sh"
need docker dockerd

index=$(make app index latest --platform linux/amd64 --platform linux/arm64/v8 --size 100000)
list=$(make app index old --docker --platform linux/amd64 --platform linux/arm64)
hub=$(make hub image latest)
put_oci ghcr ghcr.io org/app app
put_oci hub docker.io library/tiny hub
printf 'serve : { access_log = "%s"; };\n' "$T/access" >"$T/d.conf"
serve --config "$T/d.conf"
HOST=${URL#http://}
start_dockerd --registry-mirror "$URL"

say "pull by name: an OCI index, a Docker list, a digest"
d pull -q "$HOST/ghcr.io/org/app" >/dev/null
d image inspect "$HOST/ghcr.io/org/app" >"$T/body"
member 'd[0]["RepoDigests"]' | grep -qF "$index" || fail "the index is not in RepoDigests"
d pull -q "$HOST/org/app:old" >/dev/null
d image inspect "$HOST/org/app:old" >"$T/body"
member 'd[0]["RepoDigests"]' | grep -qF "$list" || fail "the list is not in RepoDigests"
d pull -q "$HOST/org/app@$index" >/dev/null
# Unchanged: a HEAD is all.
: >"$T/access"
d pull "$HOST/org/app:old" >"$T/out"
has "$T/out" 'up to date'

say "as the mirror of docker.io"
d pull -q tiny >/dev/null
d image inspect tiny >"$T/body"
is id "$(member 'd[0]["Id"]')" "$(of hub "$hub" 'd["config"]["digest"]')"

say "login, search"
echo secret | d login -u me --password-stdin "$HOST" >"$T/out" 2>&1
has "$T/out" 'Login Succeeded'
d pull -q "$HOST/org/app" >/dev/null
d search "$HOST/app" --format '{{.Name}}' >"$T/out"
has "$T/out" org/app

say "what is not there, and pushing"
expect 1 d pull "$HOST/org/none"
has "$T/err" 'is not in the mirror'
expect 1 d pull "$HOST/org/app:none"
has "$T/err" 'is not in the mirror'
d tag tiny "$HOST/org/new:1"
expect 1 d push "$HOST/org/new:1"
has "$T/err" 'read-only mirror' 'ferry sync'
expect 1 d push "$HOST/org/app:old"
has "$T/err" 'read-only mirror'
stop
has "$T/access" '"method":"HEAD"'
