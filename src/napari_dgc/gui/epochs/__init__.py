"""Epochs that were kept: looking back at them, and going on from one."""
