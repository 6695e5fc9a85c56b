"""How TFLite's operators with weights become nodes: convolutions and fully connected layers."""

import math

import numpy as np
import tflite

from mote.frontends.tflite.attributes import fused_activation, padding
from mote.frontends.tflite.builder import Site
from mote.frontends.tflite.values import CONVERT_AGAIN, FULL_INTEGER, UnsupportedError
from mote.ir import DType, Tensor
from mote.ir.ops import (
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    MatMul,
    Padding,
    Reshape,
    Rounding,
    Transpose,
    TransposedConv2D,
    same_padding,
)

BIASES = {DType.FLOAT32: DType.FLOAT32, DType.INT16: DType.INT64}
"""Types of the bias by those of the data; int32 elsewhere."""
DEFAULT_WEIGHTS_FORMAT = tflite.FullyConnectedOptionsWeightsFormat.DEFAULT


def conv_2d(site: Site) -> None:
    x, weight, bias = _weights(site, 0, 4)
    op = Conv2D(
        stride=site.options.stride,
        dilation=site.options.dilation,
        padding=padding(site, x.shape, weight.shape[1:3]),
        activation=fused_activation(site),
    )
    site.emit(op, x, weight, bias)


def depthwise_conv_2d(site: Site) -> None:
    x, weight, bias = _weights(site, 3, 4)
    op = DepthwiseConv2D(
        stride=site.options.stride,
        dilation=site.options.dilation,
        padding=padding(site, x.shape, weight.shape[1:3]),
        activation=fused_activation(site),
    )
    site.emit(op, x, weight, bias)


def fully_connected(site: Site) -> None:
    if site.options.weights_format != DEFAULT_WEIGHTS_FORMAT:
        raise UnsupportedError("shuffled weights", FULL_INTEGER)
    x, weight, bias = _weights(site, 0, 2)
    units, depth = weight.shape
    if x.elements % depth:
        raise UnsupportedError(
            f"input {list(x.shape)} does not divide into rows of {depth}", CONVERT_AGAIN
        )
    flat = site.reshaped("flatten", x, (x.elements // depth, depth))
    op = FullyConnected(activation=fused_activation(site))
    if not site.options.keep_dims or len(x.shape) == 2:
        site.emit(op, flat, weight, bias)
        return
    if x.shape[-1:] != (depth,):
        raise UnsupportedError(
            f"input {list(x.shape)} must end in {depth} to keep its dimensions", CONVERT_AGAIN
        )
    rows = site.insert("rows", op, (flat, weight, bias), site.result())
    site.emit(Reshape((*x.shape[:-1], units)), rows)


def transpose_conv(site: Site) -> None:
    """Operands: the result's shape, weights, data, bias."""
    x, weight, bias = _weights(site, 0, 4, at=(2, 1, 3))
    stated = site.result().shape or site.indices(0)
    if len(stated) != 4 or len(x.shape) != 4:
        raise UnsupportedError(f"result {list(stated)} of input {list(x.shape)}", CONVERT_AGAIN)
    stride, kernel = site.options.stride, weight.shape[1:3]
    same = site.options.padding == tflite.Padding.SAME
    cuts, more = [], []
    for i in (0, 1):
        full = (x.shape[1 + i] - 1) * stride[i] + kernel[i]
        before = same_padding(stated[1 + i], kernel[i], stride[i])[0] if same else 0
        after = full - before - stated[1 + i]
        cuts.append((before, max(after, 0)))
        more.append(max(-after, 0))
    op = TransposedConv2D(
        stride=stride,
        padding=Padding(*cuts[0], *cuts[1]),
        output_padding=(more[0], more[1]),
        activation=fused_activation(site),
    )
    site.emit(op, x, weight, bias)


def batch_matmul(site: Site) -> None:
    """The product of two activations, or of one with a constant matrix: a fully connected layer."""
    x0, x1 = site.data(0), site.data(1)
    turn_x0, turn_x1 = site.options.adjoint
    if min(len(x0.shape), len(x1.shape)) < 2:
        raise UnsupportedError("a matrix has fewer than two dimensions", CONVERT_AGAIN)
    if turn_x0:
        x0 = _turned(site, "x0", x0)
    if not x1.is_constant or x0.is_constant:
        site.emit(MatMul(transpose_x1=turn_x1), x0, x1)
        return
    if x1.elements != math.prod(x1.shape[-2:]) or (x1.quantization and x1.q.zero_point):
        raise UnsupportedError(
            f"the constant '{x1.name}' is a stack of matrices or has a zero point other than 0",
            "use fully connected layers",
        )
    matrix = x1.array.reshape(x1.shape[-2:])
    weight = site.constant("weight", matrix if turn_x1 else matrix.T, x1.quantization)
    depth = weight.shape[1]
    if x0.shape[-1] != depth:
        raise UnsupportedError(f"input {list(x0.shape)} meets depth {depth}", CONVERT_AGAIN)
    bias = site.constant("bias", np.zeros(len(weight.array), _bias_type(x0).numpy))
    flat = site.reshaped("flatten", x0, (x0.elements // depth, depth))
    op = FullyConnected(rounding=Rounding.DOUBLE)
    rows = site.insert("rows", op, (flat, weight, bias), site.result())
    site.emit(Reshape((*x0.shape[:-1], len(weight.array))), rows)


def _turned(site: Site, role: str, x: Tensor) -> Tensor:
    rank = len(x.shape)
    order = (*range(rank - 2), rank - 1, rank - 2)
    return site.insert(f"{role}_turned", Transpose(order), (x,), x)


def _bias_type(x: Tensor) -> DType:
    return BIASES.get(x.dtype, DType.INT32)


def _weights(
    site: Site, channel_axis: int, rank: int, at: tuple[int, int, int] = (0, 1, 2)
) -> tuple[Tensor, Tensor, Tensor]:
    """Data, weights and bias, which stand at those operands; zeros when there is no bias."""
    x, weight = site.data(at[0]), site.operand(at[1])
    if not weight.is_constant:
        raise UnsupportedError(f"weights '{weight.name}' are computed at run time", "freeze them")
    if len(weight.shape) != rank:
        raise UnsupportedError(
            f"weights '{weight.name}' have shape {list(weight.shape)}, allowed: {rank} dimensions"
        )
    if x.dtype is DType.FLOAT32:  # dynamic range quantisation: the weights alone are integers
        weight = site.as_float(weight)
    if x.dtype in (DType.INT8, DType.INT16) and weight.dtype not in (DType.INT8, DType.INT4):
        raise UnsupportedError(
            f"{weight.dtype.value} weights on {x.dtype.value} data, allowed: int8, int4",
            FULL_INTEGER,
        )
    dtype = _bias_type(x)
    if not site.has(at[2]):
        zeros = np.zeros(weight.shape[channel_axis], dtype.numpy)
        return x, weight, site.constant("bias", zeros)
    bias = site.operand(at[2])
    if not bias.is_constant:
        raise UnsupportedError(f"bias '{bias.name}' is computed at run time", "freeze it")
    if dtype is DType.INT64 and bias.dtype is DType.INT32:
        return x, weight, site.constant("bias", bias.array.astype(np.int64))
    if bias.dtype is not dtype:
        raise UnsupportedError(
            f"{bias.dtype.value} bias on {x.dtype.value} data, allowed: {dtype.value}", FULL_INTEGER
        )
    return x, weight, bias
