#!/bin/bash
# Keys of a real ssh-agent: what they sign is what openssl and sites take; and what
# goes wrong with an agent is said.
. "$(dirname "$0")/lib.sh"
for tool in ssh-agent ssh-add ssh-keygen; do
	command -v $tool >/dev/null || skip "no $tool"
done
near init --name near >/dev/null
fill near 0 3
near key export near.pem
mkdir m
near export --to m >/dev/null
unset SSH_AUTH_SOCK

say "no agent, and what is none"
expect 2 "$FERRY" sign --key agent: m
has err "SSH_AUTH_SOCK is not set"
export SSH_AUTH_SOCK=$T/none
expect 7 "$FERRY" sign --key agent: m
has err "the ssh-agent at $T/none"
for answer in '' '\0\0\0\1\6' '\0\0\0\0' '\377\0\0\1\14' '\0\0\0\5\14\0\0\0\1' \
    '\0\0\0\11\14\0\0\0\1\0\0\0\377'; do
	rm -f "$T/odd"
	printf "$answer" >answer
	python3 - "$T/odd" answer <<-'END' &
		import socket, sys
		s = socket.socket(socket.AF_UNIX)
		s.bind(sys.argv[1])
		s.listen(1)
		c, _ = s.accept()
		c.recv(5)
		c.sendall(open(sys.argv[2], "rb").read())
		c.shutdown(socket.SHUT_WR)
		try:
		    c.recv(1)
		except ConnectionResetError:
		    pass
	END
	while [ ! -S "$T/odd" ]; do sleep 0.05; done
	SSH_AUTH_SOCK=$T/odd expect 20 "$FERRY" sign --key agent: m
	grep -qE "no ssh-agent's|ended the connection" err || fail "$(cat err)"
	wait
done

# Whoever is asked whether a key may sign says no.
SSH_ASKPASS=/bin/false SSH_ASKPASS_REQUIRE=force DISPLAY=:0 ssh-agent -D -a "$T/agent" >/dev/null &
agent=$!
trap 'kill $agent 2>/dev/null' EXIT
export SSH_AUTH_SOCK=$T/agent
for ((i = 0; i < 100; i++)); do [ -S "$T/agent" ] && break || sleep 0.05; done
ssh-keygen -q -t ed25519 -N '' -C scanner -f scanner
ssh-keygen -q -t ed25519 -N '' -C near -f nearkey
ssh-keygen -q -t rsa -b 2048 -N '' -C rsa -f rsa
print() { ssh-keygen -l -f "$1" | cut -d' ' -f2; }

say "the only Ed25519 key needs no name; of several one is named"
expect 2 "$FERRY" sign --key agent: m
has err "the ssh-agent has no such Ed25519 key"
ssh-add -q rsa
ssh-add -q scanner
expect 0 "$FERRY" key export scanner.pub --key agent:
expect 0 "$FERRY" sign --key agent: --signed-by near.pem m
rm m/*.sig
ssh-add -q nearkey
expect 2 "$FERRY" sign --key agent: m
has err "several Ed25519 keys; say which: agent:SHA256:"
expect 0 "$FERRY" sign --key "agent:$(print scanner)" m
expect 2 "$FERRY" sign --key "agent:$(print rsa)" m
has err "no such Ed25519 key"
file=$(only m/*.sig)
id=$(sed -n 's/^key //p' "$file")
expect 0 "$FERRY" sign --key "agent:$id" m
[ "$(ls m/*.sig | wc -l)" = 1 ]

say "openssl takes it, and a site with that role"
tail -n 1 "$file" | base64 -d >sig.bin
tar -xOf m/*.tar head.json >head.json
expect 0 openssl pkeyutl -verify -pubin -inkey scanner.pub -rawin -in head.json -sigfile sig.bin
ssh-keygen -y -f scanner | cut -d' ' -f2 | base64 -d | tail -c 32 >raw.ssh
openssl pkey -pubin -in scanner.pub -outform DER | tail -c 32 >raw.ferry
same raw.ssh raw.ferry
store far init --name far >/dev/null
store far trust add near.pem >/dev/null
store far trust add scanner.pub --role scanner >/dev/null
store far trust require 1 --role scanner
mv "$file" away.sig
expect 21 store far import m
mv away.sig "$file"
expect 0 store far import m
agree

say "a store signs bundles and receipts, and people a root, with keys of an agent"
first=$(near key | sed -n '1s/ .*//p')
expect 0 near key new "agent:$(print nearkey)"
has out "agent:SHA256:"
near key retire "$first"
near root new root >/dev/null
"$FERRY" root add root --key "agent:$id" --role root >/dev/null
expect 0 "$FERRY" root sign root --key "agent:$id"
expect 0 near root publish root
mkdir m2
expect 0 near export --to m2
store two init --name two >/dev/null
store two trust add --root root >/dev/null
expect 0 store two import m2
kill "$agent"
wait "$agent" || true
mkdir m3
fill near 3 1
expect 7 near export --to m3
has err "the ssh-agent at"
ls m3/*.tar 2>/dev/null && fail "a bundle without a signature"

say "a key that must be confirmed, and a text that no agent takes"
rm -f "$T/agent"
SSH_ASKPASS=/bin/false SSH_ASKPASS_REQUIRE=force DISPLAY=:0 ssh-agent -D -a "$T/agent" >/dev/null &
agent=$!
for ((i = 0; i < 100; i++)); do [ -S "$T/agent" ] && break || sleep 0.05; done
ssh-add -q -c scanner
expect 2 "$FERRY" sign --key agent: m
has err "the ssh-agent refuses"
ssh-add -q -D
ssh-add -q scanner
python3 - m/*.tar big.tar <<'END'
import io, sys, tarfile
out = tarfile.open(sys.argv[2], "w", format=tarfile.USTAR_FORMAT)
with tarfile.open(sys.argv[1]) as tar:
    for m in tar.getmembers():
        data = tar.extractfile(m).read()
        if m.name == "head.json":
            data += b" " * 300000
            m.size = len(data)
        out.addfile(m, io.BytesIO(data))
out.close()
END
expect 20 "$FERRY" sign --key agent: --head-only big.tar
has err "is too large for an ssh-agent, which takes 261888"
python3 - "$T/agent" <<'END'
# What the agent itself does with more.
import socket, struct, sys
for size, answered in ((256 * 1024 - 4, True), (256 * 1024 + 1, False)):
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1])
    try:
        s.sendall(struct.pack(">IB", size, 200) + bytes(size - 1))
        got = s.recv(5)
    except (BrokenPipeError, ConnectionResetError):
        got = b""
    assert bool(got) == answered, (size, got)
END
