"""Which function turns each TFLite operator into nodes of the IR: ``CONVERTERS`` lists them all."""

from collections.abc import Callable
from dataclasses import dataclass

import tflite

from mote.frontends.tflite import functions, movement, reduction, selection, weighted
from mote.frontends.tflite.builder import Site
from mote.frontends.tflite.constants import reals
from mote.ir import DType, Tensor
from mote.ir.ops import Activation, AveragePool2D, Dequantize, Function, MaxPool2D, Quantize

NO_OPTIONS = tflite.BuiltinOptions.NONE


def _quantize(site: Site) -> None:
    site.emit(Quantize(), site.data(0))


def _dequantize(site: Site) -> None:
    """Of a constant: weights that the file holds in a narrower type, at times per channel."""
    x, y = site.operand(0), site.result()
    if not x.is_constant:
        site.emit(Dequantize(), site.data(0))
    elif x.dtype is DType.FLOAT32:  # float16 in the file
        site.define(Tensor(y.name, x.shape, DType.FLOAT32, None, x.array))
    elif x.quantization is None:
        site.emit(Dequantize(), x)
    else:
        site.define(Tensor(y.name, x.shape, DType.FLOAT32, None, reals(x)))


@dataclass(frozen=True)
class Converter:
    """What turns an operator into nodes.

    Args:
        convert: Adds the nodes through the site.
        options: The schema's number of the options that it reads.
        needs_options: False when the defaults hold where the file has none.
        many_results: True when the operator may have more than one result.
    """

    convert: Callable[[Site], None]
    options: int = NO_OPTIONS
    needs_options: bool = True
    many_results: bool = False

    def accepts(self, options: int) -> bool:
        """True when an operator may have that kind of options."""
        if self.options == NO_OPTIONS:
            return True
        return options == self.options or (options == NO_OPTIONS and not self.needs_options)


_Kind = tflite.BuiltinOptions
CONVERTERS: dict[str, Converter] = {
    "ABS": Converter(functions.function(Function.ABS)),
    "ADD": Converter(functions.add, _Kind.AddOptions, needs_options=False),
    "AVERAGE_POOL_2D": Converter(reduction.pool(AveragePool2D), _Kind.Pool2DOptions),
    "BATCH_MATMUL": Converter(weighted.batch_matmul, _Kind.BatchMatMulOptions, needs_options=False),
    "BROADCAST_TO": Converter(movement.broadcast_to),
    "CONCATENATION": Converter(movement.concatenation, _Kind.ConcatenationOptions),
    "CONV_2D": Converter(weighted.conv_2d, _Kind.Conv2DOptions),
    "DEPTHWISE_CONV_2D": Converter(weighted.depthwise_conv_2d, _Kind.DepthwiseConv2DOptions),
    "DEQUANTIZE": Converter(_dequantize),
    "DIV": Converter(functions.div, _Kind.DivOptions, needs_options=False),
    "ELU": Converter(functions.function(Function.ELU, 1.0)),
    "EMBEDDING_LOOKUP": Converter(selection.embedding_lookup),
    "EXP": Converter(functions.function(Function.EXP)),
    "EXPAND_DIMS": Converter(movement.expand_dims),
    "FULLY_CONNECTED": Converter(weighted.fully_connected, _Kind.FullyConnectedOptions),
    "GATHER": Converter(selection.gather, _Kind.GatherOptions, needs_options=False),
    "GELU": Converter(functions.gelu, _Kind.GeluOptions, needs_options=False),
    "HARD_SWISH": Converter(functions.function(Function.HARD_SWISH)),
    "LEAKY_RELU": Converter(functions.leaky_relu, _Kind.LeakyReluOptions),
    "LOG": Converter(functions.function(Function.LOG)),
    "LOGISTIC": Converter(functions.function(Function.SIGMOID)),
    "LOG_SOFTMAX": Converter(functions.log_softmax),
    "MAXIMUM": Converter(functions.bound(upper=False)),
    "MAX_POOL_2D": Converter(reduction.pool(MaxPool2D), _Kind.Pool2DOptions),
    "MEAN": Converter(reduction.mean, _Kind.ReducerOptions, needs_options=False),
    "MINIMUM": Converter(functions.bound(upper=True)),
    "MIRROR_PAD": Converter(movement.mirror_pad, _Kind.MirrorPadOptions),
    "MUL": Converter(functions.mul, _Kind.MulOptions, needs_options=False),
    "NEG": Converter(functions.negate),
    "PACK": Converter(movement.pack, _Kind.PackOptions),
    "PAD": Converter(movement.pad),
    "PADV2": Converter(movement.pad_v2),
    "POW": Converter(functions.power),
    "PRELU": Converter(functions.prelu),
    "QUANTIZE": Converter(_quantize),
    "REDUCE_MAX": Converter(reduction.greatest, _Kind.ReducerOptions, needs_options=False),
    "REDUCE_MIN": Converter(reduction.least, _Kind.ReducerOptions, needs_options=False),
    "RELU": Converter(functions.relu(Activation.RELU)),
    "RELU6": Converter(functions.relu(Activation.RELU6)),
    "RELU_0_TO_1": Converter(functions.function(Function.CLIP, 0.0, 1.0)),
    "RELU_N1_TO_1": Converter(functions.relu(Activation.RELU_N1_TO_1)),
    "RESHAPE": Converter(movement.reshape, _Kind.ReshapeOptions, needs_options=False),
    "RESIZE_BILINEAR": Converter(movement.resize_bilinear, _Kind.ResizeBilinearOptions),
    "RESIZE_NEAREST_NEIGHBOR": Converter(
        movement.resize_nearest, _Kind.ResizeNearestNeighborOptions
    ),
    "RSQRT": Converter(functions.function(Function.RSQRT)),
    "SLICE": Converter(selection.slice_sizes),
    "SOFTMAX": Converter(functions.softmax, _Kind.SoftmaxOptions),
    "SPLIT": Converter(selection.split, many_results=True),
    "SPLIT_V": Converter(selection.split_v, many_results=True),
    "SQRT": Converter(functions.sqrt),
    "SQUARE": Converter(functions.function(Function.SQUARE)),
    "SQUARED_DIFFERENCE": Converter(functions.squared_difference),
    "SQUEEZE": Converter(movement.squeeze, _Kind.SqueezeOptions, needs_options=False),
    "STRIDED_SLICE": Converter(
        selection.strided_slice, _Kind.StridedSliceOptions, needs_options=False
    ),
    "SUB": Converter(functions.sub, _Kind.SubOptions, needs_options=False),
    "SUM": Converter(reduction.total, _Kind.ReducerOptions, needs_options=False),
    "TANH": Converter(functions.function(Function.TANH)),
    "TILE": Converter(movement.tile),
    "TRANSPOSE": Converter(movement.transpose),
    "TRANSPOSE_CONV": Converter(weighted.transpose_conv, _Kind.TransposeConvOptions),
    "UNPACK": Converter(selection.unpack, _Kind.UnpackOptions, many_results=True),
}
"""TFLite's name of an operator -> how it is converted."""
