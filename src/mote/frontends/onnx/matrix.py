"""How products of matrices become nodes: fully connected layers where one side is stored."""

import math

import numpy as np

from mote.frontends.onnx.convolution import weights
from mote.frontends.onnx.site import Site
from mote.frontends.onnx.values import Constant, RefusalError
from mote.ir import Tensor
from mote.ir.ops import Add, FullyConnected, MatMul, Mul, Shape


def mat_mul(site: Site) -> Tensor:
    if site.is_constant(1) and len(site.value(1).shape) == 2:
        return _layer(site)
    a, b = site.operand(0), site.operand(1)
    if not a.shape or not b.shape:
        raise RefusalError(f"it multiplies {list(a.shape)} and {list(b.shape)}")
    shape = _product_shape(a.shape, b.shape)
    left = site.reshaped(a, (1, *a.shape), "row") if len(a.shape) == 1 else a
    right = site.reshaped(b, (*b.shape, 1), "column") if len(b.shape) == 1 else b
    if max(len(left.shape), len(right.shape)) > 4:
        if left.shape[:-2] != right.shape[:-2]:
            raise RefusalError(
                f"it broadcasts {list(a.shape)} and {list(b.shape)}, allowed: 4 dimensions"
            )
        many = math.prod(left.shape[:-2])
        left = site.reshaped(left, (many, *left.shape[-2:]), "lefts")
        right = site.reshaped(right, (many, *right.shape[-2:]), "rights")
    return site.reshaped(site.emit(MatMul(), left, right), shape, "product")


def _layer(site: Site) -> Tensor:
    """Rows times a stored matrix."""
    x, weight = site.activation(), weights(site, 1, 2)
    depth, units = weight.shape
    if not x.shape or x.shape[-1] != depth:
        raise RefusalError(
            f"input {list(x.shape)} and weights {list(weight.shape)} do not multiply"
        )
    rows = site.reshaped(x, (x.elements // depth, depth), "rows")
    filters = site.constant(site.name_of(1), weight.transposed((1, 0)))
    y = site.emit(FullyConnected(), rows, filters, site.new_constant("bias", np.zeros(units)))
    return site.reshaped(y, (*x.shape[:-1], units), "product")


def _product_shape(a: Shape, b: Shape) -> Shape:
    left, right = ((1, *a) if len(a) == 1 else a), ((*b, 1) if len(b) == 1 else b)
    if left[-1] != right[-2]:
        raise RefusalError(f"shapes {list(a)} and {list(b)} do not multiply")
    try:
        leading = np.broadcast_shapes(left[:-2], right[:-2])
    except ValueError:
        raise RefusalError(f"shapes {list(a)} and {list(b)} do not broadcast") from None
    return (*leading, *left[-2:-1][len(a) == 1 :], *right[-1:][len(b) == 1 :])


def gemm(site: Site) -> Tensor:
    """alpha * A * B + beta * C, A and B perhaps transposed."""
    alpha, beta = site.real("alpha", 1.0), site.real("beta", 1.0)
    x = site.operand(0)
    if len(x.shape) != 2 or len(site.value(1).shape) != 2:
        shapes = f"{list(x.shape)} and {list(site.value(1).shape)}"
        raise RefusalError(f"it multiplies {shapes}, allowed: two matrices")
    if site.integer("transA", 0):
        x = site.transposed(x, (1, 0), "a")
    if site.is_constant(1) and not x.is_constant:
        return _gemm_layer(site, x, alpha, beta)
    transposed = bool(site.integer("transB", 0))
    y = site.emit(MatMul(transpose_x1=transposed), x, site.operand(1), role="product")
    if alpha != 1.0:
        y = site.emit(Mul(), y, site.new_constant("alpha", alpha), role="scaled")
    return _plus(site, y, beta)


def _gemm_layer(site: Site, x: Tensor, alpha: float, beta: float) -> Tensor:
    weight = weights(site, 1, 2)
    if not site.integer("transB", 0):
        weight = weight.transposed((1, 0))
    units, depth = weight.shape
    if x.shape[1] != depth:
        raise RefusalError(f"input {list(x.shape)} does not fit weights of depth {depth}")
    if alpha != 1.0:
        weight = Constant((weight.array * np.float32(alpha)).astype(np.float32))
    filters = site.constant(site.name_of(1), weight)
    stored = _stored_bias(site, units, beta)
    bias = stored or site.new_constant("bias", np.zeros(units))
    y = site.emit(FullyConnected(), x, filters, bias)
    return y if stored else _plus(site, y, beta)


def _stored_bias(site: Site, units: int, beta: float) -> Tensor | None:
    """C as a bias; None when it is not one value per column."""
    if not site.has(2) or not site.is_constant(2):
        return None
    found = site.stored(2, "bias")
    if found.shape == (units,) and beta == 1.0:
        return site.constant(site.name_of(2), found)
    if found.array.size not in (1, units) or (found.array.size > 1 and found.shape[-1] != units):
        return None
    row = np.broadcast_to(found.array.reshape(-1) * np.float32(beta), (units,))
    return site.new_constant("bias", row)


def _plus(site: Site, y: Tensor, beta: float) -> Tensor:
    if not site.has(2):
        return y
    c = site.operand(2)
    if beta != 1.0:
        if c.is_constant:
            c = site.new_constant("beta_c", c.array * np.float32(beta))
        else:
            c = site.emit(Mul(), c, site.new_constant("beta", beta), role="beta_c")
    return site.emit(Add(), y, c, role="sum")
