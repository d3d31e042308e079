"""The services of the planted host: sockets of every kind that say what reached them.

    python3 services.py SPEC...     SPEC: unix:PATH, abstract:NAME, datagram:PATH, abstract-datagram:NAME, tcp:ADDRESS, udp:ADDRESS

One line of JSON for each event on standard output: {"listening": SPEC, "port": N}, {"reached": SPEC, "data": TEXT}. A line `sync` on
standard input is answered with {"synced": true} once everything that had arrived by then has been told. Ends with its input.
"""
import json
import os
import selectors
import socket
import sys

selector = selectors.DefaultSelector()
answer = os.environ.pop("ANSWER", "hello")


def say(**event):
    print(json.dumps(event), flush=True)


def reply():
    body = answer + "\n"
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nContent-Type: text/plain\r\n\r\n{body}".encode()


def hear(spec, one):
    try:
        data = one.recv(65536)
    except (BlockingIOError, ConnectionError):
        data = b""
    if data:
        say(reached=spec, data=data.decode("latin1"))
        try:
            one.send(reply())
        except OSError:
            pass
        return
    selector.unregister(one)
    one.close()


def accept(spec, listener):
    try:
        one, _ = listener.accept()
    except BlockingIOError:
        return
    one.setblocking(False)
    say(reached=spec, data="")
    selector.register(one, selectors.EVENT_READ, lambda: hear(spec, one))


def hear_datagram(spec, one):
    try:
        say(reached=spec, data=one.recv(65536).decode("latin1"))
    except BlockingIOError:
        pass


def listen(spec):
    kind, _, where = spec.partition(":")
    datagram = kind in ("datagram", "abstract-datagram", "udp")
    inet = kind in ("tcp", "udp")
    family = (socket.AF_INET6 if ":" in where else socket.AF_INET) if inet else socket.AF_UNIX
    one = socket.socket(family, socket.SOCK_DGRAM if datagram else socket.SOCK_STREAM)
    one.bind((where, 0) if inet else ("\0" + where if kind.startswith("abstract") else where))
    if not datagram:
        one.listen(64)
    one.setblocking(False)
    act = hear_datagram if datagram else accept
    selector.register(one, selectors.EVENT_READ, lambda: act(spec, one))
    say(listening=spec, port=one.getsockname()[1] if inet else 0)


def turn(wait):
    events = selector.select(wait)
    synced = False
    for key, _ in events:
        if key.fileobj is sys.stdin:
            line = os.read(0, 4096)
            if not line:
                sys.exit(0)
            synced = True
        else:
            key.data()
    return synced, len(events)


for given in sys.argv[1:]:
    listen(given)
selector.register(sys.stdin, selectors.EVENT_READ, None)
say(ready=True)
while True:
    asked, _ = turn(None)
    if asked:
        while turn(0)[1] > 0:
            pass
        say(synced=True)
