#!/bin/bash
# People of a directory: a real slapd; bound to as the user, or searched first;
# over TLS, by StartTLS, in the clear on this machine; what is slow or gone.
. "$(dirname "$0")/lib.sh"
SLAPD=$(PATH=$PATH:/usr/sbin command -v slapd) || skip "slapd is not installed"
SCHEMA=/etc/ldap/schema
[ -e $SCHEMA/inetorgperson.schema ] || skip "slapd has no schemas here"

make_octo
DN=dc=example,dc=org
LDAP=$(free_port)
LDAPS=$(free_port)
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=directory \
    -addext subjectAltName=IP:127.0.0.1 -keyout "$T/key.pem" -out "$T/cert.pem" 2>/dev/null
mkdir "$T/db"
cat >"$T/slapd.conf" <<END
include $SCHEMA/core.schema
include $SCHEMA/cosine.schema
include $SCHEMA/inetorgperson.schema
pidfile $T/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile $T/cert.pem
TLSCertificateKeyFile $T/key.pem
database mdb
suffix "$DN"
directory $T/db
rootdn "cn=root,$DN"
rootpw root-word
access to attrs=userPassword by anonymous auth by * none
access to * by dn="cn=finder,$DN" read by * none
END
cat >"$T/tree.ldif" <<END
dn: $DN
objectClass: dcObject
objectClass: organization
o: example
dc: example

dn: cn=finder,$DN
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: finder
userPassword: finder-word

dn: ou=people,$DN
objectClass: organizationalUnit
ou: people

dn: uid=dora,ou=people,$DN
objectClass: inetOrgPerson
uid: dora
cn: Dora
sn: D
mail: dora@example.org
userPassword: dora-word

dn: uid=erik,ou=people,$DN
objectClass: inetOrgPerson
uid: erik
cn: Erik
sn: E
mail: dora@example.org
userPassword: erik-word
END
"$(dirname "$SLAPD")/slapadd" -f "$T/slapd.conf" -l "$T/tree.ldif" 2>"$T/slapadd.log" ||
    { cat "$T/slapadd.log" >&2; fail "slapadd"; }
start_slapd() {
	"$SLAPD" -d 0 -f "$T/slapd.conf" \
	    -h "ldap://127.0.0.1:$LDAP/ ldaps://127.0.0.1:$LDAPS/" >"$T/slapd.log" 2>&1 &
	DIRECTORY=$!
	PIDS+=("$DIRECTORY")
	wait_for 10 bash -c "</dev/tcp/127.0.0.1/$LDAP" 2>/dev/null
}
start_slapd
printf finder-word >"$T/finder"

cat >"$T/access.conf" <<'END'
signed_off_by = "olga";
site = { directory = true;
  grants = ( { name = "@octo/svc"; users = [ "dora" ]; role = "read"; } ); };
END
conf() { # the group ldap's members
	printf 'store = "%s"; access = "access.conf"; issue = { keep = %s; ldap = { %s }; };\n' \
	    "$STORE" "${KEEP_S:-0}" "$1" >"$T/f.conf"
}
f() { "$FERRY" --config "$T/f.conf" "$@"; }
issue() {
	"$FERRY" --config "$T/f.conf" issue >>"$T/issue.log" 2>&1 &
	ISSUER=$!
	PIDS+=("$ISSUER")
	wait_for 10 test -S "$STORE/issue.sock"
}
end_issuer() {
	kill "$ISSUER"
	wait "$ISSUER"
}
# make STATUS LOGIN PASSWORD: a token by curl.
make_token() { get "$1" -u "$2:$3" -X POST "$URL/tokens"; }
conf "url = \"ldaps://127.0.0.1:$LDAPS\"; ca_file = \"cert.pem\"; user_dn = \"uid=%s,ou=people,$DN\";"
expect 0 f config check
expect 0 f access apply
serve --config "$T/f.conf"

people() { # what holds however they are found
	make_token 201 dora dora-word
	TOKEN=$(member 'd["token"]')
	get 200 -H "Authorization: Bearer $TOKEN" "$NPM/@octo/svc"
	make_token 201 Erik erik-word
	is user "$(member 'd["user"]')" erik
	get 403 -H "Authorization: Bearer $(member 'd["token"]')" "$NPM/@octo/svc"
	make_token 401 dora erik-word
	make_token 401 nobody dora-word
	get 401 -u dora: -X POST "$URL/tokens"
}
say "bound to as the user, over TLS"
issue
people
end_issuer
say "searched first, as an account that may, by StartTLS"
conf "url = \"ldap://127.0.0.1:$LDAP\"; start_tls = true; ca_file = \"cert.pem\"; base = \"$DN\";
    filter = \"(&(objectClass=inetOrgPerson)(uid=%s))\"; bind_dn = \"cn=finder,$DN\"; bind_password_file = \"finder\";"
issue
people
end_issuer
say "in the clear, on this machine; a login that several have"
conf "url = \"ldap://127.0.0.1:$LDAP\"; base = \"$DN\"; filter = \"(mail=%s)\";
    bind_dn = \"cn=finder,$DN\"; bind_password_file = \"finder\";"
issue
make_token 503 dora@example.org dora-word
has "$T/issue.log" "has several entries for one login"
end_issuer

say "a certificate that nobody vouches for"
conf "url = \"ldaps://127.0.0.1:$LDAPS\"; user_dn = \"uid=%s,ou=people,$DN\";"
issue
make_token 503 dora dora-word
has "$T/body" "the issuer's log says why"
has "$T/issue.log" "ldaps://127.0.0.1:$LDAPS: Can't contact LDAP server"
end_issuer
say "nor another name's"
conf "url = \"ldaps://localhost:$LDAPS\"; ca_file = \"cert.pem\"; user_dn = \"uid=%s,ou=people,$DN\";"
issue
make_token 503 dora dora-word
end_issuer

say "what the configuration may not say"
conf "url = \"ldap://directory.example\"; user_dn = \"uid=%s,$DN\";"
expect 3 f config check
has "$T/out" "passwords would travel in the clear"
conf "url = \"ldaps://directory.example\"; user_dn = \"uid=dora,$DN\";"
expect 3 f config check
has "$T/out" "expected '%s' in it once"
conf "url = \"ldaps://directory.example\"; base = \"$DN\"; filtr = \"x\";"
expect 3 f config check
has "$T/out" filtr

say "kept for a moment: asked again while the directory is away"
KEEP_S=60 conf "url = \"ldaps://127.0.0.1:$LDAPS\"; ca_file = \"cert.pem\"; timeout = 2; user_dn = \"uid=%s,ou=people,$DN\";"
issue
make_token 201 dora dora-word
kill "$DIRECTORY"
wait "$DIRECTORY"
get 200 -u dora:dora-word "$URL/tokens"
say "gone: at once, and no guess"
for _ in $(seq 12); do make_token 503 erik erik-word; done
say "one that does not answer: packages are served meanwhile"
python3 - "$LDAPS" <<'PY' &
import socket, sys, time
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
kept = []
while True:
	kept.append(s.accept())
PY
PIDS+=("$!")
wait_for 10 bash -c "</dev/tcp/127.0.0.1/$LDAPS" 2>/dev/null
for _ in 1 2 3 4 5 6; do
	curl -s -o /dev/null -u erik:erik-word -X POST "$URL/tokens" &
	CURLS+=" $!"
done
make_token 503 erik erik-word
curl -s -o /dev/null -u erik:erik-word -X POST "$URL/tokens" &
CURLS+=" $!"
for _ in 1 2 3; do get 200 -H "Authorization: Bearer $TOKEN" "$NPM/@octo/svc"; done
kill -0 $! || fail "the directory was not waited for meanwhile"
# shellcheck disable=SC2086
wait $CURLS
end_issuer
stop
for secret in dora-word erik-word finder-word; do
	hasnt "$T/issue.log" "$secret"
	hasnt "$T/ferryd.log" "$secret"
done
