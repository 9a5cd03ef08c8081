# shellcheck shell=bash
# For the scripts that copy lines from the page at "/" and run them: of each client,
# over http and https, with a token where the server asks for one.

# authority: $T/ca.pem, and $T/cert.pem and $T/key.pem that it signed for 127.0.0.1.
# (Some clients take no authority for a server.)
authority() {
	local ec="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
	# shellcheck disable=SC2086 # options
	openssl req -x509 $ec -keyout "$T/ca.key" -out "$T/ca.pem" -subj "/CN=test" \
	    -addext "keyUsage=critical,keyCertSign" 2>/dev/null
	# shellcheck disable=SC2086 # options
	openssl req -x509 $ec -keyout "$T/key.pem" -out "$T/cert.pem" -subj "/CN=packages" \
	    -CA "$T/ca.pem" -CAkey "$T/ca.key" -addext "subjectAltName=IP:127.0.0.1" \
	    -addext "basicConstraints=critical,CA:FALSE" 2>/dev/null
}

# fetch_page: of $URL, to $T/page.
fetch_page() { curl -sf --cacert "$T/ca.pem" "$URL/" >"$T/page"; }
# lines PART CLIENT: what the page has for a client; PART is "clients" or "with a
# token".  For "with a token" TOKEN stands for what $TOKEN is.
lines() {
	python3 - "$T/page" "$1" "$2" "${TOKEN:-}" <<-'END'
		import html, re, sys
		page, part, client, token = sys.argv[1:]
		parts = re.split(r"<h2>(.*?)</h2>", open(page).read())
		body = parts[parts.index(part) + 1]
		found = re.findall(r"<h3>(.*?)</h3>\s*<pre>(.*?)</pre>", body, re.S)
		text = dict((html.unescape(k), html.unescape(v)) for k, v in found)
		if client not in text:
		    sys.exit("the page has no %r in %r, but %r" % (client, part, list(text)))
		print(text[client].replace("TOKEN", token))
	END
}
# file_of LINES: the file that the first of them names; behead drops that line.
file_of() { head -1 <<<"$1" | sed 's/^[#<!/ -]*\([^ ;,]*\).*/\1/'; }
behead() { sed 1d <<<"$1"; }

# serve_as http|https CONF: a ferryd of $STORE whose page is in $T/page.
serve_as() {
	local tls=
	[ "$1" = http ] || tls=" tls_certificate = \"$T/cert.pem\"; tls_key = \"$T/key.pem\";"
	printf 'serve = {%s };\n' "$tls" >"$T/page.conf"
	start_ferryd "$STORE" --config "$T/page.conf"
	URL=$1://${URL#*://}
	wait_for 10 fetch_page
}

# at_home COMMAND…: in a new home's $HOME, without this machine's configuration or
# proxies; whatever leaves for another address ends where nobody listens.
at_home() {
	env -i PATH="$PATH" HOME="$T/home" TMPDIR="$T" CI=1 LC_ALL=C.UTF-8 \
	    XDG_CACHE_HOME="$T/home/.cache" XDG_CONFIG_HOME="$T/home/.config" \
	    XDG_RUNTIME_DIR="$T/run" \
	    https_proxy=http://127.0.0.1:9 HTTPS_PROXY=http://127.0.0.1:9 \
	    http_proxy='' NO_PROXY=127.0.0.1 no_proxy=127.0.0.1 \
	    SSL_CERT_FILE="$T/ca.pem" NODE_EXTRA_CA_CERTS="$T/ca.pem" \
	    "${ENV[@]}" "$@"
}
ENV=()
new_home() {
	rm -rf "$T/home" "$T/project"
	mkdir -p "$T/home" "$T/project" "$T/run"
	cd "$T/project"
}

# each_way FUNCTION: over http and https; without and with a token.  FUNCTION is
# called with "http" or "https" and "open" or "token"; $STORE is $T/open or
# $T/closed then, and TOKEN somebody's.
each_way() {
	local scheme kind
	[ -e "$T/ca.pem" ] || authority
	for scheme in http https; do
		for kind in open token; do
			STORE=$T/open
			[ $kind = open ] || STORE=$T/closed
			serve_as $scheme
			"$1" $scheme $kind
			cd "$T"
			stop
		done
	done
}

# both_stores FORMAT URL MEMBERS: $T/open, and $T/closed, which olga alone may read:
# sets TOKEN, hers.
both_stores() {
	local format=$1 url=$2 store
	shift 2
	cat >"$T/access.conf" <<-END
		signed_off_by = "test"; realm = "local"; users = [ "olga" ];
		registries = ( { upstream = "up"; grants = (
		    { type = "$format"; name = "*"; users = [ "olga" ]; role = "read"; } ); } );
	END
	for store in open closed; do
		{
			echo "store = \"$T/$store\";"
			[ $store = open ] || echo 'access = "access.conf";'
			echo "upstreams = ( { name = \"up\"; format = \"$format\"; url = \"$url\";"
			[ $store = open ] || echo 'visibility = "private";'
			echo "$* } );"
		} >"$T/$store.conf"
		expect 0 "$FERRY" --config "$T/$store.conf" init --name $store
		expect 0 "$FERRY" --config "$T/$store.conf" sync
		has "$T/out" "0 failed"
	done
	expect 0 "$FERRY" --store "$T/closed" --json token create --user olga --upstream up
	TOKEN=$(jq -r .token <"$T/out")
}
