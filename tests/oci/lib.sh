# shellcheck shell=bash
# What the OCI scripts share besides tests/lib.sh: a real registry, Debian's
# docker-registry, and a proxy before it that writes down what is asked.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
cd "$T"

# start_registry: an empty registry; sets REGISTRY and REGISTRY_ROOT.
start_registry() {
	local port
	command -v docker-registry >/dev/null || skip "docker-registry is not installed"
	port=$(free_port)
	REGISTRY_ROOT=$T/registry
	export REGISTRY_ROOT
	cat >"$T/registry.yml" <<-END
		version: 0.1
		log: { level: error, accesslog: { disabled: true } }
		storage: { filesystem: { rootdirectory: $REGISTRY_ROOT } }
		http: { addr: "127.0.0.1:$port" }
		validation: { manifests: { urls: { allow: [ "^http" ] } } }
	END
	docker-registry serve "$T/registry.yml" >"$T/registry.log" 2>&1 &
	PIDS+=($!)
	REGISTRY=http://127.0.0.1:$port
	wait_for 20 curl -sf "$REGISTRY/v2/"
}

# start_proxy [OPTION…]: tests/tools/ociproxy.py, with rules in $T/rules and
# requests in $T/log; sets PROXY.
start_proxy() {
	rm -f "$T/proxy.port"
	: >"$T/rules"
	: >"$T/log"
	python3 "$TOP/tests/tools/ociproxy.py" "$REGISTRY" "$T/proxy.port" \
	    "$T/rules" "$T/log" "$@" 2>"$T/proxy.err" &
	PIDS+=($!)
	wait_for 10 test -s "$T/proxy.port"
	PROXY=http://127.0.0.1:$(cat "$T/proxy.port")
}

# image REPOSITORY TAG [OPTION…]: mkimage.py; sets DIGEST.
image() { DIGEST=$(python3 "$TOP/tests/tools/mkimage.py" "$REGISTRY" "$@"); }

# children REPOSITORY DIGEST: of an index, the digests of its manifests.
children() {
	curl -s "$REGISTRY/v2/$1/manifests/$2" -H 'Accept: application/vnd.oci.image.index.v1+json' | jq -r '.manifests[].digest'
}

# oci_conf URL MEMBERS…: writes $T/near.conf with one OCI upstream "hub".
oci_conf() {
	local url=$1
	shift
	cat >"$T/near.conf" <<-END
		store = "near";
		upstreams = ( { name = "hub"; format = "oci"; url = "$url"; $* } );
	END
}

# asked N PATTERN: so many requests of the log fit the extended expression.
asked() {
	local n
	n=$(grep -cE -- "$2" "$T/log" || true)
	[ "$n" -eq "$1" ] || {
		sed 's/^/  | /' "$T/log" >&2
		fail "$n requests instead of $1 fit '$2'"
	}
}
