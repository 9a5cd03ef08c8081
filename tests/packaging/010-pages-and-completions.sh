#!/bin/bash
# Manual pages and completions say what the programs say and take: every command,
# option, exit status and option of the configuration.  (issue 15)
. "$(dirname "$0")/../lib.sh"
GENERATED=${FERRY_BUILD:-$TOP/build/strict}/generated
test -d "$GENERATED/man1" || fail "$GENERATED is not built"

say "a page for each command, and no troff that groff complains about"
"$FERRY" --help | awk '/^commands:/ { on = 1; next } !/^  / { on = 0 } on { print $1 }' >"$T/commands"
[ "$(wc -l <"$T/commands")" -ge 20 ] || fail "too few commands"
while read -r command; do
	has "$GENERATED/man1/ferry.1" "ferry\\-$command 1"
	test -s "$GENERATED/man1/ferry-$command.1" || fail "no page for $command"
done <"$T/commands"
if command -v man >/dev/null && command -v groff >/dev/null; then
	for page in "$GENERATED"/man?/*; do
		LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l \
		    -Tutf8 -Z "$page" >/dev/null 2>"$T/err"
		[ ! -s "$T/err" ] || { cat "$T/err"; fail "$page"; }
		LC_ALL=C.UTF-8 MANWIDTH=80 man -l "$page" 2>&1 | sed 's/.\x08//g' >"$T/${page##*/}.txt"
	done
	has "$T/ferry-export.1.txt" "--volume-size SIZE" "FERRY-EXPORT(1)"
	has "$T/ferry-verify.1.txt" "EXIT STATUS" "0 all is well; 5 problems were found."
	has "$T/ferry.conf.5.txt" "Upstreams of format" "token_file" "The group serve"
else
	echo "SKIP: the pages, as people read them (no man or groff)"
fi

say "what the sources take is what pages and completions offer"
python3 - "$TOP" "$GENERATED" <<'END'
import glob, os, re, subprocess, sys
top, made = sys.argv[1:]
read = lambda *p: open(os.path.join(*p), encoding="utf-8").read()
bad = []
fish = read(made, "fish", "ferry.fish")
bash = read(made, "bash", "ferry")
zsh = read(made, "zsh", "_ferry")
commands = read(made, "help", "commands").split("\n")
commands = [c.split()[0] for c in commands if c.strip()]

# { "to", FERRY_OPTION_VALUE, … } of each file, for the commands it defines;
# the files of a command's actions are called COMMAND_ACTION.c.
taken = 0
for path in glob.glob(top + "/sync/command/*.c"):
    text = read(path)
    stem = os.path.basename(path)[:-2].split("_")[0]
    names = re.findall(r"ferry_command_(\w+) = \{", text) or [stem]
    for option, kind in re.findall(r'\{ "([a-z-]+)",\s*FERRY_OPTION_(\w+)', text):
        taken += 1
        for c in names:
            page = read(made, "man1", "ferry-%s.1" % c)
            if "\\-\\-" + option.replace("-", "\\-") not in page:
                bad.append("ferry-%s(1) lacks --%s" % (c, option))
            line = re.search(r"^complete -c ferry -n '__fish_seen_subcommand_from "
                             r"%s' -l %s( .*)?$" % (c, option), fish, re.M)
            if line is None:
                bad.append("no completion of %s --%s" % (c, option))
            elif (" -r" in line[0] or " -x" in line[0]) != (kind == "VALUE"):
                bad.append("completion of %s --%s: a value or not?" % (c, option))
            if not re.search(r"^\t%s\) .*--%s\b" % (c, option), bash, re.M):
                bad.append("bash: %s --%s" % (c, option))
            if "'--%s[" % option not in zsh:
                bad.append("zsh: --%s" % option)
if taken < 40:
    bad.append("only %d options were found in the sources" % taken)

# ferryd's, by name in its table.
for option in re.findall(r'\{ "--([a-z-]+)", &out->', read(top, "serve/options.c")):
    if "\\-\\-" + option.replace("-", "\\-") not in read(made, "man8/ferryd.8"):
        bad.append("ferryd(8) lacks --%s" % option)

# Exit statuses.
page, said = read(made, "man1/ferry.1"), read(made, "help/ferry")
for name, number in re.findall(r"(FERRY_EXIT_\w+) = (\d+)",
                               read(top, "sync/command/command.h")):
    if not re.search(r"^\.It %s$" % number, page, re.M):
        bad.append("ferry(1) lacks %s" % name)
    if not re.search(r"\b%s [a-z]" % number, said):
        bad.append("ferry --help lacks %s" % name)

# Options of the configuration: whatever a source asks for stands in a sample.
samples = read(top, "etc/ferry.conf") + read(top, "etc/access.conf")
asked = set()
for path in glob.glob(top + "/s*/**/*.c", recursive=True):
    if not path.endswith("store/base/conf.c"):
        asked |= set(re.findall(r'ferry_conf_(?:need_)?(?:all_)?(?:str|strs|bool|'
            r'u64|size|url|path|path_at|file|words|list|group)\(\s*[^";]*?"([a-z_]+)"',
            read(path)))
if len(asked) < 60:
    bad.append("only %d options of the configuration were found" % len(asked))
for name in sorted(asked):
    if not re.search(r"\b%s = |\b%s_file" % (name, name), samples):
        bad.append("etc/ and so ferry.conf(5) lack the option %s" % name)
print("\n".join(bad))
sys.exit(bool(bad))
END

say "bash"
completes() { # EXPECTED-WORD WORDS…: the last one is being written
	local want=$1
	shift
	bash -c '. "$1"; shift
	    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
	    _ferry "$1" 2>/dev/null; printf "%s\n" "${COMPREPLY[@]}"' \
	    - "$GENERATED/bash/ferry" "$@" >"$T/out"
	grep -qxF -- "$want" "$T/out" || fail "'$want' does not complete: $*"
}
completes trust ferry tr
completes require ferry --store x trust req
completes --volume-size ferry export --to x --vol
completes --store ferry export --st
completes --check-sandbox ferryd --check-s
completes write ferry token create --repository a/b --job w
: >"$T/medium.tar"
completes "$T/medium.tar" ferry export --to "$T/med"

say "fish"
if command -v fish >/dev/null; then
	(
		export HOME=$T/home XDG_DATA_DIRS=$T
		fish --no-config -c "source $GENERATED/fish/ferry.fish
		    complete -C 'ferry tr'; complete -C 'ferry export --vol'
		    complete -C 'ferryd --allow'" >"$T/out"
	)
	has "$T/out" "trust	whose signatures count here" "--volume-size" "--allow-root"
else
	echo "SKIP: no fish"
fi
say "zsh"
if command -v zsh >/dev/null; then
	zsh -fn "$GENERATED/zsh/_ferry"
	# The function itself, in a terminal of its own.
	mkdir "$T/zsh"
	cp "$GENERATED/zsh/_ferry" "$T/zsh"
	HOME=$T/home python3 - "$T/zsh" <<-'END'
		import os, pty, select, sys, time
		pid, fd = pty.fork()
		if pid == 0:
		    os.environ["TERM"] = "dumb"
		    os.execvp("zsh", ["zsh", "-f", "-i"])
		seen = b""
		def until(text):
		    global seen
		    end = time.monotonic() + 20
		    while text not in seen:
		        if not select.select([fd], [], [], max(0, end - time.monotonic()))[0]:
		            sys.exit("no %r in %r" % (text, seen[-500:]))
		        seen += os.read(fd, 4096)
		    seen = seen.split(text, 1)[1]
		os.write(fd, b"fpath=(%s $fpath); autoload -U compinit; compinit -D; "
		    b"print rea''dy\n" % sys.argv[1].encode())
		until(b"ready\r\n")
		for typed, wanted in ((b"echo ferry; ferry trus\t", b"t "),
		                      (b"\x15ferry trust req\t", b"uire "),
		                      (b"\x15ferry export --vol\t", b"ume-size"),
		                      (b"\x15ferryd --allow\t", b"-root")):
		    os.write(fd, typed)
		    until(wanted)
		os.write(fd, b"\x15exit\n")
		os.close(fd)
		os.waitpid(pid, 0)
	END
else
	echo "SKIP: no zsh"
fi
