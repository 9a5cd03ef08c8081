# shellcheck shell=bash
# The cases of store/access/PROTOCOL.md, 2.7, that concern npm,
# containers and the REST interface, each as its client asks.  Source it after
# lib.sh with a ferryd that serves the fixture, its people's tokens
# (case_tokens), and the image $IMAGE of the layout "app" as tag 1.0.

# case_tokens: people's, and those that only some cases need.
case_tokens() {
	local p
	for p in olga rita tom kim mia len lea max uma; do new_token $p $p; done
	# EVE: her number, where the snapshot does not know her.
	NUMBER=${EVE:-} new_token eve eve
	NUMBER=${EVE:-} new_token no eve --scopes repo
	FERRY_NOW=1000 NUMBER=${EVE:-} new_token exp eve --expires 1h
	new_token dp olga --scopes read:packages,delete:packages
	new_token wp olga --scopes write:packages
	new_token ops octo/ops
	new_token opsnone octo/ops --job none
	new_token priv octo/priv
}


status() { curl -s -o "$T/body" -D "$T/head" -w '%{http_code}' "$@"; }
# npm WHO NAME: the packument's status; a tarball's and the abbreviated one's
# must be the same, by Bearer and by Basic.
npm_status() {
	local who=() name=${2//\//%2f} got
	[ "$1" = anon ] || who=(-H "Authorization: Bearer $(token_of "$1")")
	got=$(status "${who[@]}" "$NPM/$name")
	for path in "$2/-/${2##*/}-1.0.0.tgz" "$name/1.0.0" "-/package/$name/dist-tags" "$name?write=true"; do
		is "npm $1 $path" "$(status "${who[@]}" "$NPM/$path")" "$got"
	done
	is "npm $1 $2 HEAD" "$(status -I "${who[@]}" "$NPM/$name")" "$got"
	[ "$1" = anon ] ||
	    is "npm $1 $2 Basic" "$(status -u "x:$(token_of "$1")" "$NPM/$name")" "$got"
	echo "$got"
}
# pull WHO NAME: as container clients do.
pull_status() {
	local who=() got t
	[ "$1" = anon ] || who=(-u "someone:$(token_of "$1")")
	got=$(status "${who[@]}" "$URL/v2/token?service=x&scope=repository:$2:pull")
	if [ "$got" != 200 ]; then
		error DENIED >&2
		echo "token $got"
		return
	fi
	t=$(member 'd["token"]')
	got=$(status -H "Authorization: Bearer $t" "$URL/v2/$2/manifests/1.0")
	[ "$got" = 200 ] || error "$([ "$got" = 403 ] && echo DENIED || { [ "$got" = 401 ] && echo UNAUTHORIZED || echo NAME_UNKNOWN; })" >&2
	for path in "manifests/$IMAGE" "blobs/$config" "blobs/$layer" tags/list "referrers/$IMAGE"; do
		is "pull $1 $2 $path" "$(status -H "Authorization: Bearer $t" "$URL/v2/$2/$path")" "$got"
	done
	# By Basic, and by a user's token as Bearer, without a session.
	is "pull $1 $2 without a session" "$(status "${who[@]}" "$URL/v2/$2/manifests/1.0")" "$got"
	echo "$got"
}
search_status() {
	local who=()
	[ "$1" = anon ] || who=(-H "Authorization: Bearer $(token_of "$1")")
	status "${who[@]}" "$NPM/-/v1/search?text=octo"
}
rest_status() { # WHO METHOD PATH
	local who=()
	[ "$1" = anon ] || who=(-H "Authorization: Bearer $(token_of "$1")")
	status -X "$2" "${who[@]}" "$URL/api/v3/$3"
}

run_cases() {
	config=$(of app "$IMAGE" 'd["config"]["digest"]')
	layer=$(of app "$IMAGE" 'd["layers"][0]["digest"]')
	while read -r number what who rest; do
		read -r -a arg <<<"$rest"
		want=${arg[-1]}
		unset 'arg[-1]'
		case $what in
		npm) got=$(npm_status "$who" "${arg[@]}") ;;
		pull) got=$(pull_status "$who" "${arg[@]}") ;;
		search) got=$(search_status "$who") ;;
		rest) got=$(rest_status "$who" "${arg[@]}") ;;
		esac
		is "case $number, $what $who $rest" "${got// /}" "$want"
	done <<'CASES'
1 npm anon @octo/ui 401
5 pull anon octo/web 200
6 pull anon octo/tool 401
8 rest anon GET orgs/octo/packages?package_type=npm 401
9 npm anon @octo/absent 401
10 npm eve @octo/ui 200
12 pull eve octo/web 200
13 npm no @octo/ui 403
13b npm no @octo/absent 403
13c rest no GET orgs/octo/packages?package_type=npm 403
13d search no - 403
13e search opsnone - 403
13f search eve - 200
13g search anon - 401
16 pull exp octo/web token403
17 npm exp @octo/ui 401
18 npm eve @octo/svc 403
20 rest eve GET orgs/octo/packages/container/tool 404
27 pull tom octo/tool 200
28 pull kim octo/tool 200
29 pull rita octo/tool 403
30 pull mia octo/tool 403
31 pull olga octo/tool 200
40 npm tom @octo/svc 200
41 npm rita @octo/svc 403
42 pull rita uma/app 200
43 pull tom uma/app 403
44 pull uma uma/app 200
45 pull ops octo/job 200
46 pull priv octo/job 403
47 pull opsnone octo/job 403
51 rest dp DELETE orgs/octo/packages/container/tool 405
52 rest olga DELETE orgs/octo/packages/container/tool 405
53 rest tom DELETE orgs/octo/packages/rubygems/octo-gem 405
54 rest dp DELETE orgs/octo/packages/npm/hit 405
55 rest wp POST orgs/octo/packages/npm/old/restore 405
58 npm rita @octo/old 404
58b npm rita @octo/unseen 404
58c pull rita octo/absent 404
58d pull rita lab/absent 404
CASES
}
