"""Other people's files, the network, and text that would act where staff read it."""

from tests.attacks.attack import DENIED, REACHED, ZERO, Attack, forward

TRY = f"""
import socket
def attempt(action):
    try:
        action()
    except OSError:
        return
    print({REACHED!r})
"""

ATTACKS = (
    Attack("reads another student's file", DENIED, TRY + "attempt(lambda: open('<other>').read())", shown=True),
    Attack("changes another student's file", DENIED, TRY + "attempt(lambda: open('<other>', 'a'))"),
    Attack(
        "connects over TCP",
        DENIED,
        TRY + "attempt(lambda: socket.create_connection(('127.0.0.1', <tcp>), 1))",
        shown=True,
    ),
    Attack(
        "sends over UDP",
        DENIED,
        TRY + "attempt(lambda: socket.socket(2, 2).sendto(b'x', ('127.0.0.1', <tcp>)))",
        shown=True,
    ),
    Attack(
        "connects to an abstract socket",
        DENIED,
        TRY + "attempt(lambda: socket.socket(1, 1).connect('\\0<socket>'))",
        shown=True,
    ),
    Attack("prints its inputs", ZERO, functions=forward("print('INPUT', x)\nreturn 0, 0")),
    Attack(
        "raises terminal codes", ZERO, functions=forward("raise ValueError('\\x1b]0;owned\\x07\\x1b[2J' + '\\u202e')")
    ),
)
