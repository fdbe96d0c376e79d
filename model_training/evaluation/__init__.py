"""Measuring a model on images it has not seen, each figure with its 95% interval."""
