"""Tests of model_training.evaluation."""
