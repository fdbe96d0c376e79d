"""Adapters: the only code that touches files, sockets, databases and devices."""
