"""Operating system processes: one for each role, supervised."""
