"""Engines: what calls the steps. The rows say what is due."""
