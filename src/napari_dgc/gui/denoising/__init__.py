"""Scans as a model gives them back, as layers."""
