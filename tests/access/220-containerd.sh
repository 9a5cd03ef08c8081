#!/bin/bash
# containerd with tokens: form of POST, several scopes in one token, hosts.toml
# with a header.
# ctest: RESOURCE_LOCK containerd
. "$(dirname "$0")/lib.sh"
need containerd ctr

make_octo
new_token tom tom
new_token eve eve
serve
HOST=${URL#http://}
start_containerd
fetch() { c content fetch --plain-http "$@"; }
have() { c content get "$1" >"$T/got" && same "$T/got" "$(blob app "$1")"; }
forget() {
	c content ls -q | xargs -r -n1 env -i "PATH=$PATH" ctr --address "$T/containerd.sock" content rm >/dev/null
	c images ls -q | xargs -r env -i "PATH=$PATH" ctr --address "$T/containerd.sock" images rm >/dev/null
}

say "nobody: what is public"
expect 0 fetch "$HOST/octo/web:1.0"
have "$IMAGE"
forget
expect 1 fetch "$HOST/octo/tool:1.0"

say "credentials"
expect 0 fetch -u "tom:$(token_of tom)" "$HOST/octo/tool:1.0"
have "$IMAGE"
have "$(of app "$IMAGE" 'd["layers"][0]["digest"]')"
forget
expect 1 fetch -u "eve:$(token_of eve)" "$HOST/octo/tool:1.0"
# It shows credentials only where it is asked for some.
expect 0 fetch -u "eve:nonsense" "$HOST/octo/web:1.0"
expect 1 fetch -u "eve:nonsense" "$HOST/octo/tool:1.0"
forget

say "a header in hosts.toml, as a node has it"
mkdir -p "$T/certs/containers.ghes.example"
cat >"$T/certs/containers.ghes.example/hosts.toml" <<-EOF_TOML
	[host."$URL"]
	capabilities = ["pull", "resolve"]
	[host."$URL".header]
	Authorization = "Bearer $(token_of tom)"
EOF_TOML
expect 0 c content fetch --hosts-dir "$T/certs" containers.ghes.example/octo/tool:1.0
have "$IMAGE"
stop
