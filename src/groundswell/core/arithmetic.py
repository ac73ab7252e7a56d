"""Arithmetic with the same bits everywhere: + - * /, comparisons and integers only.

libm's exp and log differ between platforms and versions, so the engine has its own. Every function here is plain
Python that runs as it stands on scalars and is compiled by the engine when a compiled step uses it. Those with a
plural name take NumPy arrays and perform the same operations in the same order.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

F32, F64 = np.float32, np.float64
U8, U16, U32, U64 = np.uint8, np.uint16, np.uint32, np.uint64
I32, I64 = np.int32, np.int64

Floats = npt.NDArray[np.float64]

_LN2 = 0.6931471805599453


def exp_core(x: Any) -> Any:
    """e**x for |x| <= 700 by a Taylor polynomial of x/65536 squared sixteen times.

    The relative error is below 2e-11 for |x| <= 300 and 2e-10 at 700.
    """
    y = x / F64(65536.0)
    t = F64(1.0) + y * (F64(1.0) + y * (F64(0.5) + y * (F64(1.0 / 6.0) + y * (F64(1.0 / 24.0) + y * F64(1.0 / 120.0)))))
    for _ in range(16):
        t = t * t
    return t


def exp(x: float) -> Any:
    """e**x of one float64, clamped to |x| <= 700."""
    return exp_core(min(max(F64(x), F64(-700.0)), F64(700.0)))


def exp_above(x: Any) -> Any:
    """At least e**x and less than 7 % more, for |x| <= 700, in a few operations: a straight line from one power of two to the next.

    The whole part of x / log 2 becomes the exponent of a float64 and the rest its fraction.
    """
    t = min(max(F64(x) * F64(1.4426950408889634), F64(-1010.0)), F64(1010.0))
    return I64((t + F64(1023.0)) * F64(4503599627370496.0)).view(F64)


def exps(x: npt.ArrayLike) -> Floats:
    """e**x of an array, the same bits as `exp` on each element: its operations, in place."""
    y: Any = np.minimum(np.maximum(np.asarray(x, np.float64), -700.0), 700.0)
    y /= 65536.0
    t: Any = y * (1.0 / 120.0)
    for coefficient in (1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0):
        t += coefficient
        t *= y
    t += 1.0
    for _ in range(16):
        t *= t
    result: Floats = t
    return result


def logistic(x: float) -> Any:
    """1 / (1 + e**-x) of one float64."""
    return F64(1.0) / (F64(1.0) + exp(-x))


def logistics(x: npt.ArrayLike) -> Floats:
    """1 / (1 + e**-x) of an array."""
    return 1.0 / (1.0 + exps(-np.asarray(x, np.float64)))


def log_core(m: Any, e: Any) -> Any:
    """The logarithm of m * 2**e for m in [0.5, 1): the series of artanh after one shift; error below 1e-15."""
    t = (m - F64(0.75)) / (m + F64(0.75))
    q = t * t
    s = F64(1.0 / 21.0)
    s = s * q + F64(1.0 / 19.0)
    s = s * q + F64(1.0 / 17.0)
    s = s * q + F64(1.0 / 15.0)
    s = s * q + F64(1.0 / 13.0)
    s = s * q + F64(1.0 / 11.0)
    s = s * q + F64(1.0 / 9.0)
    s = s * q + F64(1.0 / 7.0)
    s = s * q + F64(1.0 / 5.0)
    s = s * q + F64(1.0 / 3.0)
    s = s * q + F64(1.0)
    return F64(2.0) * t * s + F64(-0.2876820724517809) + e * F64(_LN2)


def log(x: float) -> Any:
    """The natural logarithm of one positive float64."""
    m, e = math.frexp(x)
    return log_core(F64(m), F64(e))


def logs(x: npt.ArrayLike) -> Floats:
    """The natural logarithm of an array of positive numbers, the same bits as `log` on each element: its operations, in place."""
    m, e = np.frexp(np.asarray(x, np.float64))
    t: Any = m - 0.75
    m += 0.75
    t /= m
    q = t * t
    s: Any = q * (1.0 / 21.0)
    for odd in (19.0, 17.0, 15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0):
        s += 1.0 / odd
        s *= q
    s += 1.0
    t *= 2.0
    t *= s
    t += -0.2876820724517809
    t += e * _LN2
    result: Floats = t
    return result


def power(base: float, n: int) -> Any:
    """base**n for an integer n >= 0 by repeated squaring."""
    result, square, left = F64(1.0), F64(base), n
    while left > 0:
        if left & 1:
            result = result * square
        square = square * square
        left = left >> 1
    return result


def binomial(n: int, p: float, u: float) -> int:
    """The number of successes in n <= 1000 trials of probability p, by inversion of the uniform u in [0, 1).

    One uniform gives one count, so a weighted row of n people needs one addressed draw; n = 1 gives u >= 1 - p.
    """
    if n <= 0 or p <= F64(0.0):
        return 0
    if p >= F64(1.0):
        return n
    flipped = p > F64(0.5)
    q = F64(1.0) - p if flipped else F64(p)
    w = F64(1.0) - u if flipped else F64(u)  # failures fall as u rises, so that successes rise with it
    term = power(F64(1.0) - q, n)
    ratio = q / (F64(1.0) - q)
    total, k = term, 0
    while w >= total and k < n:
        term = term * ratio * F64(n - k) / F64(k + 1)
        total = total + term
        k += 1
    return n - k if flipped else k
