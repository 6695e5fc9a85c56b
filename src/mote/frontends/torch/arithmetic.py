"""How PyTorch's arithmetic becomes nodes: sums, products, quotients, powers, extrema of two."""

from typing import Any

import numpy as np

from mote.frontends.torch.builder import Parameter, RefusalError, Value
from mote.frontends.torch.site import Converter, Site
from mote.ir.ops import Activation, Add, Function, Mul, Op, Relu, Sub, Unary

POWERS: dict[float, Function] = {
    2.0: Function.SQUARE,
    0.5: Function.SQRT,
    -0.5: Function.RSQRT,
    -1.0: Function.RECIPROCAL,
}


def addition(site: Site) -> Value:
    return _sum(site, Add(), "self", "other")


def subtraction(site: Site) -> Value:
    if not isinstance(site["other"], Value):  # a constant moves into biases when it is added
        return _sum(site, Add(), "self", "other", sign=-1.0)
    return _sum(site, Sub(), "self", "other")


def reversed_subtraction(site: Site) -> Value:
    """``other - alpha * self``."""
    return _sum(site, Sub(), "other", "self")


def _sum(site: Site, op: Op, first: str, second: str, sign: float = 1.0) -> Value:
    """``first + alpha * second``, or with a minus."""
    x0 = site.operand(first)
    factor = sign * float(site.get("alpha", 1))
    if isinstance(site[second], Value):
        x1 = site.operand(second)
        if factor != 1:
            x1 = site.emit(Mul(), x1, site.constant("alpha", [factor]), role="scaled")
    else:
        x1 = _scaled_constant(site, second, factor)
    return site.emit(op, x0, x1)


def _scaled_constant(site: Site, key: str, factor: float) -> Value:
    value = site[key]
    if factor == 1:
        return site.operand(key)
    array = value.array(key) if isinstance(value, Parameter) else np.float32(value)
    return site.constant(key, array * np.float32(factor))


def multiplication(site: Site) -> Value:
    return site.emit(Mul(), site.operand("self"), site.operand("other"))


def division(site: Site) -> Value:
    """By a constant: a product with 1 / constant; by an activation: with its reciprocal."""
    divisor = site["other"]
    if isinstance(divisor, Value):
        inverse = Unary(function=Function.RECIPROCAL)
        if isinstance(site["self"], int | float) and site["self"] == 1:
            return site.emit(inverse, site.operand("other"))
        x1 = site.emit(inverse, site.operand("other"), role="reciprocal")
        return site.emit(Mul(), site.operand("self"), x1)
    array = divisor.array("other") if isinstance(divisor, Parameter) else np.float32(divisor)
    if not np.all(array):
        raise RefusalError("it divides by zero", "check the constant")
    return site.emit(Mul(), site.operand("self"), site.constant("factor", 1 / array))


def power(site: Site) -> Value:
    x, exponent = site.floats(), site["exponent"]
    if not isinstance(exponent, int | float):
        raise RefusalError("its exponent is computed", "use a number")
    if float(exponent) in POWERS:
        return site.emit(Unary(function=POWERS[float(exponent)]), x)
    if exponent == 1:
        return x
    if exponent == 3:
        square = site.emit(Unary(function=Function.SQUARE), x, role="square")
        return site.emit(Mul(), square, x)
    raise RefusalError(f"its exponent is {exponent}, allowed: -1, -0.5, 0.5, 1, 2, 3", "multiply")


def larger(sign: int) -> Converter:
    """The larger (1) of two values, b + relu(a - b), or the smaller (-1), b - relu(b - a)."""

    def convert(site: Site) -> Value:
        a, b = site.operand("self"), site.operand("other")
        difference = site.emit(Sub(), *((a, b) if sign > 0 else (b, a)), role="difference")
        excess = site.emit(Relu(activation=Activation.RELU), difference, role="excess")
        return site.emit(Add() if sign > 0 else Sub(), b, excess)

    return convert


def scaled(site: Site, x: Value, factor: Any, role: str) -> Value:
    """x times a number; x itself when it is 1."""
    if factor == 1:
        return x
    return site.emit(Mul(), x, site.constant(f"{role}.factor", [factor]), role=role)
