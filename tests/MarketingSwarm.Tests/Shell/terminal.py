"""Runs a program in a terminal of its own and types the answers it is given.

terminal.py '[["what to wait for", "what to type"], ...]' program argument...
Prints a JSON object: what the screen was sent, and the exit code (negative: the signal that ended the program).
"""
import json
import os
import pty
import select
import signal
import sys

LIMIT_SECONDS = 120

answers = json.loads(sys.argv[1])
child, terminal = pty.fork()
if child == 0:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execvp(sys.argv[2], sys.argv[2:])

screen = b""
searched = 0
while True:
    if not select.select([terminal], [], [], LIMIT_SECONDS)[0]:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        sys.exit(f"Nothing came for {LIMIT_SECONDS} s, waiting for {answers[:1]}. The screen: {screen!r}")
    try:
        data = os.read(terminal, 65536)
    except OSError:
        break
    if not data:
        break
    screen += data
    while answers:
        found = screen.find(answers[0][0].encode(), searched)
        if found < 0:
            break
        searched = found + len(answers[0][0].encode())
        os.write(terminal, answers.pop(0)[1].encode())

_, status = os.waitpid(child, 0)
print(json.dumps({"screen": screen.decode(), "exit_code": os.waitstatus_to_exitcode(status)}))
