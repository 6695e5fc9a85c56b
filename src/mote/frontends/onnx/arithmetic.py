"""How ONNX's arithmetic on several operands becomes nodes."""

import math
from collections.abc import Callable

import numpy as np

from mote.frontends.onnx.functions import clamp
from mote.frontends.onnx.site import Site
from mote.frontends.onnx.values import Constant, RefusalError
from mote.ir import Tensor
from mote.ir.ops import Add, Function, Mul, Op, Reshape, Shape, Sub, Unary

MAX_RANK = 4
POWERS = {2.0: Function.SQUARE, 0.5: Function.SQRT, -1.0: Function.RECIPROCAL} | {
    -0.5: Function.RSQRT
}


def binary(op: Op) -> Callable[[Site], Tensor]:
    """Converts an operator of two broadcasting operands."""

    def convert(site: Site) -> Tensor:
        return combined(site, op, *pair(site))

    return convert


def pair(site: Site) -> tuple[Tensor, Tensor]:
    """Two operands, a lone number as one of rank 1."""
    a, b = (_numbers_have_rank(site, i) for i in (0, 1))
    return a, b


def _numbers_have_rank(site: Site, operand: int) -> Tensor:
    value = site.value(operand)
    if isinstance(value, Constant) and value.shape == () and site.value(1 - operand).shape:
        return site.constant(site.name_of(operand), site.stored(operand, "operand").reshaped((1,)))
    return site.operand(operand)


def combined(site: Site, op: Op, a: Tensor, b: Tensor, role: str = "") -> Tensor:
    """``op`` on two values; more than four dimensions are first merged where they can be."""
    if max(len(a.shape), len(b.shape)) <= MAX_RANK:
        return site.emit(op, a, b, role=role)
    try:
        shape = np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        raise RefusalError(f"shapes {list(a.shape)} and {list(b.shape)} do not broadcast") from None
    merged = _merged(a.shape, b.shape)
    flat = [
        site.constant(t.name, Constant(t.array.reshape(to), t.quantization, t.grid))
        if t.is_constant
        else site.reshaped(t, to, f"merged_{i}")
        for i, (t, to) in enumerate(zip((a, b), merged, strict=True))
    ]
    y = site.emit(op, *flat, role=role or "merged")
    return site.emit(Reshape(shape), y, role=f"{role}_apart".strip("_"))


def _merged(a: Shape, b: Shape) -> tuple[Shape, Shape]:
    """Both shapes with neighbouring dimensions that broadcast alike as one."""
    rank = max(len(a), len(b))
    columns = [
        (m, n)
        for m, n in zip((1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b, strict=True)
        if (m, n) != (1, 1)
    ]
    runs: list[tuple[int, int]] = []
    for m, n in columns:
        if runs and [x == 1 for x in runs[-1]] == [m == 1, n == 1]:
            runs[-1] = (runs[-1][0] * m, runs[-1][1] * n)
        else:
            runs.append((m, n))
    runs = runs or [(1, 1)]
    return tuple(m for m, _ in runs), tuple(n for _, n in runs)


def div(site: Site) -> Tensor:
    """By a constant: times its reciprocal; by an activation: times what a reciprocal computes."""
    a, b = pair(site)
    if b.is_constant:
        with np.errstate(all="ignore"):
            inverse = (1.0 / b.array.astype(np.float64)).astype(np.float32)
        return combined(site, Mul(), a, site.new_constant("reciprocal", inverse))
    inverse_b = site.emit(Unary(Function.RECIPROCAL), b, role="reciprocal")
    if a.is_constant and np.all(a.array == 1) and len(a.shape) <= len(b.shape):
        return inverse_b
    return combined(site, Mul(), a, inverse_b)


def power(site: Site) -> Tensor:
    x, exponent = site.activation(), _exponent(site)
    if exponent == 1:
        return x
    if exponent == 3:
        square = site.emit(Unary(Function.SQUARE), x, role="square")
        return site.emit(Mul(), square, x)
    function = POWERS.get(exponent)
    if function is None:
        raise RefusalError(
            f"its exponent is {exponent:g}, allowed: -1, -0.5, 0.5, 1, 2, 3",
            "write the power as products",
        )
    return site.emit(Unary(function), x)


def _exponent(site: Site) -> float:
    value = site.value(1)
    if isinstance(value, Constant) and value.array.size == 1 and value.array.dtype.kind in "iuf":
        return float(value.array.reshape(()))
    raise RefusalError("its exponent is not one stored number", "write the power as products")


def variadic_sum(site: Site) -> Tensor:
    return _total(site)


def variadic_mean(site: Site) -> Tensor:
    count = len(site.values())
    return site.emit(
        Mul(), _total(site), site.new_constant("count", np.full(1, 1 / count)), role="mean"
    )


def _total(site: Site) -> Tensor:
    total = site.operand(0)
    for i in range(1, len(site.values())):
        total = combined(site, Add(), total, site.operand(i), role=f"sum_{i}")
    return total


def extreme(least: bool) -> Callable[[Site], Tensor]:
    """Min or Max of one activation and numbers, which is a clamp."""

    def convert(site: Site) -> Tensor:
        values = site.values()
        places = [i for i, v in enumerate(values) if not isinstance(v, Constant)]
        bounds = [v.array for v in values if isinstance(v, Constant)]
        if len(places) != 1 or any(b.size != 1 for b in bounds):
            raise RefusalError(
                "it compares several activations or arrays, allowed: one activation and numbers",
                "use it to clamp",
            )
        x = site.activation(places[0])
        if any(len(b.shape) > len(x.shape) for b in bounds):
            raise RefusalError("its numbers have more dimensions than its activation")
        numbers = [float(b.reshape(())) for b in bounds]
        if any(math.isnan(n) for n in numbers):
            raise RefusalError("one of its numbers is NaN")
        if not numbers:
            return x
        bound = min(numbers) if least else max(numbers)
        return clamp(site, x, -math.inf, bound) if least else clamp(site, x, bound, math.inf)

    return convert


def where(site: Site) -> Tensor:
    """A stored choice between an activation and stored values: x * chosen + other."""
    condition = site.value(0)
    if not isinstance(condition, Constant) or condition.array.dtype != np.bool_:
        raise RefusalError("its condition is computed, allowed: a stored mask")
    chosen = condition.array
    if site.is_constant(1) == site.is_constant(2):
        raise RefusalError("it chooses between two activations, allowed: one and stored values")
    if site.is_constant(1):
        x, other, chosen = site.operand(2), site.stored(1, "value").array, ~chosen
    else:
        x, other = site.operand(1), site.stored(2, "value").array
    try:
        shape = np.broadcast_shapes(chosen.shape, other.shape, x.shape)
    except ValueError:
        raise RefusalError(
            f"mask {list(chosen.shape)}, values {list(other.shape)} and {list(x.shape)} "
            "do not broadcast"
        ) from None
    if chosen.all() and shape == x.shape:
        return x
    if not site.is_finite(x):
        raise RefusalError(
            "it replaces what a stored infinity may have made of an activation",
            "mask with a large negative number instead of -inf",
        )
    kept = combined(
        site, Mul(), x, site.new_constant("mask", chosen.astype(np.float32)), role="kept"
    )
    filled = np.where(chosen, np.float32(0), other)
    return combined(site, Add(), kept, site.new_constant("filler", filled))


def is_nan(site: Site) -> Constant:
    """No probability is NaN, unless a stored mask covers a whole row."""
    x = site.activation()
    if not site.is_probability(x):
        raise RefusalError("its operand may be NaN", "export without checks for NaN")
    return Constant(np.zeros(x.shape, np.bool_))


def softsign(site: Site) -> Tensor:
    """x / (1 + |x|)."""
    x = site.activation()
    size = site.emit(Unary(Function.ABS), x, role="size")
    more = site.emit(Add(), size, site.new_constant("one", np.ones(1)), role="more")
    return site.emit(Mul(), x, site.emit(Unary(Function.RECIPROCAL), more, role="inverse"))


def swish(site: Site) -> Tensor:
    """x * sigmoid(alpha * x)."""
    x, alpha = site.activation(), site.real("alpha", 1.0)
    if alpha == 1.0:
        return site.emit(Unary(Function.SILU), x)
    scaled = site.emit(Mul(), x, site.new_constant("alpha", np.full(1, alpha)), role="scaled")
    gate = site.emit(Unary(Function.SIGMOID), scaled, role="gate")
    return site.emit(Mul(), x, gate)


SUM, DIFFERENCE, PRODUCT = binary(Add()), binary(Sub()), binary(Mul())
