"""Facts of the triage node as frozen values: no I/O, no clock, no randomness."""
