#!/bin/bash
# walls.py, over a small house: silent where nothing is wrong, and for each
# kind of breach that is built into it, the line that names it.
. "$(dirname "$0")/lib.sh"
cd "$T"

# file PATH: a source file, from standard input.
file() {
	mkdir -p "$(dirname "$1")"
	cat >"$1"
}
# A house without a breach, and what looks like one and is none.
house() {
	rm -rf house
	mkdir house
	cd house
	echo 'int base(void);' | file store/base/base.h
	echo 'int base(void) { return 1; }' | file store/base/base.c
	echo 'int blob(void);' | file store/blob/blob.h
	file store/blob/blob.c <<-'END'
		#include "store/base/base.h"
		#include "store/blob/blob.h"
		int blob(void) { return base(); }
	END
	echo 'const char *name(void) { return "npm"; }' | file store/format/npm/name.c
	echo 'const char *const names[] = { "oci", "nuget" };' | file store/format/format.c
	file sync/main.c <<-'END'
		// "npm" in a comment, and "
		/* #include "serve/serve.h" */
		#include "store/blob/blob.h"
		struct row { const char *text; int (*run)(void); };
		static const struct row rows[] = { { "npm-x", blob }, { "\"npm", 0 } };
		int main(int argc, char **argv)
		{
			return *argv[0] == '"' ? 1 : rows[argc].run();
		}
	END
	file sync/base/stop.c <<-'END'
		static volatile int stop_wanted;
		void stop(void) { stop_wanted = 1; }
	END
	file sync/a.c <<-'END'
		#include "sync/sync.h"
		int sync_a(void) { return 2; }
	END
	echo 'int sync_a(void);' | file sync/sync.h
	echo 'int serve_a(void);' | file serve/serve.h
	file serve/main.c <<-'END'
		#include "serve.h"
		#include "store/base/base.h"
		int main(void) { return base() + serve_a(); }
	END
	echo 'int serve_a(void) { return 3; }' | file serve/http/a.c
	cd ..
}
# build: objects of the house, and the list of them that CMake would write.
build() {
	local source object comma=
	rm -rf build
	echo '[' >commands
	for source in $(cd house && find store sync serve -name '*.c'); do
		object=${source%%/*}/CMakeFiles/x.dir/${source#*/}.o
		mkdir -p "build/$(dirname "$object")"
		"${CC:-cc}" -fPIE -Ihouse -o "build/$object" -c "house/$source"
		printf '%s{"directory":"%s","command":"cc -o %s -c x","file":"%s"}\n' \
		    "$comma" "$T/build" "$object" "$T/house/$source"
		comma=,
	done >>commands
	echo ']' >>commands
	mv commands build/compile_commands.json
}
walls() { "$TOP/tests/walls.py" house build; }
# breach LINE…: the house as it is now has exactly these, in any order.
breach() {
	build
	expect 1 walls
	printf '%s\n' "$@" | sort >want
	sort out >got
	diff -u want got || fail "other breaches than these"
	house
}

say "a clean house"
house
build
expect 0 walls
has out "nothing wrong"

say "includes through a wall, one of them by a way round"
echo '#include "sync/sync.h"' >>house/store/base/base.h
echo '#include <serve/serve.h>' >>house/sync/a.c
echo '#include "../../sync/sync.h"' >>house/serve/http/a.c
breach "include: store/base/base.h:2: store may not include sync/sync.h" \
    "include: sync/a.c:3: sync may not include serve/serve.h" \
    "include: serve/http/a.c:2: serve may not include sync/sync.h"

say "a call through a wall without an include"
echo 'int sync_a(void); int up(void) { return sync_a(); }' >>house/serve/http/a.c
breach "link: serve/http/a.c may not need sync/a.c by sync_a"

say "three files in a circle"
echo 'int two(void); int one(void) { return two(); }' >house/serve/http/1.c
echo 'int three(void); int two(void) { return three(); }' >house/serve/http/2.c
echo 'int one(void); int three(void) { return one(); }' >house/serve/http/3.c
breach "circle: 3 files need each other: serve/http/1.c, serve/http/2.c, serve/http/3.c" \
    "circle:   serve/http/1.c" \
    "circle:     -> serve/http/2.c by two" \
    "circle:     -> serve/http/3.c by three" \
    "circle:     -> serve/http/1.c by one"

say "two circles that share a file, through a variable and a static function"
echo 'extern const int c; const int b = 1; int a(void) { return c; }' >house/serve/http/1.c
echo 'extern const int b; int b2(void) { return b; }
int a(void); static int down(void) { return a(); } int (*b3(void))(void) { return down; }' >house/serve/http/2.c
echo 'int b2(void); const int c = 2; int c2(void) { return b2(); }' >house/serve/http/3.c
breach "circle: 3 files need each other: serve/http/1.c, serve/http/2.c, serve/http/3.c" \
    "circle:   serve/http/1.c" \
    "circle:     -> serve/http/3.c by c" \
    "circle:     -> serve/http/2.c by b2" \
    "circle:     -> serve/http/1.c by a"

say "folders in a circle whose files are in none: beside and above each other"
echo 'int blob(void); int log_(void) { return blob(); }' >house/store/base/log.c
breach "circle: 2 folders need each other: store/base, store/blob" \
    "circle:   store/base" \
    "circle:     -> store/blob by blob (log.c, blob.c)" \
    "circle:     -> store/base by base (blob.c, base.c)"
echo 'int util(void) { return 4; }' >house/serve/util.c
echo 'int util(void); int b(void) { return util(); }' >house/serve/http/b.c
breach "circle: 2 folders need each other: serve, serve/http" \
    "circle:   serve" \
    "circle:     -> serve/http by serve_a (main.c, a.c)" \
    "circle:     -> serve by util (b.c, util.c)"

say "names of formats"
echo '#define NAME "maven"' >>house/sync/sync.h
mkdir house/sync/github
echo 'const char *g(void) { return /* " */ "container"; }' >house/sync/github/g.c
echo 'const char *f(void) { return "npm"; }' >house/store/format/npm.c
breach 'format: sync/sync.h:2: "maven"' \
    'format: sync/github/g.c:1: "container"' \
    'format: store/format/npm.c:1: "npm"'

say "what may change at file scope"
cat >house/serve/http/a.c <<-'END'
	int common;
	static int zero;
	int set = 1;
	static const char *rows[] = { "a", "b" };
	static _Thread_local int own;
	int serve_a(void) { static int calls; return calls++ + zero++ + own++ + *rows[set]; }
END
build
expect 1 walls
for name in common zero set rows own calls; do
	grep -qE "^mutable: serve/http/a.c: $name(\.[0-9]+)? in " out || fail "$name is not named"
done
[ "$(wc -l <out)" -eq 6 ] || fail "not six lines: $(cat out)"
house
sed -i 's/stop_wanted/another/' house/sync/base/stop.c
breach "mutable: sync/base/stop.c: another in .bss"

say "functions without a word on them"
cat >house/sync/sync.h <<-'END'
	/* What this is about. */

	/* Two of a kind. */
	int ferry_one(void);
	int ferry_two(void);

	const char *
	ferry_three(int n,
	    int m);
	int ferry_four(void); /* has its own */
	int sync_a(void);
END
breach "bare: sync/sync.h: ferry_three()"

say "what cannot be looked at"
build
rm build/serve/CMakeFiles/x.dir/http/a.c.o
expect 2 walls
has err "http/a.c.o is not built"
rm build/compile_commands.json
expect 2 walls
expect 2 "$TOP/tests/walls.py" house
