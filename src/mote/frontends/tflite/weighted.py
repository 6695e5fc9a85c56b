"""How TFLite's operators with weights become nodes: convolutions and fully connected layers."""

import numpy as np
import tflite

from mote.frontends.tflite.attributes import fused_activation, padding
from mote.frontends.tflite.builder import Site
from mote.frontends.tflite.values import CONVERT_AGAIN, FULL_INTEGER, UnsupportedError
from mote.ir import DType, Tensor
from mote.ir.ops import Conv2D, DepthwiseConv2D, FullyConnected, Reshape

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


def _weights(site: Site, channel_axis: int, rank: int) -> tuple[Tensor, Tensor, Tensor]:
    """Data, weights and bias; a bias of zeros when there is none."""
    x, weight = site.data(0), site.operand(1)
    if not weight.is_constant:
        raise UnsupportedError(f"weights '{weight.name}' are computed at run time", "freeze them")
    if len(weight.shape) != rank:
        raise UnsupportedError(
            f"weights '{weight.name}' have shape {list(weight.shape)}, allowed: {rank} dimensions"
        )
    if x.dtype is DType.FLOAT32 and weight.dtype is not DType.FLOAT32:
        raise UnsupportedError(
            f"{weight.dtype.value} weights on float32 data (dynamic range quantisation)",
            FULL_INTEGER,
        )
    if x.dtype in (DType.INT8, DType.INT16) and weight.dtype not in (DType.INT8, DType.INT4):
        raise UnsupportedError(
            f"{weight.dtype.value} weights on {x.dtype.value} data, allowed: int8, int4",
            FULL_INTEGER,
        )
    dtype = BIASES.get(x.dtype, DType.INT32)
    if not site.has(2):
        zeros = np.zeros(weight.shape[channel_axis], dtype.numpy)
        return x, weight, site.constant("bias", zeros)
    bias = site.operand(2)
    if not bias.is_constant:
        raise UnsupportedError(f"bias '{bias.name}' is computed at run time", "freeze it")
    if dtype is DType.INT64 and bias.dtype is DType.INT32:
        return x, weight, site.constant("bias", bias.array.astype(np.int64))
    if bias.dtype is not dtype:
        raise UnsupportedError(
            f"{bias.dtype.value} bias on {x.dtype.value} data, allowed: {dtype.value}", FULL_INTEGER
        )
    return x, weight, bias
