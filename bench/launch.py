"""Runs one command and writes what it took to a file descriptor: `python -I -S launch.py DESCRIPTOR COMMAND...`.

A process of its own, since Linux counts as a program's peak memory at least what the process that started it had: this
one has less than anything measured. It imports nothing that it could do without.
"""

import os
import sys
import time

descriptor, arguments = int(sys.argv[1]), sys.argv[2:]
os.set_inheritable(descriptor, False)
started = time.perf_counter()
process = os.posix_spawn(arguments[0], arguments, os.environ)
_, status, usage = os.wait4(process, 0)
wall = time.perf_counter() - started
cpu = usage.ru_utime + usage.ru_stime
code = os.waitstatus_to_exitcode(status)
os.write(descriptor, f"{code} {wall!r} {cpu!r} {usage.ru_maxrss * 1024}".encode())
