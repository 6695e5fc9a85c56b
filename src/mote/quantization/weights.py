"""A layer's weights and bias as integers: scales, rounding, and the bias that follows from them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mote.ir import DType, Graph, Node, Quantization, Tensor
from mote.ir.ops import DepthwiseConv2D
from mote.ir.tensor import Array
from mote.quantization.adaround import Objective, adaround
from mote.quantization.config import QuantizationConfig
from mote.quantization.moments import Moments, as_groups, from_groups
from mote.quantization.scheme import BIAS_LIMIT, along_axis, float32_at_least, weight_scales
from mote.reference.fixed_point import round_half_away

Reals = NDArray[np.float64]

SHRINKS = {8: np.linspace(1, 0.8, 21), 4: np.linspace(1, 0.4, 31)}
"""Parts of the greatest weight that the search tries as the end of the range, by bits."""

WIDE_BIAS_LIMIT = 2**40
"""Greatest int64 bias, of int16 layers; as BIAS_LIMIT for their 48-bit accumulator."""


@dataclass(frozen=True)
class QuantizedWeights:
    """Integers of a layer's weights.

    Args:
        integers: In the weight's shape, int8 whatever the type.
        q: Scales and zero points.
        nearest_error, error: The objective (``adaround.Objective``) per channel, rounding to
            nearest and as chosen.
    """

    integers: Array
    q: Quantization
    nearest_error: float
    error: float


def channel_axis(node: Node) -> int:
    return 3 if isinstance(node.op, DepthwiseConv2D) else 0


def quantize_weights(
    graph: Graph,
    node: Node,
    x: Tensor,
    dtype: DType,
    config: QuantizationConfig,
    moments: Moments | None,
) -> QuantizedWeights:
    """The integers of a layer's weights.

    A scale is raised where the bias would not fit otherwise. A channel that has neither weights
    nor bias gets the greatest scale of the others.

    Args:
        graph: Holds the layer in float.
        node: The layer.
        x: Its operand, quantised.
        dtype: INT8 or INT4.
        moments: Of its operand; without covariances every input counts alike.
    """
    weight = graph.operands(node)[1].array.astype(np.float64)
    bias = graph.operands(node)[2].array.astype(np.float64)
    axis, bits = channel_axis(node), dtype.bits
    others = tuple(i for i in range(weight.ndim) if i != axis)
    greatest = np.abs(weight).max(axis=others)
    limit = WIDE_BIAS_LIMIT if x.dtype is DType.INT16 else BIAS_LIMIT
    least = np.abs(bias) / (x.q.scale * limit)
    top = 2 ** (bits - 1) - 1
    typical = max(greatest.max() / top, least.max()) or 1.0
    least[(greatest == 0) & (bias == 0)] = typical
    if config.granularity == "per-tensor":
        least, greatest = np.full_like(least, least.max()), np.full_like(greatest, greatest.max())
    grouped = as_groups(node, weight, x.shape[-1])
    objective = Objective.of(grouped, moments)
    scales = _scales(grouped, greatest, least, objective, bits, config)
    by_row = scales.reshape(*grouped.shape[:2], 1)
    steps = grouped / by_row
    integers = rounded(steps, top, config)
    before = after = float(objective.errors((integers - steps) * by_row).mean())
    if config.adaround and config.weights != "fixed-point-floor":
        integers = adaround(steps, objective.in_steps(by_row), top, config.adaround_steps)
        after = float(objective.errors((integers - steps) * by_row).mean())
    stored = from_groups(node, integers, weight.shape).astype(np.int8)
    if config.granularity == "per-tensor":
        q = Quantization((float(scales[0]),), (0,))
    else:
        q = Quantization(tuple(map(float, scales)), (0,) * len(scales), axis)
    return QuantizedWeights(stored, q, before, after)


def rounded(steps: Reals, top: int, config: QuantizationConfig) -> Reals:
    """Weights over their scale as whole numbers, limited to ``top``."""
    floor = config.weights == "fixed-point-floor"
    return np.clip(np.floor(steps) if floor else round_half_away(steps), -top, top)


def _scales(
    grouped: Reals,
    greatest: Reals,
    least: Reals,
    objective: Objective,
    bits: int,
    config: QuantizationConfig,
) -> Reals:
    """One scale per output channel: of the greatest weight, or with the least error."""

    def of(part: float) -> Reals:
        return np.array(weight_scales(part * greatest, least, scheme=config.weights, bits=bits))

    if not config.search_weight_scales:
        return of(1.0)
    candidates = [of(float(part)) for part in SHRINKS[bits]]
    if config.weights.startswith("fixed-point"):
        candidates.append(of(0.5))  # the next power of two
    errors = []
    for scales in candidates:
        by_row = scales.reshape(*grouped.shape[:2], 1)
        integers = rounded(grouped / by_row, 2 ** (bits - 1) - 1, config)
        found = objective.errors(integers * by_row - grouped).reshape(-1)
        shared = config.granularity == "per-tensor"
        errors.append(np.full_like(found, found.sum()) if shared else found)
    best = np.argmin(errors, axis=0)
    return np.asarray(np.array(candidates)[best, np.arange(len(best))])


def quantize_bias(
    bias: Reals, x: Tensor, weights: QuantizedWeights, config: QuantizationConfig
) -> tuple[Array, Quantization]:
    """The bias in units of the accumulator: input scale times weight scale (eq. 11)."""
    scales = x.q.scale * np.array(weights.q.scales)
    steps = np.broadcast_to(bias / scales, bias.shape)
    whole = np.floor(steps) if config.weights == "fixed-point-floor" else round_half_away(steps)
    dtype = np.int64 if x.dtype is DType.INT16 else np.int32
    axis = None if weights.q.axis is None else 0
    q = Quantization(tuple(float32_at_least(float(s)) for s in scales), (0,) * len(scales), axis)
    return whole.astype(dtype), q


def corrected_bias(
    graph: Graph, node: Node, x: Tensor, weights: QuantizedWeights, moments: Moments
) -> Reals:
    """The bias with which the mean result, before the activation, is that of the float layer.

    b + W mean(x) - W_q mean(x_q) per channel: Nagel et al. 2019, section 4.2, with the means
    measured on samples (their appendix D). A correction that is too great for the type is not made.
    """
    weight, bias = (t.array.astype(np.float64) for t in graph.operands(node)[1:])
    inputs = x.shape[-1]
    scales, _ = along_axis(weights.q, weight.ndim)
    means = [
        np.einsum("gok,gk->go", as_groups(node, w, inputs), mean).reshape(-1)
        for w, mean in (
            (weight, moments.mean),
            (weights.integers * scales, moments.quantized_mean),
        )
    ]
    corrected = bias + means[0] - means[1]
    limit = WIDE_BIAS_LIMIT if x.dtype is DType.INT16 else BIAS_LIMIT
    fits = np.abs(corrected) <= limit * x.q.scale * np.array(weights.q.scales)
    return np.where(fits, corrected, bias)
