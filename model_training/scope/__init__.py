"""Fitting and measuring the gate by which a network abstains from images unlike its own."""
