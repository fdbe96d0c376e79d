"""Structured log lines on standard error, without patient data."""
