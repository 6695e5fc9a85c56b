"""Measures what quantisation did to a tensor or to weights, for the report."""

import numpy as np

from mote.ir import DType, Graph, Node, Quantization, Tensor
from mote.quantization.report import TensorReport, WeightReport, sqnr_db
from mote.quantization.scheme import along_axis
from mote.quantization.simulate import Simulation
from mote.quantization.weights import QuantizedWeights


def explain_tensor(simulation: Simulation, tensor: Tensor) -> TensorReport:
    """An activation that both graphs have computed."""
    real, found = simulation.real[tensor.name], simulation.reals(tensor)
    low, high = float(real.min()), float(real.max())
    if tensor.quantization is None:
        scale, zero_point, least, greatest = 0.0, 0, low, high
    else:
        scale, zero_point = tensor.q.scale, tensor.q.zero_point
        least, greatest = ((end - zero_point) * scale for end in tensor.dtype.range)
    outside = (real < least - scale / 2) | (real > greatest + scale / 2)
    return TensorReport(
        name=tensor.name,
        dtype=tensor.dtype.value,
        low=low,
        high=high,
        scale=scale,
        zero_point=zero_point,
        least=least,
        greatest=greatest,
        clipped=float(np.mean(outside)),
        sqnr_db=sqnr_db(real, found),
    )


def explain_weights(
    graph: Graph,
    node: Node,
    weights: QuantizedWeights,
    dtype: DType,
    bias_change: float,
    result: Quantization,
) -> WeightReport:
    """A layer's weights; ``bias_change`` is a real number."""
    real = graph.operands(node)[1].array
    scales, _ = along_axis(weights.q, real.ndim)
    top = dtype.range[1]
    return WeightReport(
        dtype=dtype.value,
        scales=len(weights.q.scales),
        least_scale=min(weights.q.scales),
        greatest_scale=max(weights.q.scales),
        clipped=float(np.mean(np.abs(real) > (top + 0.5) * scales)),
        sqnr_db=sqnr_db(real, weights.integers * scales),
        nearest_error=weights.nearest_error,
        error=weights.error,
        bias_correction=bias_change / result.scale,
    )
