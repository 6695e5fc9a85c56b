"""How TFLite's functions of one value and its arithmetic become nodes."""

import math
from collections.abc import Callable

import numpy as np

from mote.frontends.tflite.attributes import fused_activation
from mote.frontends.tflite.builder import Site
from mote.frontends.tflite.values import UnsupportedError
from mote.ir import DType, Tensor
from mote.ir.ops import Activation, Add, Function, LogSoftmax, Mul, PRelu, Relu, Softmax, Sub, Unary

POWERS = {
    2.0: Function.SQUARE,
    0.5: Function.SQRT,
    -0.5: Function.RSQRT,
    -1.0: Function.RECIPROCAL,
}
"""Exponents of POW that have a function of their own."""


def add(site: Site) -> None:
    _refuse_powers_of_two(site)
    site.emit(Add(fused_activation(site)), site.data(0), site.data(1))


def sub(site: Site) -> None:
    _refuse_powers_of_two(site)
    site.emit(Sub(fused_activation(site)), site.data(0), site.data(1))


def mul(site: Site) -> None:
    site.emit(Mul(fused_activation(site)), site.data(0), site.data(1))


def div(site: Site) -> None:
    """Float only: times the reciprocal, which is a constant where the divisor is one."""
    x, divisor = _reals(site, 0), _reals(site, 1)
    if divisor.is_constant and not divisor.array.all():
        raise UnsupportedError(f"divides by '{divisor.name}', which holds 0", "divide by others")
    reciprocal = site.insert("reciprocal", Unary(Function.RECIPROCAL), (divisor,), divisor)
    site.emit(Mul(fused_activation(site)), x, reciprocal)


def squared_difference(site: Site) -> None:
    x0, x1 = _reals(site, 0), _reals(site, 1)
    difference = site.insert("difference", Sub(), (x0, x1), site.result())
    site.emit(Unary(Function.SQUARE), difference)


def power(site: Site) -> None:
    x, exponent = _reals(site, 0), _reals(site, 1)
    values = np.unique(exponent.array) if exponent.is_constant else np.zeros(0)
    if values.size != 1 or float(values[0]) not in POWERS:
        raise UnsupportedError(
            f"raises to '{exponent.name}', allowed: a constant 2, 0.5, -0.5 or -1",
            "write other powers as products",
        )
    site.emit(Unary(POWERS[float(values[0])]), x)


def bound(*, upper: bool) -> Callable[[Site], None]:
    """MINIMUM and MAXIMUM with a constant of one value: a clip."""

    def convert(site: Site) -> None:
        x, limit = site.data(0), site.data(1)
        if x.is_constant:
            x, limit = limit, x
        if not limit.is_constant or np.unique(limit.array).size != 1:
            raise UnsupportedError("of two activations", "compare with one constant number")
        if x.quantization != limit.quantization:
            raise UnsupportedError(f"'{limit.name}' and '{x.name}' have different scales")
        value = float(limit.array.flat[0])
        if limit.quantization is not None:
            value = limit.q.scale * (value - limit.q.zero_point)
        if not upper and value == 0 and x.dtype is DType.FLOAT32:
            site.emit(Relu(Activation.RELU), x)
            return
        low, high = (-math.inf, value) if upper else (value, math.inf)
        site.emit(Unary(Function.CLIP, low, high), x)

    return convert


def relu(activation: Activation) -> Callable[[Site], None]:
    def convert(site: Site) -> None:
        site.emit(Relu(activation), site.data(0))

    return convert


def function(which: Function, alpha: float = 0.0, beta: float = 0.0) -> Callable[[Site], None]:
    def convert(site: Site) -> None:
        site.emit(Unary(which, alpha, beta), site.data(0))

    return convert


def negate(site: Site) -> None:
    """Float only: on integers TFLite negates what is stored, whatever the zero points are."""
    site.emit(Unary(Function.NEGATE), _reals(site, 0))


def sqrt(site: Site) -> None:
    """Not int16, whose roots TFLite computes in floats."""
    x = site.data(0)
    if x.dtype is DType.INT16:
        raise UnsupportedError("int16 square roots, allowed: int8 and float32", "quantise to int8")
    site.emit(Unary(Function.SQRT), x)


def leaky_relu(site: Site) -> None:
    site.emit(Unary(Function.LEAKY_RELU, site.options.alpha), site.data(0))


def gelu(site: Site) -> None:
    which = Function.GELU_TANH if site.options.approximate else Function.GELU
    site.emit(Unary(which), site.data(0))


def prelu(site: Site) -> None:
    x, alpha = site.data(0), site.data(1)
    if x.dtype is DType.FLOAT32:
        alpha = site.as_float(alpha)
    site.emit(PRelu(), x, alpha)


def softmax(site: Site) -> None:
    site.emit(Softmax(site.options.beta), site.data(0))


def log_softmax(site: Site) -> None:
    site.emit(LogSoftmax(), site.data(0))


def _reals(site: Site, operand: int) -> Tensor:
    tensor = site.data(operand)
    if tensor.dtype is not DType.FLOAT32:
        raise UnsupportedError(f"'{tensor.name}' is {tensor.dtype.value}, allowed: float32")
    return tensor


def _refuse_powers_of_two(site: Site) -> None:
    """int16 sums whose scales are all powers of two follow a rule of their own in TFLite.

    It shifts one operand and rounds before it adds. Where nothing is shifted, both rules agree.
    """
    tensors = (site.data(0), site.data(1), site.result())
    if not site.options.pot_scale_int16 or any(t.dtype is not DType.INT16 for t in tensors):
        return
    scales = [t.q.scale for t in tensors if t.quantization is not None]
    if len(set(scales)) > 1 and all(_is_almost_power_of_two(s) for s in scales):
        raise UnsupportedError(
            "int16 operands of unlike scales that are powers of two (pot_scale_int16)",
            "convert again with a newer TensorFlow, which does without it",
        )


def _is_almost_power_of_two(scale: float) -> bool:
    """TFLite's ``CheckedLog2``."""
    exponent = math.log2(scale)
    return abs(exponent - round(exponent)) < 1e-3
