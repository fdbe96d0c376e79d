"""From a stored result to the peers that shall have it: routing, sending, retry."""
