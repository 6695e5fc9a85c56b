"""How ONNX's functions of one variable, softmax and the like become nodes."""

import math
from collections.abc import Callable

import numpy as np

from mote.frontends.onnx.site import Site
from mote.frontends.onnx.values import Constant, RefusalError
from mote.ir import Tensor
from mote.ir.ops import (
    Activation,
    Function,
    LogSoftmax,
    Mul,
    Op,
    PRelu,
    Relu,
    Softmax,
    Unary,
)


def function(
    which: Function, alpha: tuple[str, float] | None = None, beta: tuple[str, float] | None = None
) -> Callable[[Site], Tensor]:
    """Converts a function whose parameters are attributes, given as (name, default)."""

    def convert(site: Site) -> Tensor:
        op = Unary(
            which,
            site.real(*alpha) if alpha else 0.0,
            site.real(*beta) if beta else 0.0,
        )
        return site.emit(op, site.activation())

    return convert


def relu(site: Site) -> Tensor:
    return site.emit(Relu(), site.activation())


def gelu(site: Site) -> Tensor:
    approximate = site.text("approximate", "none")
    if approximate not in ("none", "tanh"):
        raise RefusalError(f"attribute approximate is '{approximate}', allowed: none, tanh")
    which = Function.GELU if approximate == "none" else Function.GELU_TANH
    return site.emit(Unary(which), site.activation())


def clip(site: Site) -> Tensor:
    least = site.number(1, "lower bound") if site.has(1) else -math.inf
    most = site.number(2, "upper bound") if site.has(2) else math.inf
    if math.isnan(least) or math.isnan(most):
        raise RefusalError("a bound is NaN")
    return clamp(site, site.activation(), least, most)


def clamp(site: Site, x: Tensor, least: float, most: float) -> Tensor:
    """The clamp as a layer's activation where there is one, so that it can be fused."""
    least = min(least, most)
    if (least, most) == (-math.inf, math.inf):
        return x
    for activation in Activation:
        if activation.bounds == (least, most):
            return site.emit(Relu(activation), x)
    return site.emit(Unary(Function.CLIP, least, most), x)


def prelu(site: Site) -> Tensor:
    slope = site.stored(1, "slope")
    return site.emit(PRelu(), site.activation(), site.constant(site.name_of(1), slope))


def selu(site: Site) -> Tensor:
    """gamma * (x where positive, alpha * (exp(x) - 1) elsewhere)."""
    alpha, gamma = site.real("alpha", 1.6732632), site.real("gamma", 1.0507010)
    y = site.emit(Unary(Function.ELU, alpha), site.activation(), role="elu")
    return site.emit(Mul(), y, site.new_constant("gamma", np.full(1, gamma)))


def celu(site: Site) -> Tensor:
    """alpha * elu(x / alpha)."""
    alpha = site.real("alpha", 1.0)
    if alpha <= 0:
        raise RefusalError(f"attribute alpha is {alpha:g}, allowed: positive numbers")
    x = site.activation()
    if alpha == 1.0:
        return site.emit(Unary(Function.ELU, 1.0), x)
    inverse = site.new_constant("inverse", np.full(1, 1 / alpha))
    inner = site.emit(Unary(Function.ELU, 1.0), site.emit(Mul(), x, inverse, role="in"), role="elu")
    return site.emit(Mul(), inner, site.new_constant("alpha", np.full(1, alpha)))


def along_axis(op: Op) -> Callable[[Site], Tensor]:
    """Converts an operator that works along one axis, which becomes the last for it."""

    def convert(site: Site) -> Tensor:
        x = site.activation()
        rank = len(x.shape)
        if not rank:
            raise RefusalError("its input is a lone number")
        axis = site.axis(-1, rank)
        swap = list(range(rank))
        swap[axis], swap[-1] = swap[-1], swap[axis]
        y = site.emit(op, site.transposed(x, swap, "last"))
        return site.transposed(y, swap, "back")

    return convert


def identity(site: Site) -> Tensor:
    return site.activation()


def dropout(site: Site) -> Tensor:
    if site.wants(1):
        raise RefusalError("its mask is used", "export in evaluation mode")
    if site.has(2):
        training = site.value(2)
        array = training.array if isinstance(training, Constant) else None
        if array is None or array.dtype != np.bool_ or array.size != 1:
            raise RefusalError("whether it trains is not stored", "export in evaluation mode")
        if bool(array.reshape(())):
            raise RefusalError("training_mode is true", "export in evaluation mode")
    return site.activation()


SOFTMAX, LOG_SOFTMAX = along_axis(Softmax()), along_axis(LogSoftmax())
