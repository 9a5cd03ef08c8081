#!/bin/bash
# ctest: COST 8
# Two origins that each call an upstream "ghes" live at one site: one of them gets
# another name, its users stay its own, and keys speak for what they may.
. "$(dirname "$0")/lib.sh"
cd "$T"
RECORDS=${FERRY_BUILD:-$TOP/build/strict}/tests/tools/records

# Two servers whose people have the same numbers and the same rights.
for o in a b; do
	mkdir $o.src
	STORE=$T/$o
	"$FERRY" init --store $o --name $o >/dev/null
	make_version @octo/ui 1.0.0 "\"from\":\"$o\""
	OWNER=ghes put @octo/ui 1.0.0 1.0.0
	permissions
	"$FERRY" --store $o key export $o.pub
done
make_version @octo/svc 1.0.0
OWNER=ghes put @octo/svc 1.0.0 1.0.0
for o in a b; do
	mkdir m$o
	"$FERRY" --store $o export --to m$o >/dev/null 2>&1
done
there() { [ -n "$("$RECORDS" "$@")" ] || fail "not there: $*"; }
absent() { [ -z "$("$RECORDS" "$@")" ] || fail "there: $*"; }
site() {
	"$FERRY" init --store "$1" --name "$1" >/dev/null
	STORE=$T/$1
}

say "the second is skipped, until it has another name"
site one
for o in a b; do "$FERRY" --store one trust add $o.pub >/dev/null; done
expect 0 "$FERRY" --store one import ma
expect 4 "$FERRY" --store one import mb
has err "belongs to another origin here" "'ferry trust alias'"
absent one version npm @octo/svc
expect 2 "$FERRY" --store one trust alias a ghes other
has err "here already under that name"
expect 2 "$FERRY" --store one trust alias b ghes ghes2 more
expect 0 "$FERRY" --store one trust alias b ghes ghes2
expect 0 "$FERRY" --store one access diff --bundle mb
has out "ghes2"
expect 0 "$FERRY" --store one import mb
there one version npm @octo/svc ghes2
absent one version npm @octo/svc ghes
there one version npm @octo/ui ghes
expect 0 "$FERRY" --store one status
expect 0 "$FERRY" --store one verify

say "and its users are its own: the same number of the other server opens nothing"
new_token tom tom
REALM=ghes2 new_token tom2 tom
start_ferryd one
code() { curl -s -o body -w '%{http_code}' -H "Authorization: Bearer $(token_of "$1")" "$URL/npm/$2"; }
[ "$(code tom2 @octo%2fsvc)" = 200 ] || fail "its own user may not read it: $(cat body)"
[ "$(code tom @octo%2fsvc)" = 403 ] || fail "another server's user reads it: $(cat body)"
[ "$(code tom @octo%2fui)" = 200 ] || fail "tom lost what is his: $(cat body)"

say "what comes later comes under the new name, and goes on over the next gap"
STORE=$T/b
make_version @octo/svc 2.0.0
OWNER=ghes put @octo/svc 2.0.0 1.0.0 2.0.0
rm -rf mb && mkdir mb
"$FERRY" --store b export --to mb >/dev/null 2>&1
expect 0 "$FERRY" --store one import mb
there one version npm @octo/svc ghes2 2.0.0
"$FERRY" --store one key export one.pub
mkdir mone
"$FERRY" --store one export --to mone >/dev/null 2>&1
site two
"$FERRY" --store two trust add one.pub >/dev/null
expect 0 "$FERRY" --store two import mone
there two access ghes2
expect 0 "$FERRY" --store two explain --as tom --upstream ghes2 --package npm:@octo/svc

say "a key that may speak for some names brings those alone"
site three
expect 0 "$FERRY" --store three trust add b.pub --packages '@octo/svc'
has out "only for packages @octo/svc"
expect 4 "$FERRY" --store three import mb
has err "brings npm @octo/ui" "for which its keys may not speak here"
there three version npm @octo/svc ghes
absent three version npm @octo/ui
absent three package npm @octo/ui
expect 0 "$FERRY" --store three status
has out "skipped      ghes, as was chosen here: "

say "allowed after all, the same bundles bring the rest"
expect 0 "$FERRY" --store three trust add b.pub --owners octo
has out "@octo/*"
expect 0 "$FERRY" --store three access hand-over ghes b
expect 0 "$FERRY" --store three import mb
there three version npm @octo/ui ghes
expect 0 "$FERRY" --store three status

say "upstreams of a key are its store's before anything came"
site four
expect 0 "$FERRY" --store four trust add a.pub --upstreams ghes
"$FERRY" --store four trust add b.pub >/dev/null
expect 4 "$FERRY" --store four import mb
absent four version npm
expect 2 "$FERRY" --store four trust add b.pub --upstreams ghes
has err "belongs to another origin here"
expect 0 "$FERRY" --store four import ma
there four version npm @octo/ui ghes

say "names that the configuration binds do not come from elsewhere"
site five
"$FERRY" --store five trust add b.pub >/dev/null
cat >five.conf <<-END
	store = "$T/five";
	import = { protect = ( { upstream = "corp"; packages = [ "@Octo/UI" ]; } ); };
END
expect 4 "$FERRY" --config five.conf import mb
has err "a name that the configuration binds to upstream 'corp'"
absent five version npm @octo/ui
there five version npm @octo/svc
cat >six.conf <<-END
	store = "$T/six";
	upstreams = ( { name = "corp"; format = "npm"; url = "https://registry.example";
	    protect = [ "@octo/s*" ]; packages = [ "x" ]; token_env = "NOT_SET"; } );
END
site six
"$FERRY" --store six trust add b.pub >/dev/null
expect 4 "$FERRY" --config six.conf import mb
absent six version npm @octo/svc
there six version npm @octo/ui
printf 'store = "%s"; import = { protekt = (); };\n' "$T/six" >bad.conf
expect 3 "$FERRY" --config bad.conf import mb
has err "protekt"
