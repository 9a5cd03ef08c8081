#!/bin/bash
# GitHub's REST interface: shapes, pages, filters, and who sees what.
. "$(dirname "$0")/lib.sh"

make_octo
make_version @octo/many 1.0.0
versions=(1.0.0)
for i in $(seq 1 44); do
	make_version @octo/many "1.0.$i"
	versions+=("1.0.$i")
done
OWNER=ghes put @octo/many 1.0.44 "${versions[@]}"
OWNER=ghes ARGS=--delete=1.0.7 put @octo/many 1.0.44 "${versions[@]}"
digest2=$(make app image 2.0 --size 1000)
put_oci ghes containers.ghes.example octo/tool app --tag=latest="$digest2"
cp "$OCTO" "$T/octo.jsonl"
cat >>"$T/octo.jsonl" <<'LINES'
{"kind":"package","id":20,"owner":100,"type":"npm","name":"@octo/many","visibility":"private","repo":301,"granular":true,"inherits":"no"}
{"kind":"package","id":21,"owner":100,"type":"npm","name":"@octo/notheld","visibility":"public","granular":true,"inherits":"no"}
{"kind":"package_grant","package":20,"user":2,"role":"read"}
LINES
OCTO=$T/octo.jsonl
permissions --generation=2
people
new_token no eve --scopes repo
new_token ops octo/ops
serve
API=$URL/api/v3
rest() { # STATUS WHO PATH [CURL-OPTION…]
	local want=$1 who=$2 path=$3
	shift 3
	if [ "$who" = anon ]; then
		get "$want" "$@" "$API/$path"
	else
		get "$want" -H "Authorization: Bearer $(token_of "$who")" "$@" "$API/$path"
	fi
}
names() { member '" ".join(p["name"] for p in d)'; }

say "who asks"
rest 200 tom user
is login "$(member '(d["login"], d["id"], d["type"])')" "('tom', 3, 'User')"
is scopes "$(header X-OAuth-Scopes)" read:packages
rest 401 anon user
is message "$(member 'd["message"]')" 'Requires authentication'
get 401 -H 'Authorization: token ghp_nonsense' "$API/user"
is message "$(member 'd["message"]')" 'Bad credentials'
get 200 -H "Authorization: token $(token_of tom)" "$API/user"
get 200 -u "tom:$(token_of tom)" "$API/user"
rest 403 ops user
rest 200 anon ''
get 200 "$URL/api/v3"
rest 404 tom nothing
rest 404 tom orgs/octo
rest 404 tom orgs/octo/packages/npm/ui/versions/1/files

say "a package, field by field"
rest 200 olga orgs/octo/packages/container/tool
is package "$(member '(d["id"], d["name"], d["package_type"], d["visibility"], d["version_count"], d["repository"])')" \
    "(3, 'tool', 'container', 'private', 2, None)"
is owner "$(member '(d["owner"]["id"], d["owner"]["login"], d["owner"]["type"])')" "(100, 'octo', 'Organization')"
is url "$(member 'd["url"]')" "$API/orgs/octo/packages/container/tool"
is html "$(member 'd["html_url"]')" "$URL/orgs/octo/packages/container/package/tool"
member '(d["created_at"], d["updated_at"])' | grep -qE "^\('20[0-9-]+T[0-9:]+Z', '20[0-9-]+T[0-9:]+Z'\)$" || fail times
rest 200 eve orgs/OCTO/packages/npm/ui
is repository "$(member '(d["repository"]["id"], d["repository"]["full_name"], d["repository"]["private"])')" "(300, 'octo/pub', False)"
is times "$(member '(d["created_at"], d["updated_at"])')" "('2020-01-01T00:00:00Z', '2020-02-02T00:00:00Z')"
rest 200 uma users/uma/packages/container/app
rest 200 uma user/packages/container/app
rest 200 rita users/uma/packages/container/app
rest 404 tom user/packages/container/app

say "a link to a repository that the asker may not read is not shown"
rest 200 olga orgs/octo/packages/npm/many
is repository "$(member 'd["repository"]["full_name"]')" octo/priv
# rita reads the package by a grant, and the repository as a member.
rest 200 rita orgs/octo/packages/npm/many
is repository "$(member 'd["repository"]["full_name"]')" octo/priv
sed 's/"enterprise": 900, "base": "read"/"enterprise": 900, "base": "none"/' "$OCTO" >"$T/none.jsonl"
"$PUT_ACCESS" "$STORE" ghes "$T/none.jsonl" --generation=3
unlinked() { rest 200 rita orgs/octo/packages/npm/many && [ "$(member 'd["repository"]')" = None ]; }
wait_for 2 unlinked
permissions --generation=4
linked() { rest 200 rita orgs/octo/packages/npm/many && [ "$(member 'd["repository"]')" != None ]; }
wait_for 2 linked

say "what may not be read is what is not there"
for path in container/tool container/absent npm/unseen npm/notheld maven/com.octo.core nonsense/x; do
	rest 404 eve "orgs/octo/packages/$path"
	cp "$T/body" "$T/body.${path//\//.}"
	same "$T/body.container.tool" "$T/body.${path//\//.}"
	rest 404 eve "orgs/octo/packages/$path/versions"
	rest 404 eve "orgs/octo/packages/$path/versions/1"
done
rest 404 olga users/octo/packages/container/tool
rest 404 olga orgs/uma/packages/container/app
rest 403 no orgs/octo/packages/npm/ui
rest 403 no orgs/octo/packages/npm/absent
rest 401 anon orgs/octo/packages/container/web
rest 401 anon orgs/octo/packages/container/absent

say "lists, as each may read"
while read -r who path want; do
	rest 200 "$who" "$path"
	is "$who $path" "$(names)" "$want"
done <<'LISTS'
olga orgs/octo/packages?package_type=npm hit many svc ui
tom orgs/octo/packages?package_type=npm hit svc ui
rita orgs/octo/packages?package_type=npm hit many ui
eve orgs/octo/packages?package_type=npm hit ui
olga orgs/octo/packages?package_type=npm&visibility=private many svc
olga orgs/octo/packages?package_type=npm&visibility=internal
olga orgs/octo/packages?package_type=container job tool web
kim orgs/octo/packages?package_type=container tool web
eve orgs/octo/packages?package_type=container web
ops orgs/octo/packages?package_type=container job web
olga orgs/octo/packages?package_type=maven
rita users/uma/packages?package_type=container app
uma user/packages?package_type=container app
tom user/packages?package_type=container
olga orgs/octo/docker/conflicts 
LISTS
rest 404 tom 'users/uma/packages?package_type=container'
rest 404 tom 'orgs/absent/packages?package_type=container'
rest 404 eve 'orgs/lab/packages?package_type=container'
rest 400 tom orgs/octo/packages
rest 400 tom 'orgs/octo/packages?package_type=cargo'
rest 400 tom 'orgs/octo/packages?package_type=npm&visibility=secret'
rest 401 anon 'orgs/octo/packages?package_type=npm'
is "no realm of ours" "$(member 'sorted(d)')" "['documentation_url', 'message', 'status']"

say "versions, and pages of them"
rest 200 olga orgs/octo/packages/container/tool/versions
is names "$(member 'sorted(v["name"] for v in d)')" "$(python3 -c "print(sorted(['$IMAGE', '$digest2']))")"
is tags "$(member '[v["metadata"]["container"]["tags"] for v in d if v["name"] == "'"$digest2"'"]')" "[['2.0', 'latest']]"
rest 200 olga orgs/octo/packages/npm/many
is count "$(member 'd["version_count"]')" 44
rest 200 olga orgs/octo/packages/npm/many/versions
is page "$(member 'len(d)')" 30
id=$(member 'd[7]["id"]') name=$(member 'd[7]["name"]')
is link "$(header Link)" "<$API/orgs/octo/packages/npm/many/versions?state=active&per_page=30&page=2>; rel=\"next\", <$API/orgs/octo/packages/npm/many/versions?state=active&per_page=30&page=2>; rel=\"last\""
python3 - "$API/orgs/octo/packages/npm/many/versions?per_page=7" "$(token_of olga)" <<'PY'
import json, re, sys, urllib.request
url, seen, pages = sys.argv[1], [], 0
while url:
	r = urllib.request.urlopen(urllib.request.Request(url, headers={"Authorization": "Bearer " + sys.argv[2]}))
	links = dict((b, a) for a, b in re.findall(r'<([^>]*)>; rel="(\w+)"', r.headers.get("Link", "")))
	assert ("prev" in links) == ("first" in links) == (pages > 0), links
	seen += [v["id"] for v in json.load(r)]
	url, pages = links.get("next"), pages + 1
assert pages == 7 and len(set(seen)) == 44, (pages, len(seen))
assert all(0 < i < 2 ** 53 for i in seen)
PY
rest 200 olga "orgs/octo/packages/npm/many/versions/$id"
is version "$(member '(d["name"], d["metadata"]["package_type"])')" "('$name', 'npm')"
is url "$(member 'd["url"]')" "$API/orgs/octo/packages/npm/many/versions/$id"
rest 404 olga orgs/octo/packages/npm/many/versions/12345
rest 404 olga "orgs/octo/packages/npm/ui/versions/$id"
rest 404 tom "orgs/octo/packages/npm/many/versions/$id"
rest 200 olga 'orgs/octo/packages/npm/many/versions?state=deleted'
is deleted "$(member '[(v["name"], v["deleted_at"]) for v in d]')" "[('1.0.7', '1970-01-01T00:00:01Z')]"
rest 200 rita 'orgs/octo/packages/npm/many/versions?state=deleted'
is "deleted, to who could not restore it" "$(member 'd')" '[]'
rest 400 olga 'orgs/octo/packages/npm/many/versions?state=x'
rest 200 olga 'orgs/octo/packages/npm/many/versions?page=99'
is "beyond the last" "$(member 'd')" '[]'
grep -q 'rel="prev"' "$T/head" || fail "no way back"

say "a 304, for the one who asked"
rest 200 olga orgs/octo/packages/npm/many
is cache "$(header Cache-Control)" 'private, no-cache'
has "$T/head" 'Authorization'
etag=$(header ETag)
rest 304 olga orgs/octo/packages/npm/many -H "If-None-Match: $etag"
rest 404 tom orgs/octo/packages/npm/many -H "If-None-Match: $etag"
rest 401 anon orgs/octo/packages/npm/many -H "If-None-Match: $etag"
rest 200 olga orgs/octo/packages/npm/many -I

say "writing"
for method in DELETE POST PUT PATCH; do
	rest 405 olga orgs/octo/packages/npm/ui -X $method
	has "$T/body" '"message":"this is a read-only mirror' '"documentation_url"'
	is allow "$(header Allow)" 'GET, HEAD'
done
stop

say "api.HOST, and the public URL"
printf 'serve : { subdomains = true; };\n' >"$T/d.conf"
serve --config "$T/d.conf"
get 200 -H 'Host: api.pkg.example' -H "Authorization: Bearer $(token_of olga)" "$URL/orgs/octo/packages/container/tool"
is url "$(member 'd["url"]')" http://api.pkg.example/orgs/octo/packages/container/tool
is html "$(member 'd["html_url"]')" http://pkg.example/orgs/octo/packages/container/package/tool
get 200 -H 'Host: api.pkg.example' -H "Authorization: Bearer $(token_of olga)" "$URL/orgs/octo/packages/npm/many/versions"
header Link | grep -qF '<http://api.pkg.example/orgs/octo/packages/npm/many/versions?state=active&per_page=30&page=2>; rel="next"' || fail Link
get 200 -H 'Host: api.pkg.example' "$URL/"
is root "$(member 'd["current_user_url"]')" http://api.pkg.example/user
stop
printf 'serve : { public_url = "https://pkg.example.com"; };\n' >"$T/d.conf"
serve --config "$T/d.conf"
get 200 -H "Authorization: Bearer $(token_of olga)" "$URL/api/v3/orgs/octo/packages/container/tool"
is url "$(member 'd["url"]')" https://pkg.example.com/api/v3/orgs/octo/packages/container/tool
stop
