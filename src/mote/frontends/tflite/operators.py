"""How each TFLite operator becomes nodes of the IR; ``CONVERTERS`` lists them all.

Here stand those of operators without weights.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import tflite

from mote.frontends.tflite.attributes import fused_activation, padding
from mote.frontends.tflite.builder import Site
from mote.frontends.tflite.values import CONVERT_AGAIN, UnsupportedError, is_shape
from mote.frontends.tflite.weighted import (
    batch_matmul,
    conv_2d,
    depthwise_conv_2d,
    fully_connected,
    transpose_conv,
)
from mote.ir import DType, Tensor
from mote.ir.ops import (
    Activation,
    Add,
    AveragePool2D,
    Dequantize,
    MaxPool2D,
    Mean,
    Pad,
    Quantize,
    Relu,
    Reshape,
    Rounding,
    Shape,
    Softmax,
)
from mote.reference.fixed_point import quantize_multiplier, requantize

NO_OPTIONS = tflite.BuiltinOptions.NONE


def _add(site: Site) -> None:
    site.emit(Add(fused_activation(site)), site.data(0), site.data(1))


def _pool(op: type[AveragePool2D] | type[MaxPool2D]) -> Callable[[Site], None]:
    def convert(site: Site) -> None:
        x, options = site.data(0), site.options
        sides = padding(site, x.shape, options.window)
        site.emit(op(options.window, options.stride, sides, fused_activation(site)), x)

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


def _clamp(activation: Activation) -> Callable[[Site], None]:
    """A clamp on its own: on int8 it rescales, as a quantize does, and then cuts in a pool of size
    one."""

    def convert(site: Site) -> None:
        x, y = site.data(0), site.result()
        if x.dtype is not DType.INT8:
            site.emit(Relu(activation), x)
            return
        if x.quantization != y.quantization:
            rescaled = site.insert("rescale", Quantize(), (x,), y)
            _check_rescaling(x, y)
            x = rescaled
        if len(x.shape) == 4:
            site.emit(MaxPool2D(activation=activation), x)
            return
        plane = site.reshaped("plane", x, (1, 1, 1, x.elements))
        cut = site.insert("cut", MaxPool2D(activation=activation), (plane,), y)
        site.emit(Reshape(x.shape), cut)

    return convert


def _check_rescaling(x: Tensor, y: Tensor) -> None:
    """TFLite divides the scales of a clamp in float32, those of a quantize in double precision."""
    least, most = x.dtype.range
    centred = np.arange(least, most + 1) - x.q.zero_point
    ratios = x.q.scale / y.q.scale, float(np.float32(x.q.scale) / np.float32(y.q.scale))
    one, other = (requantize(centred, *quantize_multiplier(r), Rounding.DOUBLE) for r in ratios)
    if not np.array_equal(one, other):
        raise UnsupportedError(
            f"rescales by {ratios[0]:.9g}, whose last bits decide a result",
            "fuse the clamp into the layer before it",
        )


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
    "BATCH_MATMUL": Converter(batch_matmul, _Kind.BatchMatMulOptions),
    "CONV_2D": Converter(conv_2d, _Kind.Conv2DOptions),
    "DEPTHWISE_CONV_2D": Converter(depthwise_conv_2d, _Kind.DepthwiseConv2DOptions),
    "DEQUANTIZE": Converter(_dequantize),
    "EXPAND_DIMS": Converter(_expand_dims),
    "FULLY_CONNECTED": Converter(fully_connected, _Kind.FullyConnectedOptions),
    "MAX_POOL_2D": Converter(_pool(MaxPool2D), _Kind.Pool2DOptions),
    "MEAN": Converter(_mean, _Kind.ReducerOptions, needs_options=False),
    "PAD": Converter(_pad),
    "PADV2": Converter(_pad_v2),
    "QUANTIZE": Converter(_quantize),
    "RELU": Converter(_clamp(Activation.RELU)),
    "RELU6": Converter(_clamp(Activation.RELU6)),
    "RELU_N1_TO_1": Converter(_clamp(Activation.RELU_N1_TO_1)),
    "RESHAPE": Converter(_reshape, _Kind.ReshapeOptions, needs_options=False),
    "SOFTMAX": Converter(_softmax, _Kind.SoftmaxOptions),
    "SQUEEZE": Converter(_squeeze, _Kind.SqueezeOptions, needs_options=False),
    "TRANSPOSE_CONV": Converter(transpose_conv, _Kind.TransposeConvOptions),
}
"""TFLite's name of an operator -> how it is converted."""
