"""Runs a command as a person's shell in a person's terminal does, and tells what became of the terminal.

    python3 terminal.py COMMAND...

The terminal's bytes go to standard output; a last line of JSON says whether it echoes, and what waits in its input, which the
shell would take for typed. The shell itself writes `<<over>>` when the command has ended.
"""
import fcntl
import json
import os
import pty
import select
import sys
import termios
import time

master, slave = pty.openpty()
told, tell = os.pipe()


def shell():
    """Stays the leader of the terminal's session while the command runs and after it."""
    os.setsid()
    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    command = os.fork()
    if command == 0:
        for fd in (0, 1, 2):
            os.dup2(slave, fd)
        os.closerange(3, 256)
        os.execvp(sys.argv[1], sys.argv[1:])
    os.waitpid(command, 0)
    # What was still under way has come by then; what comes later came from somebody who is still there.
    time.sleep(0.3)
    os.write(slave, b"\r\n<<over>>\r\n")
    time.sleep(0.5)
    attributes = termios.tcgetattr(slave)
    echo = bool(attributes[3] & termios.ECHO)
    # What waits counts whether it makes a whole line yet or not.
    attributes[3] &= ~termios.ICANON
    termios.tcsetattr(slave, termios.TCSANOW, attributes)
    waiting = os.read(slave, 4096) if select.select([slave], [], [], 0)[0] else b""
    os.write(tell, json.dumps({"echo": echo, "waiting": waiting.decode("latin1")}).encode())
    os._exit(0)


if os.fork() == 0:
    shell()
while not select.select([told], [], [], 0)[0]:
    if select.select([master], [], [], 0.05)[0]:
        sys.stdout.buffer.write(os.read(master, 65536))
        sys.stdout.buffer.flush()
while select.select([master], [], [], 0)[0]:
    sys.stdout.buffer.write(os.read(master, 65536))
sys.stdout.buffer.write(b"\n" + os.read(told, 65536) + b"\n")
