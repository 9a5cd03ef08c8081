#!/bin/bash
# etc/ferry.conf with every option that it shows is right, and whichever of them is
# mistyped, `ferry config check` names it or the group that lacks it.  (issue 15)
# ctest: COST 20
. "$(dirname "$0")/../lib.sh"
cd "$T"
mkdir etc
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
    -keyout etc/tls.key -out etc/tls.pem -subj /CN=localhost -days 2 2>/dev/null
for name in ca client directory codesignctl timestampctl; do cp etc/tls.pem etc/$name.pem; done
cp etc/tls.key etc/client.key
for name in npm gems maven nuget hub github; do echo secret >etc/$name.token; done
echo 'machine x login a password b' >etc/netrc
htpasswd -cbB etc/htpasswd ann secret 2>/dev/null || skip "no htpasswd"
echo secret >etc/directory.password
cp "$TOP/etc/access.conf" etc/
chmod 600 etc/*

cat >uncomment.py <<'END2'
"""Every option of the sample, also those behind '#', but one of those that exclude
each other, and no files of projects."""
import re, sys
text, etc = open(sys.argv[1]).read(), sys.argv[2]
option = re.compile(r'^([a-z_]+ = |[{}()\]]|prereleases = )')
seen, out = set(), []
for line in text.splitlines():
    for _ in range(3):
        m = re.match(r'^(\s*)#(\s*)(.*)$', line)
        if not m or not re.search(r'[;,({\[)}]$', m[3]) or not option.match(re.sub(r'^#\s*', '', m[3])):
            break
        line = m[1] + m[2] + m[3]
    m = re.match(r'^(\s*)([a-z_]+) = ', line)
    if re.match(r'^(  )?[{}]|^[a-z]', line):
        seen = set()
    if m and (m[2] in ("token_env", "base", "filter") or (m[1] + m[2]) in seen):
        continue
    if m:
        seen.add(m[1] + m[2])
        if m[2] in ("lockfiles", "projects", "images_from"):
            line = m[1] + m[2] + " = [ ];"
    out.append(line.replace("/etc/ferry/", etc + "/").replace("sha256:…", "sha256:" + 64 * "0"))
print("\n".join(out))
END2
say "the sample with all that it shows"
python3 uncomment.py "$TOP/etc/ferry.conf" "$T/etc" >near.conf
[ "$(grep -cE '^ *[a-z_]+ = ' near.conf)" -gt 150 ] || fail "options are missing"
expect 0 "$FERRY" config check near.conf
expect 0 "$FERRYD" --check --config near.conf

say "each of them mistyped, one of each group at a time"
python3 - "$FERRY" <<'END2'
import re, subprocess, sys
lines = open("near.conf").read().split("\n")
# Groups, by the lines that they are in; what one lacks is told at its beginning.
groups, start = [], None
for i, line in enumerate(lines):
    if re.match(r'^  \{|^(?!upstreams)[a-z]+ = \{', line):
        start = i
    elif re.match(r'^  \}|^\};', line) and start is not None:
        groups.append((start, i))
        start = None
options = [[i for i in range(a + 1, b) if re.match(r'^\s+[a-z_]+ = ', lines[i])] for a, b in groups]
assert len(groups) == 11, len(groups)
missed = 0
for k in range(max(map(len, options))):
    wrong = list(lines)
    picked = [(g, o[k]) for g, o in zip(groups, options) if k < len(o)]
    # Of the group import alone: it is looked at where all else is right.
    if len(picked) > 1:
        picked = [(g, i) for g, i in picked if not lines[g[0]].startswith("import")]
    for _, i in picked:
        wrong[i] = re.sub(r'^(\s+[a-z_]+) = ', r'\1z = ', wrong[i])
    open("wrong.conf", "w").write("\n".join(wrong))
    run = subprocess.run([sys.argv[1], "config", "check", "wrong.conf"], capture_output=True, text=True)
    told = {int(n) - 1 for n in re.findall(r'wrong\.conf:(\d+):', run.stdout + run.stderr)}
    for (a, b), i in picked:
        if run.returncode != 3 or not any(a <= n <= b for n in told):
            print("not told:", lines[i].strip(), "of", lines[a])
            missed += 1
sys.exit(missed > 0)
END2
say "and the group import"
sed 's/^\(  protect\) = ( { up/\1z = ( { up/' near.conf >wrong.conf
cmp -s near.conf wrong.conf && fail "no protect there"
expect 3 "$FERRY" config check wrong.conf
has out "protectz"
