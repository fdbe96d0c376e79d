"""The socket that a node listens on; its receiver processes accept from it in turn."""

import socket
from typing import Final

from pynetdicom.transport import AddressInformation

_BACKLOG: Final = 128


def open_listener(host: str, port: int) -> socket.socket:
    """Listen; port 0 lets the system choose. Accepting never blocks. Raises OSError.

    Processes that inherit the socket all accept from it, whichever is idle; a connection that
    nobody has accepted yet survives the end of any of them.
    """
    listener = socket.socket(AddressInformation.from_tuple((host, port)).address_family)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
        listener.settimeout(0)  # one connection wakes several processes
    except BaseException:
        listener.close()
        raise
    return listener
