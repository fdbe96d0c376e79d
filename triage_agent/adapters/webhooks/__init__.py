"""Messages to other programs over HTTP."""
