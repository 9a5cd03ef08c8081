#!/usr/bin/env python3
"""All attacks on a ferryd at once, from loopback addresses of their own, beside
an honest client that must be answered each time.

attack.py PORT SECONDS PATH DOCUMENT FILE

PATH is what the honest client asks for, DOCUMENT a large document, FILE a large
file.  Prints what happened; status 1 if the honest client was refused, got other
bytes, or waited longer than ten seconds.
"""
import http.client
import random
import socket
import sys
import threading
import time

PORT, SECONDS = int(sys.argv[1]), float(sys.argv[2])
PATH, DOCUMENT, FILE = sys.argv[3:]
END = time.time() + SECONDS
counts, lock = {}, threading.Lock()
GET = f"GET {PATH} HTTP/1.1\r\nHost: x\r\n"


def count(what):
    with lock:
        counts[what] = counts.get(what, 0) + 1


def connect(address, small=False):
    s = socket.socket()
    if small:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.settimeout(5)
    s.bind((address, 0))
    s.connect(("127.0.0.1", PORT))
    return s


def hold(kind, address, text, n, drip=b""):
    """n connections that get little and give little, replaced when closed."""
    held = []
    while time.time() < END:
        while len(held) < n:
            s = connect(address, small=True)
            s.sendall(text(len(held)).encode())
            s.setblocking(False)
            held.append(s)
            count(kind)
        time.sleep(0.5)
        for s in list(held):
            try:
                if drip:
                    s.send(drip)
                if s.recv(1) == b"":
                    raise ConnectionError
            except BlockingIOError:
                pass
            except OSError:
                s.close()
                held.remove(s)


def malformed(kind, address):
    """Heads with something wrong in them, and mutated ones."""
    wrong = ["X : y", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "X: a\0b", "X: a\r\n b",
        "X: a\nY: b", "Content-Length: -3", "A: " + "b" * 9000, "Content-Length: 5\r\nContent-Length: 6"]
    dice = random.Random(address)
    while time.time() < END:
        text = (GET + dice.choice(wrong) + "\r\n\r\n").encode("latin1")
        if dice.random() < 0.5:
            text = bytearray(text)
            for _ in range(dice.randrange(1, 6)):
                text[dice.randrange(len(text))] = dice.randrange(256)
        with connect(address) as s:
            s.settimeout(0.5)
            s.sendall(text)
            s.shutdown(socket.SHUT_WR)
            while s.recv(65536):
                pass
        count(kind)


def urls(kind, address):
    """Long, odd and missing URLs, and many Hosts."""
    dice = random.Random(address)
    while time.time() < END:
        path = dice.choice(["/npm/" + "a" * dice.randrange(20000), "/v2/a/b/manifests/" + "%41" * dice.randrange(200),
            "/npm/../../etc/passwd", "/npm/-/v1/search?text=" + "x" * dice.randrange(4000), DOCUMENT, PATH + "/%00",
            "/rubygems/info/" + "b" * dice.randrange(300)])
        with connect(address) as s:
            s.sendall(f"GET {path} HTTP/1.1\r\nHost: h{dice.randrange(10000)}.example\r\n"
                f"Accept-Encoding: {dice.choice(['gzip', 'identity'])}\r\nConnection: close\r\n\r\n".encode())
            while s.recv(1 << 20):
                pass
        count(kind)


def greetings(kind, address):
    """TLS on a port without."""
    while time.time() < END:
        with connect(address) as s:
            s.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + random.randbytes(500))
            s.recv(100)
        count(kind)


def attack(function, kind, address, *args):
    while time.time() < END:
        try:
            function(kind, address, *args)
        except OSError:
            count(kind + ", closed by the server")


def honest(result):
    slowest, n, want = 0.0, 0, None
    while time.time() < END:
        start = time.time()
        c = http.client.HTTPConnection("127.0.0.1", PORT, timeout=20, source_address=("127.0.0.99", 0))
        c.request("GET", PATH)
        answer = c.getresponse()
        data = answer.read()
        c.close()
        want = want or data
        if answer.status != 200 or data != want:
            result.append(f"request {n}: {answer.status}, {len(data)} bytes")
            return
        slowest = max(slowest, time.time() - start)
        n += 1
        time.sleep(0.05)
    print(f"honest client: {n} requests, the slowest {slowest:.2f} s")
    result.append("" if slowest < 10 and n > 0 else f"too slow: {slowest:.2f} s")


def watch(result):
    try:
        honest(result)
    except Exception as e:  # whatever it is, it is a failure
        result.append(f"the honest client: {e!r}")


result = []
threads = [threading.Thread(target=watch, args=(result,), daemon=True)]
for kind, address, function, *args in (
    ("idle", "127.0.0.11", hold, lambda i: "", 200),
    ("dripped head", "127.0.0.12", hold, lambda i: GET + "X: ", 200, b"a"),
    ("dripped body", "127.0.0.13", hold, lambda i: f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\n", 100, b"a"),
    ("unread document", "127.0.0.14", hold, lambda i: f"GET {DOCUMENT} HTTP/1.1\r\nHost: h{i}.example\r\n\r\n", 60),
    ("unread file", "127.0.0.15", hold, lambda i: f"GET {FILE} HTTP/1.1\r\nHost: x\r\n\r\n", 60),
    ("malformed", "127.0.0.16", malformed), ("malformed", "127.0.0.17", malformed),
    ("urls", "127.0.0.18", urls), ("urls", "127.0.0.19", urls),
    ("greeting", "127.0.0.20", greetings)):
    threads.append(threading.Thread(target=attack, args=(function, kind, address, *args), daemon=True))
for t in threads:
    t.start()
threads[0].join(SECONDS + 60)
for what in sorted(counts):
    print(f"{what}: {counts[what]}")
if not result or result[0]:
    print("FAIL:", result[0] if result else "the honest client hangs")
    sys.exit(1)
