"""The meaning of layer norm: the float formula, and ours for int8 and int16, in integers alone.

With n elements x in a row, S their sum and Q the sum of their squares, all exact:

    d = n * x - S            n times the distance from the mean
    W = n * Q - S**2 + E     n**2 times the variance plus epsilon, E = epsilon * n**2 / x_scale**2
    y = y_zero + round((d / sqrt(W) * gamma + beta) / y_scale)

(Ba et al., "Layer Normalization", 2016, eq. 4, times n.) The zero point of x cancels out.
``inverse_root`` finds 1 / sqrt(W) to 28 bits.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mote.ir.ops import LayerNorm
from mote.ir.tensor import Array, DType, Tensor
from mote.reference.fixed_point import Ints

MAX_FRACTION_BITS = 16
"""Of W, if it has room for them: they hold epsilon where the variance is small."""
W_BITS = 62
RESULT_BITS = 29
"""Bound of the result with its fraction, before it is rounded."""

START, SLOPE = 2290062345, 1308641340
"""1.0664 in Q1.31 and 0.30469 in Q0.32: 1.0664 - 0.15235 * a is within 9 % of 1 / sqrt(a) on
[1, 4)."""
NEWTON_STEPS = 4


@dataclass(frozen=True)
class LayerNormConstants:
    """What the integer formula has in place of epsilon, gamma, beta and the scales.

    Args:
        fraction_bits: Of W; even.
        epsilon: E in units of 2**-fraction_bits.
        root_bits: 2**root_bits is at least sqrt(n).
        gamma: gamma / y_scale in units of 2**-(right + root_bits + 1), int32.
        beta: beta / y_scale in units of 2**-right, int32.
        right: Fraction bits of the result before it is rounded.
    """

    fraction_bits: int
    epsilon: int
    root_bits: int
    gamma: Ints
    beta: Ints
    right: int


def layer_norm_constants(
    op: LayerNorm, x: Tensor, gamma: Tensor, beta: Tensor, y: Tensor
) -> LayerNormConstants:
    """The constants of a row length, a pair of scales and the learnt values."""
    n = x.shape[-1]
    largest = n * n * (2**14 if x.dtype is DType.INT8 else 2**30)  # of n**2 times the variance
    epsilon = op.epsilon * n * n / x.q.scale**2
    fraction_bits = MAX_FRACTION_BITS
    while fraction_bits and (largest + epsilon) * 2.0**fraction_bits >= 2**W_BITS:
        fraction_bits -= 2
    whole = min(math.floor(epsilon * 2.0**fraction_bits + 0.5), 2**W_BITS - largest)
    root_bits = (max(n - 1, 0).bit_length() + 1) // 2
    slopes, starts = (t.array.astype(np.float64) * t.q.scale / y.q.scale for t in (gamma, beta))
    greatest = float((np.abs(slopes) * 2.0**root_bits + np.abs(starts)).max()) + 1
    right = min(RESULT_BITS - math.ceil(math.log2(greatest)), 28)
    return LayerNormConstants(
        fraction_bits,
        whole,
        root_bits,
        _rounded(slopes * 2.0 ** (right + root_bits + 1)),
        _rounded(starts * 2.0**right),
        right,
    )


def _rounded(x: Array) -> Ints:
    return np.floor(x + 0.5).astype(np.int64)


def layer_norm(
    op: LayerNorm, values: Sequence[Array], operands: Sequence[Tensor], result: Tensor
) -> Array:
    """(x - mean) / sqrt(variance + epsilon) * gamma + beta over the last axis.

    float32: in double precision, rounded once. Integers: the formula above, halves up.
    """
    if result.dtype is DType.FLOAT32:
        return _real(op, values)
    p = layer_norm_constants(op, operands[0], operands[1], operands[2], result)
    x = values[0].astype(np.int64)
    n = x.shape[-1]
    total = x.sum(-1, keepdims=True)
    variance = n * (x * x).sum(-1, keepdims=True) - total * total
    w = np.maximum((variance << p.fraction_bits) + p.epsilon, 1)
    pairs = (64 - _bit_length(w)) // 2
    mantissa = (w.astype(np.uint64) << (2 * pairs).astype(np.uint64)) >> np.uint64(32)
    inverse = inverse_root(mantissa.astype(np.int64))
    left = np.minimum(pairs + p.fraction_bits // 2 - p.root_bits - 1, 30)
    distance = n * x - total
    scaled = np.where(left >= 0, distance << np.maximum(left, 0), distance >> np.maximum(-left, 0))
    normal = (scaled * inverse + (1 << 30)) >> 31
    fine = ((normal * p.gamma + (1 << 30)) >> 31) + p.beta
    # No kernel computes with less than one fraction bit.
    steps = (fine + (1 << p.right >> 1)) >> p.right if p.right > 0 else fine << -p.right
    steps = steps + result.q.zero_point
    y: Array = np.clip(steps, *result.dtype.range).astype(result.dtype.numpy)
    return y


def inverse_root(a: Ints) -> Ints:
    """1 / sqrt(a) in Q0.31, at most 2**31 - 1, for a in [1, 4) in Q2.30: Newton's method, each
    product truncated.

    The relative error is below 2**-28 (the tests measure it).
    """
    root = START - ((a * SLOPE) >> 32)
    for _ in range(NEWTON_STEPS):
        product = (a * ((root * root) >> 31)) >> 31
        root = np.minimum((root * ((3 << 30) - product)) >> 31, 2**31 - 1)
    return root


def _bit_length(x: Ints) -> Ints:
    """Of positive integers below 2**63, exactly."""
    high = x >> 32
    part = np.where(high > 0, high, x)
    bits = np.frexp(part.astype(np.float64))[1].astype(np.int64)
    return bits + np.where(high > 0, 32, 0)


def _real(op: LayerNorm, values: Sequence[Array]) -> Array:
    x, gamma, beta = (v.astype(np.float64) for v in values)
    distance = x - x.mean(-1, keepdims=True)
    variance = (distance**2).mean(-1, keepdims=True)
    normal: Array = distance / np.sqrt(variance + op.epsilon) * gamma + beta
    return normal.astype(np.float32)
