#!/bin/bash
# The URLs of GitHub Enterprise Server, with subdomain isolation and without:
# absolute URLs follow the host that the client used.
. "$(dirname "$0")/lib.sh"

make_octo
new_token tom tom
printf 'serve : { subdomains = true; trusted_proxies = [ "127.0.0.1" ]; };\n' >"$T/d.conf"
serve --config "$T/d.conf"
auth="Authorization: Bearer $(token_of tom)"
tarball_url() { member 'd["versions"]["1.0.0"]["dist"]["tarball"]'; }

say "npm: on a host of its own, and below two paths"
get 200 -H "$auth" -H 'Host: npm.ghes.example' "$URL/@octo%2fsvc"
is tarball "$(tarball_url)" http://npm.ghes.example/@octo/svc/-/svc-1.0.0.tgz
get 200 -H "$auth" -H 'Host: npm.ghes.example' "$URL/@octo/svc/-/svc-1.0.0.tgz"
get 401 -H 'Host: npm.ghes.example' "$URL/@octo%2fsvc"
get 200 -H "$auth" -H 'Host: npm.ghes.example' "$URL/-/whoami"
get 200 -H "$auth" -H 'Host: ghes.example' "$URL/_registry/npm/@octo%2fsvc"
is tarball "$(tarball_url)" http://ghes.example/_registry/npm/@octo/svc/-/svc-1.0.0.tgz
get 401 -H 'Host: ghes.example' "$URL/_registry/npm/@octo%2fsvc"
get 200 -H "$auth" -H 'Host: ghes.example' "$URL/npm/@octo%2fsvc"
is tarball "$(tarball_url)" http://ghes.example/npm/@octo/svc/-/svc-1.0.0.tgz
get 200 -H "$auth" -H 'Host: x' -H 'X-Forwarded-Host: npm.ghes.example' -H 'X-Forwarded-Proto: https' "$URL/@octo%2fsvc"
is tarball "$(tarball_url)" https://npm.ghes.example/@octo/svc/-/svc-1.0.0.tgz

say "containers: containers.HOST, docker.HOST, HOST"
for host in containers.ghes.example docker.ghes.example ghes.example; do
	get 401 -H "Host: $host" "$URL/v2/"
	is challenge "$(header WWW-Authenticate)" "Bearer realm=\"http://$host/v2/token\",service=\"$host\""
	get 401 -H "Host: $host" "$URL/v2/octo/tool/manifests/1.0"
	is challenge "$(header WWW-Authenticate)" "Bearer realm=\"http://$host/v2/token\",service=\"$host\",scope=\"repository:octo/tool:pull\""
	get 200 -H "Host: $host" -u "tom:$(token_of tom)" "$URL/v2/token?service=$host&scope=repository:octo/tool:pull"
	get 200 -H "Host: $host" -H "Authorization: Bearer $(member 'd["token"]')" "$URL/v2/octo/tool/manifests/1.0"
	get 200 -H "Host: $host" "$URL/v2/octo/web/manifests/1.0"
done

say "REST: api.HOST, and a path"
get 200 -H "$auth" -H 'Host: api.ghes.example' "$URL/user"
is url "$(member 'd["url"]')" http://api.ghes.example/users/tom
get 200 -H "$auth" -H 'Host: ghes.example' "$URL/api/v3/user"
is url "$(member 'd["url"]')" http://ghes.example/api/v3/users/tom
stop

say "without subdomains a host's name means nothing"
serve
get 404 -H "$auth" -H 'Host: npm.ghes.example' "$URL/@octo%2fsvc"
get 404 -H "$auth" -H 'Host: api.ghes.example' "$URL/user"
get 200 -H "$auth" -H 'Host: npm.ghes.example' "$URL/_registry/npm/@octo%2fsvc"
is tarball "$(tarball_url)" http://npm.ghes.example/_registry/npm/@octo/svc/-/svc-1.0.0.tgz
stop
