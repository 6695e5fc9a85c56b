"""How matrix products, attention and look-ups become nodes."""

import math

import numpy as np

from mote.frontends.torch.builder import Parameter, RefusalError, Value
from mote.frontends.torch.site import Site
from mote.frontends.torch.weighted import fully_connected
from mote.ir import DType
from mote.ir.ops import Add, Embedding, MatMul, Mul, Softmax


def product(site: Site) -> Value:
    """``matmul`` and its special cases; with a stored matrix it is a linear layer."""
    first, second = ("self", "mat2") if "mat2" in site.arguments else ("self", "other")
    if "vec" in site.arguments:
        second = "vec"
    return _product(site, first, second, None)


def product_and_sum(site: Site) -> Value:
    """``beta * self + alpha * (a @ b)``."""
    if site["beta"] != 1 or site["alpha"] != 1:
        raise RefusalError(f"alpha is {site['alpha']}, beta is {site['beta']}", "use 1 for both")
    first, second = ("batch1", "batch2") if "batch1" in site.arguments else ("mat1", "mat2")
    bias = site["self"]
    as_bias = isinstance(bias, Parameter) and bias.tensor.dim() <= 1
    if as_bias and isinstance(site[second], Parameter) and isinstance(site[first], Value):
        return _product(site, first, second, bias)
    y = _product(site, first, second, None, role="product")
    return site.emit(Add(), y, site.operand("self"))


def _product(site: Site, first: str, second: str, bias: Parameter | None, role: str = "") -> Value:
    weight = site[second]
    if isinstance(weight, Parameter) and weight.tensor.dim() == 2 and not role:
        matrix = weight.array(second)
        stored = np.zeros(matrix.shape[1]) if bias is None else bias.array("bias")
        biases = site.constant("bias", np.broadcast_to(stored, matrix.shape[1:]))
        return fully_connected(site, site.floats(first), weight, matrix.T, biases)
    a, b = site.operand(first), site.operand(second)
    vectors = len(a.shape) == 1, len(b.shape) == 1
    if vectors[0]:
        a = site.reshaped(a, (1, *a.shape), "row")
    if vectors[1]:
        b = site.reshaped(b, (*b.shape, 1), "column")
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    if len(batch) > 2:
        if a.shape[:-2] != b.shape[:-2]:
            raise RefusalError(
                f"its operands {list(a.shape)} and {list(b.shape)} broadcast in more than two "
                "dimensions",
                "reshape them before",
            )
        a = site.reshaped(a, (math.prod(batch), *a.shape[-2:]), "batch0")
        b = site.reshaped(b, (math.prod(batch), *b.shape[-2:]), "batch1")
    y = site.emit(MatMul(), a, b, role=role)
    shape = [*batch, *(() if vectors[0] else a.shape[-2:-1]), *(() if vectors[1] else b.shape[-1:])]
    return site.reshaped(y, shape, "result")


def attention(site: Site) -> Value:
    """softmax(scale * q k^T + mask) v (Vaswani et al. 2017, eq. 1)."""
    query, key, value = (site.floats(k) for k in ("query", "key", "value"))
    if float(site["dropout_p"]):
        raise RefusalError("dropout is active", "call module.eval()")
    if site["is_causal"]:
        raise RefusalError("its mask is causal", "recurrent and causal models are not supported")
    if site.get("enable_gqa"):
        raise RefusalError("enable_gqa is set", "use as many heads for keys as for queries")
    scale = site["scale"]
    scale = 1 / math.sqrt(query.shape[-1]) if scale is None else float(scale)
    if len(query.shape) not in (2, 3, 4):
        raise RefusalError(f"its query has shape {list(query.shape)}", "use [N, heads, L, E]")
    scores = site.emit(MatMul(transpose_x1=True), query, key, role="scores")
    beta = scale
    if site["attn_mask"] is not None:
        mask = site.parameter("attn_mask", "mask")
        if not np.isfinite(mask).all():
            raise RefusalError("its mask is not finite", "leave masked positions out")
        scores = site.emit(Mul(), scores, site.constant("scale", [scale]), role="scaled")
        scores = site.emit(Add(), scores, site.constant("mask", mask), role="masked")
        beta = 1.0
    weights = site.emit(Softmax(beta=beta), scores, role="softmax")
    return site.emit(MatMul(), weights, value)


def embedding(site: Site) -> Value:
    """Rows of a stored table."""
    indices = site.activation("indices")
    if site.builder.tensors[indices.tensor].dtype is not DType.INT32:
        raise RefusalError("its indices are no integers", "give it int64 indices")
    weight = site.stored("weight", "weight")
    table = site.builder.constant(
        weight.name, weight.array("weight"), weight.quantization, weight.grid
    )
    return site.builder.emit(site.name, Embedding(), (indices, table), DType.FLOAT32)
