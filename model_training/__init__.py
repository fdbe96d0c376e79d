"""Fitting, evaluating and exporting the model that the node serves."""
