"""How PyTorch's normalisations become nodes."""

import math
from collections.abc import Sequence

import numpy as np

from mote.frontends.torch.builder import RefusalError, Value
from mote.frontends.torch.planes import from_plane, to_plane
from mote.frontends.torch.site import Site
from mote.ir.ops import Add, BatchNorm, Function, LayerNorm, Mean, Mul, Shape, Sub, Unary


def batch_norm(site: Site) -> Sequence[Value | None]:
    """With the stored statistics, of ``[N, C]``, ``[N, C, L]`` or ``[N, C, H, W]``."""
    x = site.floats("input")
    if site.get("training") or site.get("momentum") is None:
        raise RefusalError(
            "it normalises with statistics of the batch", "train it with track_running_stats=True"
        )
    if site.get("running_mean") is None or site.get("running_var") is None:
        raise RefusalError("it keeps no running statistics", "set track_running_stats=True")
    if len(x.shape) not in (2, 3, 4):
        raise RefusalError(f"its input has shape {list(x.shape)}", "give it [N, C, H, W]")
    defaults = {"weight": 1.0, "bias": 0.0, "running_mean": 0.0, "running_var": 1.0}
    constants = []
    for key, default in defaults.items():
        if site[key] is None:
            constants.append(site.constant(key, np.full(x.shape[1], default)))
        else:
            stored = site.stored(key, key)
            constants.append(site.builder.constant(stored.name, stored.array(key)))
    op = BatchNorm(epsilon=float(site["eps"]))
    if len(x.shape) == 2:
        return [site.emit(op, x, *constants), None, None]
    dimensions = len(x.shape) - 2
    y = site.emit(op, to_plane(site, x, dimensions), *constants)
    return [from_plane(site, y, dimensions), None, None]


def single_batch_norm(site: Site) -> Value:
    """``aten.batch_norm``, which has one result."""
    value = batch_norm(site)[0]
    assert value is not None
    return value


def layer_norm(site: Site) -> Value:
    """Over the last dimensions, as one."""
    x = site.floats("input")
    normalized = [int(n) for n in site["normalized_shape"]]
    features = math.prod(normalized)
    rows = site.reshaped(x, (*x.shape[: len(x.shape) - len(normalized)], features), "rows")
    gamma = site.parameter("weight", "weight") if site["weight"] is not None else np.ones(features)
    beta = site.parameter("bias", "bias") if site["bias"] is not None else np.zeros(features)
    op = LayerNorm(epsilon=float(site["eps"]))
    constants = (
        site.constant("weight", gamma.reshape(-1)),
        site.constant("bias", beta.reshape(-1)),
    )
    return site.reshaped(site.emit(op, rows, *constants), x.shape, "result")


def group_norm(site: Site) -> Value:
    """(x - mean) / sqrt(variance + epsilon) over each group of channels and all places."""
    return _normalized(site, site.floats("input"), int(site["num_groups"]))


def instance_norm(site: Site) -> Value:
    """A group norm with one channel in each group."""
    x = site.floats("input")
    if not site["use_input_stats"]:
        raise RefusalError("it uses running statistics", "use nn.BatchNorm2d, which folds away")
    return _normalized(site, x, x.shape[1])


def _normalized(site: Site, x: Value, groups: int) -> Value:
    n, channels, *places = x.shape
    shape: Shape = (n, groups, channels // groups, math.prod(places))
    z = site.reshaped(x, shape, "groups")
    mean = site.emit(Mean(axes=(2, 3), keep_dims=True), z, role="mean")
    distance = site.emit(Sub(), z, mean, role="distance")
    square = site.emit(Unary(function=Function.SQUARE), distance, role="square")
    variance = site.emit(Mean(axes=(2, 3), keep_dims=True), square, role="variance")
    positive = site.emit(Add(), variance, site.constant("eps", [site["eps"]]), role="positive")
    factor = site.emit(Unary(function=Function.RSQRT), positive, role="factor")
    normal = site.emit(Mul(), distance, factor, role="normal")
    ones = (1, groups, channels // groups, 1)
    if site["weight"] is not None:
        gamma = site.constant("weight", site.parameter("weight", "weight").reshape(ones))
        normal = site.emit(Mul(), normal, gamma, role="scaled")
    if site["bias"] is not None:
        beta = site.constant("bias", site.parameter("bias", "bias").reshape(ones))
        normal = site.emit(Add(), normal, beta, role="shifted")
    return site.reshaped(normal, x.shape, "result")
