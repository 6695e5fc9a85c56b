"""How PyTorch's functions of one variable become nodes."""

import math
from typing import Any

import numpy as np

from mote.frontends.torch.arithmetic import scaled
from mote.frontends.torch.builder import Parameter, RefusalError, Value
from mote.frontends.torch.site import Converter, Site
from mote.ir.ops import Activation, Add, Function, PRelu, Relu, Unary

CLAMPS = {a.bounds: a for a in Activation if a is not Activation.NONE}


def function(kind: Function, alpha: float = 0.0, beta: float = 0.0) -> Converter:
    """A function without settings."""

    def convert(site: Site) -> Value:
        return site.emit(Unary(function=kind, alpha=alpha, beta=beta), _input(site))

    return convert


def clamp(low: Any, high: Any) -> Converter:
    """A clamp whose bounds are numbers, or the names of the arguments that hold them."""

    def convert(site: Site) -> Value:
        given = [site[b] if isinstance(b, str) else b for b in (low, high)]
        bounds = [
            e if b is None else _number(b)
            for b, e in zip(given, (-math.inf, math.inf), strict=True)
        ]
        return clamped(site, _input(site), bounds[0], bounds[1])

    return convert


def clamped(site: Site, x: Value, low: float, high: float) -> Value:
    fused = CLAMPS.get((low, high))
    if fused is not None:
        return site.emit(Relu(activation=fused), x)
    if not low <= high:
        raise RefusalError(f"it clamps to [{low}, {high}]", "give the lower bound first")
    return site.emit(Unary(function=Function.CLIP, alpha=low, beta=high), x)


def threshold(site: Site) -> Value:
    """A clamp from below, when what lies below becomes the threshold itself."""
    if float(site["threshold"]) != float(site["value"]):
        raise RefusalError(
            f"it replaces what is below {site['threshold']} by {site['value']}",
            "use torch.clamp(min=...)",
        )
    return clamped(site, site.floats(), float(site["threshold"]), math.inf)


def gelu(site: Site) -> Value:
    kinds = {"none": Function.GELU, "tanh": Function.GELU_TANH}
    return site.emit(Unary(function=kinds[site["approximate"]]), site.floats())


def leaky_relu(site: Site) -> Value:
    op = Unary(function=Function.LEAKY_RELU, alpha=float(site["negative_slope"]))
    return site.emit(op, site.floats())


def elu(site: Site) -> Value:
    """scale * (max(0, x) + min(0, alpha * (exp(input_scale * x) - 1)))."""
    if float(site["input_scale"]) != 1:
        raise RefusalError(f"input_scale is {site['input_scale']}", "use nn.ELU")
    scale = float(site["scale"])
    op = Unary(function=Function.ELU, alpha=float(site["alpha"]))
    y = site.emit(op, site.floats(), role="" if scale == 1 else "elu")
    return scaled(site, y, scale, "")


def celu(site: Site) -> Value:
    """alpha * elu(x / alpha)."""
    alpha = float(site["alpha"])
    x = scaled(site, site.floats(), 1 / alpha, "scaled")
    y = site.emit(Unary(function=Function.ELU, alpha=1.0), x, role="" if alpha == 1 else "elu")
    return scaled(site, y, alpha, "")


def softplus(site: Site) -> Value:
    """log(1 + exp(beta * x)) / beta; above PyTorch's threshold it is x to within 1e-8."""
    beta = float(site["beta"])
    if float(site["threshold"]) < 15:
        raise RefusalError(f"threshold is {site['threshold']}, allowed: 15 or more", "use 20")
    x = scaled(site, site.floats(), beta, "scaled")
    y = site.emit(Unary(function=Function.SOFTPLUS), x, role="" if beta == 1 else "softplus")
    return scaled(site, y, 1 / beta, "")


def log_sigmoid(site: Site) -> Value:
    """-softplus(-x)."""
    x = site.emit(Unary(function=Function.NEGATE), site.floats(), role="negative")
    y = site.emit(Unary(function=Function.SOFTPLUS), x, role="softplus")
    return site.emit(Unary(function=Function.NEGATE), y)


def shifted(kind: Function, before: float, after: float) -> Converter:
    """f(x + before) + after."""

    def convert(site: Site) -> Value:
        x = site.floats()
        if before:
            x = site.emit(Add(), x, site.constant("shift", [before]), role="shifted")
        y = site.emit(Unary(function=kind), x, role="function" if after else "")
        return site.emit(Add(), y, site.constant("after", [after])) if after else y

    return convert


def log2(site: Site) -> Value:
    """log(x) / log(2)."""
    y = site.emit(Unary(function=Function.LOG), site.floats(), role="log")
    return scaled(site, y, 1 / math.log(2), "")


def prelu(site: Site) -> Value:
    """One slope, or one for each channel (dimension 1)."""
    x, weight = site.floats(), site.stored("weight", "weight")
    slopes = weight.array("weight")
    if slopes.size > 1:
        slopes = slopes.reshape(-1, *[1] * (len(x.shape) - 2))
    alpha = site.builder.constant(weight.name, slopes)
    return site.emit(PRelu(), x, alpha)


def identity(site: Site) -> Value:
    """What changes nothing when the module is evaluated."""
    x = _any_input(site)
    if site.get("train") or site.get("training"):
        raise RefusalError("dropout is active", "call module.eval()")
    return x


def _input(site: Site) -> Value:
    return site.floats("self" if "self" in site.arguments else "input")


def _any_input(site: Site) -> Value:
    return site.activation("self" if "self" in site.arguments else "input")


def _number(value: Any) -> float:
    if isinstance(value, Parameter) and value.tensor.numel() == 1:
        return float(value.array("bound"))
    if not isinstance(value, int | float):
        raise RefusalError("its bound is computed", "clamp to a number")
    return float(np.float32(value))
