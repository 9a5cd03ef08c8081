# shellcheck shell=bash
# Maven and Gradle: repositories made by the tests or of Debian's own packages,
# and mvn and gradle in homes of their own.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
FERRY_BUILD=${FERRY_BUILD:-$TOP/build/strict}

# mkmaven DIR <<END: see tests/tools/mkmaven.py.
mkmaven() { python3 "$TOP/tests/tools/mkmaven.py" "$@"; }

# maven_conf URL MEMBERS…: $T/near.conf with one Maven upstream "up".
maven_conf() {
	local url=$1
	shift
	cat >"$T/near.conf" <<-END
		store = "near";
		upstreams = ( { name = "up"; format = "maven"; url = "$url"; $* } );
	END
}

# Of the upstream's log: how many requests whose path fits the pattern.
asked() { grep -cE "^[A-Z]+ $1 " "$T/log" || true; }


# What a store holds, one file a line, sorted: held STORE.
held() {
	"$FERRY" --store "$T/$1" --json list --versions |
	    jq -r '. as $p | .versions[] | "\($p.owner) \($p.format):\($p.name)@\(.)"' |
	    while read -r owner version; do
		"$FERRY" --store "$T/$1" --json show --owner "$owner" "$version" | jq -r '.record.files[].name'
	    done | LC_ALL=C sort
}

# debian_repository DIR: Debian's own tree in $T, with metadata and sums.
debian_repository() {
	[ -d /usr/share/maven-repo/org/apache/maven/plugins/maven-surefire-plugin ] ||
	    skip "Debian's Maven repository is not installed"
	mkmaven "$T/$1" <<-END
		plain("/usr/share/maven-repo")
		# What Maven adds to plugins that name none, and Debian lacks.
		artifact("org.codehaus.plexus:plexus-utils:1.1", files={"jar": open("/usr/share/java/plexus-utils2.jar", "rb").read()})
		metadata()
	END
}

# debian_version DIR PLUGIN: the highest version of a plugin that is there.
debian_version() {
	find "$T/$1/org/apache/maven/plugins/maven-$2-plugin" -mindepth 1 -maxdepth 1 -type d -printf '%f\n' |
	    grep -v debian | sort -V | tail -1
}

need_mvn() {
	command -v mvn >/dev/null || skip "mvn is not installed"
}

# settings URL HOME [XML]: $T/settings.xml with URL as the only repository.
settings() {
	cat >"$T/settings.xml" <<-END
		<settings><localRepository>$T/$2/repository</localRepository>
		<mirrors><mirror><id>ferry</id><mirrorOf>*</mirrorOf><url>$1</url></mirror></mirrors>${3:-}</settings>
	END
}

# mvn_at HOME ARGUMENT…: mvn that reaches nothing but the loopback.
mvn_at() {
	local home=$T/$1
	shift
	mkdir -p "$home"
	env -u MAVEN_OPTS HOME="$home" MAVEN_OPTS="-Duser.home=$home" \
	    http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9 mvn "$@"
}

# What near has, exported and imported into a store far.
over_the_gap() {
	cd "$T"
	mkdir -p disc
	expect 0 near export --to disc
	if [ ! -d far ]; then
		expect 0 "$FERRY" init --store far --name far
		expect 0 near key export near.pub
		expect 0 "$FERRY" --store far trust add near.pub --name near
	fi
	expect 0 "$FERRY" --store far import disc
}

# private_over_the_gap FILE: what FILE wants of $BASE, which olga alone may read, is
# at far, whose ferryd runs; sets TOKEN, hers.
private_over_the_gap() {
	cat >near.conf <<END
store = "near"; access = "access.conf";
upstreams = ( { name = "up"; format = "maven"; url = "$BASE"; visibility = "private"; lockfiles = [ "$1" ]; } );
END
	cat >access.conf <<'END'
signed_off_by = "test"; realm = "local"; users = [ "olga" ];
registries = ( { upstream = "up"; grants = ( { type = "maven"; name = "*"; users = [ "olga" ]; role = "read"; } ); } );
END
	expect 0 near init --name near
	expect 0 near sync
	has out "0 failed"
	over_the_gap
	expect 0 "$FERRY" --store far --json token create --user olga --upstream up
	TOKEN=$(jq -r .token <out)
	start_ferryd far
}
