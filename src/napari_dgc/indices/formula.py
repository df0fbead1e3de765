"""Formulas of indices: arithmetic with reflectance at wavelengths, written as people read it.

``R531`` is reflectance at 531 nm, ``R620_680`` the mean from 620 to 680 nm. The text that is
shown is the text that is computed.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: A divisor that is not this many times its noise is not told from 0: the limit of detection
#: (Currie 1995, IUPAC recommendations, Pure and Applied Chemistry 67,
#: doi:10.1351/pac199567101699).
DETECTED = 3.0
_TERM = re.compile(r"R(\d+)(?:_(\d+))?")
Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, order=True)
class Term:
    """Reflectance at a wavelength, or its mean over a range.

    Parameters
    ----------
    low, high
        First and last wavelength in nanometres; equal for a single one.
    """

    low: float
    high: float

    @property
    def is_range(self) -> bool:
        """Whether this is a mean over a range."""
        return self.high > self.low

    @property
    def wavelengths(self) -> str:
        """``"531"`` or ``"620–680"``."""
        return f"{self.low:g}–{self.high:g}" if self.is_range else f"{self.low:g}"


@dataclass(frozen=True)
class Formula:
    """Arithmetic with terms.

    Parameters
    ----------
    text
        Terms and numbers with + - * / and brackets.

    Raises
    ------
    ValueError
        Anything else in the text.
    """

    text: str

    def __post_init__(self) -> None:
        if not self.terms:
            raise ValueError(f"{self.text!r} names no wavelength")

    @cached_property
    def _tree(self) -> ast.expr:
        return ast.parse(self.text, mode="eval").body

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        """The terms, by wavelength."""
        return tuple(sorted(set(_terms(self._tree))))

    @cached_property
    def degree(self) -> int | None:
        """Power of a common factor of all reflectances by which the value is multiplied.

        0 for ratios, which do not depend on brightness; 1 for differences; -1
        for differences of reciprocals; None where these are mixed, so that
        the value means something for reflectance only.
        """
        return _degree(self._tree)

    @cached_property
    def _divisors(self) -> tuple[tuple[ast.expr, Mapping[Term, float]], ...]:
        """What is divided by, and how often each term stands in it."""
        return tuple((node, _factors(node)) for node in _divisors(self._tree))

    def evaluate(
        self, values: Mapping[Term, Floats], noise: Mapping[Term, float] | None = None
    ) -> Floats:
        """Compute the formula.

        Parameters
        ----------
        values
            Reflectance for each of `terms`, arrays of one shape.
        noise
            Standard deviation of each term.

        Returns
        -------
        ndarray
            NaN where a value is NaN, a divisor is 0 or, with `noise`, not above `DETECTED`
            times its own noise: it might as well be 0, and the quotient anything.
        """
        found = np.asarray(_evaluate(self._tree, values))
        if noise is None:
            return found
        found = np.array(found)
        for divisor, factors in self._divisors:
            own = math.sqrt(sum((factor * noise[t]) ** 2 for t, factor in factors.items()))
            if own > 0:
                found[~(np.abs(_evaluate(divisor, values)) > DETECTED * own)] = np.nan
        return found

    def rewritten(self, name: str) -> str:
        """Return the text with every term as ``name``, in which {} is its wavelengths."""
        text = _TERM.sub(lambda match: name.format(_term(match[0]).wavelengths), self.text)
        return text.replace(" - ", " − ").replace(" * ", " · ")

    def __str__(self) -> str:
        return self.rewritten("R{}")


def _term(name: str) -> Term:
    match = _TERM.fullmatch(name)
    if match is None:
        raise ValueError(f"{name!r} is not reflectance at a wavelength")
    low = float(match[1])
    high = float(match[2]) if match[2] else low
    if high < low:
        raise ValueError(f"{name!r} ends before it begins")
    return Term(low, high)


def _terms(node: ast.expr) -> list[Term]:
    match node:
        case ast.BinOp(left, _, right):
            return _terms(left) + _terms(right)
        case ast.UnaryOp(ast.USub(), operand):
            return _terms(operand)
        case ast.Name(name):
            return [_term(name)]
        case ast.Constant(int() | float()):
            return []
    raise ValueError(f"{ast.unparse(node)!r} is no arithmetic")


def _degree(node: ast.expr) -> int | None:
    match node:
        case ast.Name():
            return 1
        case ast.UnaryOp(_, operand):
            return _degree(operand)
        case ast.BinOp(left, operator, right):
            first, second = _degree(left), _degree(right)
            if first is None or second is None:
                return None
            match operator:
                case ast.Mult():
                    return first + second
                case ast.Div():
                    return first - second
            return first if first == second else None
    return 0


def _divisors(node: ast.expr) -> list[ast.expr]:
    match node:
        case ast.BinOp(left, operator, right):
            own = [right] if isinstance(operator, ast.Div) and _terms(right) else []
            return _divisors(left) + _divisors(right) + own
        case ast.UnaryOp(_, operand):
            return _divisors(operand)
    return []


def _factors(node: ast.expr) -> dict[Term, float]:
    """Return by what each term of a sum is multiplied; empty for anything but a sum."""
    match node:
        case ast.Name(name):
            return {_term(name): 1.0}
        case ast.UnaryOp(_, operand):
            return {term: -factor for term, factor in _factors(operand).items()}
        case ast.BinOp(ast.Constant(int() | float() as number), ast.Mult(), right):
            return {term: number * factor for term, factor in _factors(right).items()}
        case ast.BinOp(left, ast.Div(), ast.Constant(int() | float() as number)):
            return {term: factor / number for term, factor in _factors(left).items()}
        case ast.BinOp(left, ast.Add() | ast.Sub() as operator, right):
            sign = 1.0 if isinstance(operator, ast.Add) else -1.0
            found = _factors(left)
            for term, factor in _factors(right).items():
                found[term] = found.get(term, 0.0) + sign * factor
            return found
    return {}


def _evaluate(node: ast.expr, values: Mapping[Term, Floats]) -> Any:
    match node:
        case ast.Constant(number):
            return number
        case ast.Name(name):
            return values[_term(name)]
        case ast.UnaryOp(_, operand):
            return -_evaluate(operand, values)
        case ast.BinOp(left, operator, right):
            first, second = _evaluate(left, values), _evaluate(right, values)
            match operator:
                case ast.Add():
                    return first + second
                case ast.Sub():
                    return first - second
                case ast.Mult():
                    return first * second
                case ast.Div():
                    return _divide(first, second)
    raise ValueError(f"{ast.unparse(node)!r} is no arithmetic")


def _divide(first: Any, second: Any) -> Any:
    """Divide, NaN where the divisor is 0 (an infinite part could vanish in a further division)."""
    if not isinstance(second, np.ndarray):
        return first / second
    with np.errstate(over="ignore"):  # by a divisor next to 0
        quotient = np.divide(
            first,
            second,
            out=np.full(second.shape, np.nan, second.dtype),
            where=second != 0,
            casting="same_kind",
        )
    quotient[~np.isfinite(quotient)] = np.nan
    return quotient
