"""Kinds of option values that several commands share."""

import argparse


def count(text: str) -> int:
    """Read a whole number of at least 1."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return number


def seed(text: str) -> int:
    """Read a seed: a whole number from 0 to 2**32 - 1."""
    try:
        number = int(text)
    except ValueError:
        number = -1
    if not 0 <= number < 2**32:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to {2**32 - 1}")
    return number


def millimetres(text: str) -> float:
    """Read the length of something that a camera sees, above 0."""
    try:
        length = float(text)
    except ValueError:
        length = 0.0
    # Comparisons with NaN are false.
    if not 1e-6 < length < 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is not a length in mm, above 0")
    return length
