"""A process of the person with secrets in its arguments, environment, memory and files; lives until its input ends.

Says {"pid": N, "address": N, "length": N} once: where in its memory the secret lies.
"""
import ctypes
import json
import os
import signal
import sys

text = os.environ["VICTIM_MEMORY"].encode()
buffer = ctypes.create_string_buffer(text)
# Any process of the same user may attach, where the system asks for that (Yama): the control must be possible.
ctypes.CDLL(None).prctl(0x59616D61, ctypes.c_ulong(-1 & (2**64 - 1)), 0, 0, 0)
signal.signal(signal.SIGUSR1, lambda *_: print(json.dumps({"signal": "USR1"}), flush=True))
secret = os.open(sys.argv[1], os.O_RDONLY)
print(json.dumps({"pid": os.getpid(), "address": ctypes.addressof(buffer), "length": len(text), "fd": secret}), flush=True)
while os.read(0, 4096):
    pass
