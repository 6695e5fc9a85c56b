"""How each TFLite operator becomes nodes of the IR."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import tflite

from mote.frontends.tflite.builder import Site
from mote.frontends.tflite.values import CONVERT_AGAIN, FULL_INTEGER, UnsupportedError, is_shape
from mote.ir import DType, Tensor
from mote.ir.ops import (
    Activation,
    Add,
    AveragePool2D,
    Conv2D,
    DepthwiseConv2D,
    Dequantize,
    FullyConnected,
    MaxPool2D,
    Mean,
    Pad,
    Padding,
    Quantize,
    Relu,
    Reshape,
    Shape,
    Softmax,
    same_padding,
)

ACTIVATIONS = {
    tflite.ActivationFunctionType.NONE: Activation.NONE,
    tflite.ActivationFunctionType.RELU: Activation.RELU,
    tflite.ActivationFunctionType.RELU6: Activation.RELU6,
    tflite.ActivationFunctionType.RELU_N1_TO_1: Activation.RELU_N1_TO_1,
}
OTHER_ACTIVATIONS = {
    tflite.ActivationFunctionType.TANH: "TANH",
    tflite.ActivationFunctionType.SIGN_BIT: "SIGN_BIT",
}
NO_OPTIONS = tflite.BuiltinOptions.NONE
DEFAULT_WEIGHTS_FORMAT = tflite.FullyConnectedOptionsWeightsFormat.DEFAULT


def _activation(site: Site) -> Activation:
    number = site.options.activation
    if number not in ACTIVATIONS:
        name = OTHER_ACTIVATIONS.get(number, f"number {number}")
        raise UnsupportedError(
            f"fused activation {name}, allowed: NONE, RELU, RELU6, RELU_N1_TO_1",
            "use RELU or RELU6",
        )
    return ACTIVATIONS[number]


def _padding(site: Site, x: Shape, kernel: Shape) -> Padding:
    options = site.options
    if options.padding == tflite.Padding.VALID:
        return Padding()
    if options.padding != tflite.Padding.SAME:
        raise UnsupportedError(f"padding number {options.padding}", CONVERT_AGAIN)
    if len(x) != 4 or min(*options.stride, *options.dilation) < 1:
        return Padding()  # the operator itself refuses these
    (top, bottom), (left, right) = (
        same_padding(x[1 + i], kernel[i], options.stride[i], options.dilation[i]) for i in (0, 1)
    )
    return Padding(top, bottom, left, right)


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
    if x.dtype is DType.INT8 and weight.dtype is not DType.INT8:
        raise UnsupportedError(
            f"{weight.dtype.value} weights on int8 data, allowed: int8", FULL_INTEGER
        )
    dtype = DType.FLOAT32 if x.dtype is DType.FLOAT32 else DType.INT32
    if not site.has(2):
        zeros = np.zeros(weight.shape[channel_axis], dtype.numpy)
        return x, weight, site.constant("bias", zeros)
    bias = site.operand(2)
    if not bias.is_constant:
        raise UnsupportedError(f"bias '{bias.name}' is computed at run time", "freeze it")
    if bias.dtype is not dtype:
        raise UnsupportedError(
            f"{bias.dtype.value} bias on {x.dtype.value} data, allowed: {dtype.value}", FULL_INTEGER
        )
    return x, weight, bias


def _conv_2d(site: Site) -> None:
    x, weight, bias = _weights(site, 0, 4)
    op = Conv2D(
        stride=site.options.stride,
        dilation=site.options.dilation,
        padding=_padding(site, x.shape, weight.shape[1:3]),
        activation=_activation(site),
    )
    site.emit(op, x, weight, bias)


def _depthwise_conv_2d(site: Site) -> None:
    x, weight, bias = _weights(site, 3, 4)
    op = DepthwiseConv2D(
        stride=site.options.stride,
        dilation=site.options.dilation,
        padding=_padding(site, x.shape, weight.shape[1:3]),
        activation=_activation(site),
    )
    site.emit(op, x, weight, bias)


def _fully_connected(site: Site) -> None:
    if site.options.weights_format != DEFAULT_WEIGHTS_FORMAT:
        raise UnsupportedError("shuffled weights", FULL_INTEGER)
    x, weight, bias = _weights(site, 0, 2)
    units, depth = weight.shape
    if x.elements % depth:
        raise UnsupportedError(
            f"input {list(x.shape)} does not divide into rows of {depth}", CONVERT_AGAIN
        )
    flat = site.reshaped("flatten", x, (x.elements // depth, depth))
    op = FullyConnected(activation=_activation(site))
    if not site.options.keep_dims or len(x.shape) == 2:
        site.emit(op, flat, weight, bias)
        return
    if x.shape[-1:] != (depth,):
        raise UnsupportedError(
            f"input {list(x.shape)} must end in {depth} to keep its dimensions", CONVERT_AGAIN
        )
    rows = site.insert("rows", op, (flat, weight, bias), site.result())
    site.emit(Reshape((*x.shape[:-1], units)), rows)


def _add(site: Site) -> None:
    site.emit(Add(_activation(site)), site.data(0), site.data(1))


def _pool(op: type[AveragePool2D] | type[MaxPool2D]) -> Callable[[Site], None]:
    def convert(site: Site) -> None:
        x, options = site.data(0), site.options
        padding = _padding(site, x.shape, options.window)
        site.emit(op(options.window, options.stride, padding, _activation(site)), x)

    return convert


def _mean(site: Site) -> None:
    x, rank = site.data(0), len(site.data(0).shape)
    axes = site.indices(1)
    if any(not -rank <= axis < rank for axis in axes):
        raise UnsupportedError(f"axes {list(axes)} of a {rank}-D input", CONVERT_AGAIN)
    distinct = tuple(sorted({axis % rank for axis in axes}))
    site.emit(Mean(distinct, site.options.keep_dims), x)


def _pad(site: Site) -> None:
    x, flat = site.data(0), site.indices(1)
    if site.record(1).shape != (len(flat) // 2, 2):
        raise UnsupportedError(f"paddings of shape {list(site.record(1).shape)}", CONVERT_AGAIN)
    site.emit(Pad(tuple(zip(flat[::2], flat[1::2], strict=True))), x)


def _pad_v2(site: Site) -> None:
    x, value = site.data(0), site.data(2)
    zero = 0 if x.quantization is None else x.q.zero_point
    if (
        not value.is_constant
        or value.elements != 1
        or value.dtype is not x.dtype
        or value.quantization != x.quantization
        or value.array.item() != zero
    ):
        raise UnsupportedError(f"pads with '{value.name}'", "pad with 0 (the zero point)")
    _pad(site)


def _resolved(shape: tuple[int, ...], elements: int) -> Shape:
    """A shape whose single -1 stands for what remains."""
    if shape == (0,):  # how old converters wrote a scalar
        return ()
    stated = tuple(n for n in shape if n != -1)
    known = math.prod(stated) if is_shape(stated) else 0
    if len(shape) > len(stated) + 1 or not known or elements % known:
        raise UnsupportedError(f"{elements} elements do not fit {list(shape)}", CONVERT_AGAIN)
    return tuple(elements // known if n == -1 else n for n in shape)


def _reshape(site: Site) -> None:
    x = site.data(0)
    if site.has(1) and site.record(1).data is not None:
        shape = site.indices(1)
    elif site.options.shape is not None and not site.has(1):
        shape = site.options.shape
    else:  # computed from the batch size, which is fixed here: what the file states is right
        shape = site.result().shape
    site.emit(Reshape(_resolved(shape, x.elements)), x)


def _squeeze(site: Site) -> None:
    x, rank = site.data(0), len(site.data(0).shape)
    axes = {axis + rank if axis < 0 else axis for axis in site.options.squeeze}
    if any(not 0 <= axis < rank or x.shape[axis] != 1 for axis in axes):
        raise UnsupportedError(f"cannot squeeze {sorted(axes)} of {list(x.shape)}", CONVERT_AGAIN)
    kept = (i not in axes if axes else n != 1 for i, n in enumerate(x.shape))
    site.emit(Reshape(tuple(n for n, keep in zip(x.shape, kept, strict=True) if keep)), x)


def _expand_dims(site: Site) -> None:
    x, rank = site.data(0), len(site.data(0).shape)
    axes = site.indices(1)
    if len(axes) != 1 or not -rank - 1 <= axes[0] <= rank:
        raise UnsupportedError(f"axis {list(axes)} of a {rank}-D input", CONVERT_AGAIN)
    axis = axes[0] % (rank + 1)
    site.emit(Reshape((*x.shape[:axis], 1, *x.shape[axis:])), x)


def _softmax(site: Site) -> None:
    site.emit(Softmax(site.options.beta), site.data(0))


def _relu(activation: Activation) -> Callable[[Site], None]:
    def convert(site: Site) -> None:
        x = site.data(0)
        if x.dtype is not DType.FLOAT32:
            raise UnsupportedError(
                f"a clamp of {x.dtype.value} data on its own", "fuse it into the layer before it"
            )
        site.emit(Relu(activation), x)

    return convert


def _quantize(site: Site) -> None:
    site.emit(Quantize(), site.data(0))


def _dequantize(site: Site) -> None:
    site.emit(Dequantize(), site.data(0))


@dataclass(frozen=True)
class Converter:
    """What turns an operator into nodes.

    Args:
        convert: Adds the nodes through the site.
        options: The schema's number of the options that it reads.
        needs_options: False when the defaults hold where the file has none.
    """

    convert: Callable[[Site], None]
    options: int = NO_OPTIONS
    needs_options: bool = True

    def accepts(self, options: int) -> bool:
        """True when an operator may have that kind of options."""
        if self.options == NO_OPTIONS:
            return True
        return options == self.options or (options == NO_OPTIONS and not self.needs_options)


_Kind = tflite.BuiltinOptions
CONVERTERS: dict[str, Converter] = {
    "ADD": Converter(_add, _Kind.AddOptions, needs_options=False),
    "AVERAGE_POOL_2D": Converter(_pool(AveragePool2D), _Kind.Pool2DOptions),
    "CONV_2D": Converter(_conv_2d, _Kind.Conv2DOptions),
    "DEPTHWISE_CONV_2D": Converter(_depthwise_conv_2d, _Kind.DepthwiseConv2DOptions),
    "DEQUANTIZE": Converter(_dequantize),
    "EXPAND_DIMS": Converter(_expand_dims),
    "FULLY_CONNECTED": Converter(_fully_connected, _Kind.FullyConnectedOptions),
    "MAX_POOL_2D": Converter(_pool(MaxPool2D), _Kind.Pool2DOptions),
    "MEAN": Converter(_mean, _Kind.ReducerOptions, needs_options=False),
    "PAD": Converter(_pad),
    "PADV2": Converter(_pad_v2),
    "QUANTIZE": Converter(_quantize),
    "RELU": Converter(_relu(Activation.RELU)),
    "RELU6": Converter(_relu(Activation.RELU6)),
    "RELU_N1_TO_1": Converter(_relu(Activation.RELU_N1_TO_1)),
    "RESHAPE": Converter(_reshape, _Kind.ReshapeOptions, needs_options=False),
    "SOFTMAX": Converter(_softmax, _Kind.SoftmaxOptions),
    "SQUEEZE": Converter(_squeeze, _Kind.SqueezeOptions, needs_options=False),
}
"""TFLite's name of an operator -> how it is converted."""
