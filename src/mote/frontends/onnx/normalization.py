"""How ONNX's normalisations become nodes."""

import math

import numpy as np

from mote.frontends.onnx.arithmetic import combined
from mote.frontends.onnx.planes import channel_shape, from_plane, spatial_rank, to_plane
from mote.frontends.onnx.site import Site
from mote.frontends.onnx.values import RefusalError
from mote.ir import Tensor
from mote.ir.ops import Add, BatchNorm, LayerNorm, Mul
from mote.ir.tensor import Array


def batch_normalization(site: Site) -> Tensor:
    if site.integer("training_mode", 0) or any(site.wants(i) for i in range(1, 5)):
        raise RefusalError("training_mode is 1", "export in evaluation mode")
    x = site.activation()
    epsilon = site.real("epsilon", 1e-5)
    names = ("scale", "bias", "mean", "variance")
    stored = [site.stored(i + 1, name) for i, name in enumerate(names)]
    if len(x.shape) < 2 or any(c.shape != (x.shape[1],) for c in stored):
        raise RefusalError(f"its parameters do not suit an input of shape {list(x.shape)}")
    constants = [site.constant(site.name_of(i + 1), c) for i, c in enumerate(stored)]
    if len(x.shape) == 2:
        return site.emit(BatchNorm(epsilon), x, *constants)
    rank = spatial_rank(site, x)
    return from_plane(site, site.emit(BatchNorm(epsilon), to_plane(site, x), *constants), rank)


def layer_normalization(site: Site) -> Tensor:
    if site.wants(1) or site.wants(2):
        raise RefusalError("its mean or deviation is used", "use the first result alone")
    x = site.activation()
    axis = site.axis(-1, len(x.shape))
    normal = x.shape[axis:]
    size = math.prod(normal)
    gamma = _spread(site, 1, "scale", normal)
    beta = _spread(site, 2, "bias", normal) if site.has(2) else np.zeros(size)
    return _layer_norm(site, x, (*x.shape[:axis], size), gamma, beta)


def instance_normalization(site: Site) -> Tensor:
    x = site.activation()
    if len(x.shape) < 3:
        raise RefusalError(f"its input is {list(x.shape)}, allowed: at least 3 dimensions")
    return _grouped(site, x, x.shape[1])


def group_normalization(site: Site) -> Tensor:
    x = site.activation()
    groups = site.integer("num_groups", 0)
    if len(x.shape) < 2 or groups < 1 or x.shape[1] % groups:
        raise RefusalError(
            f"attribute num_groups is {groups}, which does not divide input {list(x.shape)}"
        )
    return _grouped(site, x, groups)


def _grouped(site: Site, x: Tensor, groups: int) -> Tensor:
    """Each group normalised by itself, then a scale and a bias per channel."""
    rows = (x.shape[0] * groups, x.elements // (x.shape[0] * groups))
    ones, zeros = np.ones(rows[1]), np.zeros(rows[1])
    normal = _layer_norm(site, x, rows, ones, zeros)
    channels = x.shape[1]
    shape = channel_shape(channels, len(x.shape))
    parameters = []
    for operand, name in ((1, "scale"), (2, "bias")):
        array = site.stored(operand, name).array.reshape(-1)
        if array.size not in (groups, channels):
            raise RefusalError(f"its {name} has {array.size} values, allowed: {channels}")
        spread = np.repeat(array, channels // array.size).reshape(shape)
        parameters.append(site.new_constant(name, spread))
    scaled = combined(site, Mul(), normal, parameters[0], role="scaled")
    return combined(site, Add(), scaled, parameters[1], role="shifted")


def _layer_norm(site: Site, x: Tensor, shape: tuple[int, ...], gamma: Array, beta: Array) -> Tensor:
    """A norm over the last axis of ``x`` under another shape."""
    constants = (site.new_constant("gamma", gamma), site.new_constant("beta", beta))
    op = LayerNorm(site.real("epsilon", 1e-5))
    y = site.emit(op, site.reshaped(x, shape, "rows"), *constants, role="norm")
    return site.reshaped(y, x.shape, "normal")


def _spread(site: Site, operand: int, what: str, shape: tuple[int, ...]) -> Array:
    """A stored parameter with one value for each normalised element."""
    found = site.stored(operand, what).array
    try:
        return np.broadcast_to(found, shape).reshape(-1)
    except ValueError:
        raise RefusalError(
            f"its {what} has shape {list(found.shape)}, allowed: {list(shape)}"
        ) from None
