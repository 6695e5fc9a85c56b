"""What quantisation did: scales, clipping and signal-to-noise ratios, layer by layer."""

import math
from dataclasses import dataclass

import numpy as np

from mote.ir.tensor import Array


@dataclass(frozen=True, kw_only=True)
class TensorReport:
    """An activation before and after quantisation, on the samples.

    Args:
        name: Of the tensor.
        dtype: ``int8``, ``int16`` or ``float32``.
        low, high: Least and greatest float value.
        scale, zero_point: As chosen; 0 of a float tensor.
        least, greatest: The ends of what the integers can stand for.
        clipped: Share of the float values outside these ends.
        sqnr_db: Signal-to-quantisation-noise ratio of the values; infinite without noise.
    """

    name: str
    dtype: str
    low: float
    high: float
    scale: float
    zero_point: int
    least: float
    greatest: float
    clipped: float
    sqnr_db: float


@dataclass(frozen=True, kw_only=True)
class WeightReport:
    """The weights of a layer.

    Args:
        dtype: ``int8`` or ``int4``.
        scales: How many there are.
        least_scale, greatest_scale: Of them.
        clipped: Share of the weights beyond the greatest integer.
        sqnr_db: Of the weights themselves.
        nearest_error, error: The layer-wise objective (``adaround.Objective``) per channel,
            rounding to nearest and as chosen: negative where rounding makes up for the error of
            the input.
        bias_correction: The greatest change of the bias, in steps of the result.
    """

    dtype: str
    scales: int
    least_scale: float
    greatest_scale: float
    clipped: float
    sqnr_db: float
    nearest_error: float
    error: float
    bias_correction: float


@dataclass(frozen=True, kw_only=True)
class LayerReport:
    """One node of the float graph.

    Args:
        name, kind: Of the node.
        result: Its activation.
        weights: None for a node without them.
    """

    name: str
    kind: str
    result: TensorReport
    weights: WeightReport | None = None


@dataclass(frozen=True, kw_only=True)
class QuantizationReport:
    """Everything about one quantisation.

    Args:
        samples: How many samples the ratios were measured on.
        equalized: How many sets of channels were equalised.
        inputs: The graph's inputs.
        layers: In execution order.
    """

    samples: int
    equalized: int
    inputs: tuple[TensorReport, ...]
    layers: tuple[LayerReport, ...]


def sqnr_db(real: Array, approximation: Array) -> float:
    """10 log10(sum x^2 / sum (x - x')^2)."""
    signal = float(np.square(real, dtype=np.float64).sum())
    noise = float(np.square(real.astype(np.float64) - approximation).sum())
    if not noise:
        return math.inf
    return 10 * math.log10(signal / noise) if signal else -math.inf
