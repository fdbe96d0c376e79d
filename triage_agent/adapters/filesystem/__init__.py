"""Encoded objects as files, named by their digest."""
