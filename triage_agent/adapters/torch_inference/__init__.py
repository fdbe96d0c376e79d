"""Decoding in child processes, and the classifier on torch or ONNX Runtime.

Importing a module here does not import torch; only building or exporting a network does.
"""
