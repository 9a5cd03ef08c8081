#!/bin/bash
# TLS as inside companies: a private CA, a client certificate, HTTP/2.
. "$(dirname "$0")/../lib.sh"
cd "$T"
chmod 755 "$T"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -keyout ca.key -out ca.pem -subj "/CN=test CA" 2>/dev/null
for name in server client; do
	openssl req -newkey rsa:2048 -nodes -keyout $name.key -out $name.csr -subj "/CN=$name" 2>/dev/null
	printf 'subjectAltName=IP:127.0.0.1\n' >ext
	openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
	    -extfile ext -out $name.pem 2>/dev/null
done
port=$(free_port)
base=https://127.0.0.1:$port
mkdir tree
python3 "$TOP/tests/tools/mkregistry.py" tree "$base" --packages 4 --versions 1
start_nginx "log_format p '\$server_protocol \$ssl_client_verify \$uri'; access_log $T/access.log p;
	server { listen 127.0.0.1:$port ssl http2; ssl_certificate $T/server.pem; ssl_certificate_key $T/server.key;
	ssl_client_certificate $T/ca.pem; ssl_verify_client optional;
	if (\$ssl_client_verify != SUCCESS) { return 403; }
	root $T/tree; default_type application/json;
	location / { try_files \$uri \$uri/packument.json =404; } }"
wait_for 10 curl -sk -o /dev/null "$base/"

say "an unknown CA is refused, with a reason"
near_conf "$base" 'tries = 1; packages = [ "pkg-00000" ];'
expect 0 near init --name near
expect 8 near sync
has out "certificate"
say "without a client certificate the server says no"
near_conf "$base" 'ca_file = "ca.pem"; packages = [ "pkg-00000" ];'
expect 8 near sync
has out "answered 403"
say "with both, over HTTP/2"
near_conf "$base" 'ca_file = "ca.pem"; cert_file = "client.pem"; key_file = "client.key";
	select = ( { name = "pkg-00000"; }, { name = "pkg-00001"; }, { name = "pkg-00002"; } );'
expect 0 near sync
has out "3 versions pulled"
has access.log "HTTP/2.0 SUCCESS /pkg-00000/-/pkg-00000-1.0.0.tgz"

say "a tarball outside of TLS is refused"
sed -i 's,"https://\([^"]*pkg-00003-1.0.0.tgz\),"http://\1,' tree/pkg-00003/packument.json
near_conf "$base" 'ca_file = "ca.pem"; cert_file = "client.pem"; key_file = "client.key";
	select = ( { name = "pkg-00003"; } );'
expect 4 near sync
has out "names a tarball at http://127.0.0.1"
