"""What bounds or fixes the scales of functions, norms and softmaxes.

Some results have a scale that follows from the operator alone, as TFLite fixes it.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from mote.ir import DType, Quantization, Tensor
from mote.ir.ops import Function, LayerNorm, LogSoftmax, Op, PRelu, Softmax, Unary
from mote.quantization.scheme import SOFTMAX, float32_at_least

UNIT_S16 = Quantization((2.0**-15,), (0,))
TANH = Quantization((2.0**-7,), (0,))
LOGARITHMS = Quantization((16 / 256,), (127,))

FUNCTIONS: Mapping[Function, Mapping[DType, Quantization]] = {
    Function.SIGMOID: {DType.INT8: SOFTMAX, DType.INT16: UNIT_S16},
    Function.TANH: {DType.INT8: TANH, DType.INT16: UNIT_S16},
}


def fixed_result(op: Op, dtype: DType) -> Quantization | None:
    """The quantisation that the operator's result always has; None where its range decides."""
    match op:
        case Softmax():
            return {DType.INT8: SOFTMAX, DType.INT16: UNIT_S16}.get(dtype)
        case LogSoftmax():
            return {DType.INT8: LOGARITHMS}.get(dtype)
        case Unary(function=function):
            return FUNCTIONS.get(function, {}).get(dtype)
    return None


FINEST_CLAMP = 2.0**-15
"""A clamp's scale is at least this part of its operand's: scaled int16 values stay in 32 bits."""
FINEST_NORM = 2.0**-20
"""A norm's scale is at least this part of its greatest possible result: enough bits are left to
round."""
LEARNT_LIMIT = 2**30
"""Greatest integer of a norm's factors and offsets."""


def finest_scale(op: Op, operands: Sequence[Tensor]) -> float:
    """The least scale that the result may have; 0 for any."""
    x = operands[0]
    match op:
        case PRelu():
            product = x.q.scale * operands[1].q.scale
            return max(FINEST_CLAMP * x.q.scale, product * (1 + 2.0**-20))
        case LayerNorm():
            gamma, beta = (float(np.abs(t.array).max()) * t.q.scale for t in operands[1:])
            return float(FINEST_NORM * (2 * np.sqrt(x.shape[-1]) * gamma + beta))
        case Unary(function=Function.LEAKY_RELU, alpha=alpha):
            return FINEST_CLAMP * x.q.scale * max(1.0, abs(alpha))
    return FINEST_CLAMP * x.q.scale if x.dtype is DType.INT16 else 0.0


def learnt_quantization(low: float, high: float) -> Quantization:
    """Of a norm's factors or offsets, as int32."""
    return Quantization((float32_at_least(max(-low, high) / LEARNT_LIMIT) or 1.0,), (0,))
