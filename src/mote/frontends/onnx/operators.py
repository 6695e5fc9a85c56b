"""Which function converts which ONNX operator, and the ways round those that none does."""

from collections.abc import Callable, Mapping

from mote.frontends.onnx import arithmetic, functions, movement, normalization, pooling
from mote.frontends.onnx.convolution import conv, conv_transpose
from mote.frontends.onnx.functions import function
from mote.frontends.onnx.matrix import gemm, mat_mul
from mote.frontends.onnx.quantized import dequantize_linear, quantize_linear
from mote.frontends.onnx.reduction import reduce_extreme, reduce_mean, reduce_sum
from mote.frontends.onnx.resize import resize
from mote.frontends.onnx.selection import gather, pad, slice_elements, split
from mote.frontends.onnx.site import Result, Site
from mote.frontends.onnx.values import QUANTISE_AGAIN
from mote.ir.ops import Function

Converter = Callable[[Site], Result]

CONVERTERS: Mapping[str, Converter] = {
    "Abs": function(Function.ABS),
    "Add": arithmetic.SUM,
    "AveragePool": pooling.average_pool,
    "BatchNormalization": normalization.batch_normalization,
    "Cast": movement.cast,
    "CastLike": movement.cast_like,
    "Celu": functions.celu,
    "Clip": functions.clip,
    "Concat": movement.concat,
    "Conv": conv,
    "ConvTranspose": conv_transpose,
    "DepthToSpace": movement.depth_to_space,
    "DequantizeLinear": dequantize_linear,
    "Div": arithmetic.div,
    "Dropout": functions.dropout,
    "Elu": function(Function.ELU, ("alpha", 1.0)),
    "Erf": function(Function.ERF),
    "Exp": function(Function.EXP),
    "Expand": movement.expand,
    "Flatten": movement.flatten,
    "Gather": gather,
    "Gelu": functions.gelu,
    "Gemm": gemm,
    "GlobalAveragePool": pooling.global_average_pool,
    "GlobalMaxPool": pooling.global_max_pool,
    "GroupNormalization": normalization.group_normalization,
    "HardSigmoid": function(Function.HARD_SIGMOID, ("alpha", 0.2), ("beta", 0.5)),
    "HardSwish": function(Function.HARD_SWISH),
    "Identity": functions.identity,
    "InstanceNormalization": normalization.instance_normalization,
    "IsNaN": arithmetic.is_nan,
    "LayerNormalization": normalization.layer_normalization,
    "LeakyRelu": function(Function.LEAKY_RELU, ("alpha", 0.01)),
    "Log": function(Function.LOG),
    "LogSoftmax": functions.LOG_SOFTMAX,
    "MatMul": mat_mul,
    "Max": arithmetic.extreme(least=False),
    "MaxPool": pooling.max_pool,
    "Mean": arithmetic.variadic_mean,
    "Min": arithmetic.extreme(least=True),
    "Mul": arithmetic.PRODUCT,
    "Neg": function(Function.NEGATE),
    "PRelu": functions.prelu,
    "Pad": pad,
    "Pow": arithmetic.power,
    "QuantizeLinear": quantize_linear,
    "Reciprocal": function(Function.RECIPROCAL),
    "ReduceMax": reduce_extreme(least=False),
    "ReduceMean": reduce_mean,
    "ReduceMin": reduce_extreme(least=True),
    "ReduceSum": reduce_sum,
    "Relu": functions.relu,
    "Reshape": movement.reshape,
    "Resize": resize,
    "Selu": functions.selu,
    "Sigmoid": function(Function.SIGMOID),
    "Slice": slice_elements,
    "Softmax": functions.SOFTMAX,
    "Softplus": function(Function.SOFTPLUS),
    "Softsign": arithmetic.softsign,
    "SpaceToDepth": movement.space_to_depth,
    "Split": split,
    "Sqrt": function(Function.SQRT),
    "Squeeze": movement.squeeze,
    "Sub": arithmetic.DIFFERENCE,
    "Sum": arithmetic.variadic_sum,
    "Swish": arithmetic.swish,
    "Tanh": function(Function.TANH),
    "Tile": movement.tile,
    "Transpose": movement.transpose,
    "Unsqueeze": movement.unsqueeze,
    "Where": arithmetic.where,
}
"""Operator of ONNX itself -> what makes nodes of it. Others are replaced by ONNX's definition of
them where there is one, and refused where there is none."""

MICROSOFT_CONVERTERS: Mapping[str, Converter] = {
    "DequantizeLinear": dequantize_linear,
    "Gelu": function(Function.GELU),
    "QuantizeLinear": quantize_linear,
    "QuickGelu": arithmetic.swish,
}
"""The same for the operator set com.microsoft."""

_MOVING = """
Concat DepthToSpace Expand Flatten Gather Identity MaxPool Pad Reshape Slice SpaceToDepth
Split Squeeze Tile Transpose Unsqueeze Resize
"""
MOVING = frozenset(_MOVING.split())
"""Operators that models apply to quantised values directly: what they give are elements of those.
"""

_RECURRENT = "unroll it into MatMul, Sigmoid and Tanh"
_DYNAMIC = f"its scales are computed when the model runs; {QUANTISE_AGAIN}"
_IN_THE_APPLICATION = "return its operand and compute it in the application"

WAYS_OUT: Mapping[str, str] = {
    "ArgMax": _IN_THE_APPLICATION,
    "ArgMin": _IN_THE_APPLICATION,
    "ConvInteger": _DYNAMIC,
    "DynamicQuantizeLinear": _DYNAMIC,
    "GRU": _RECURRENT,
    "LSTM": _RECURRENT,
    "Loop": "export with fixed sizes, so that the loop is unrolled",
    "MatMulInteger": _DYNAMIC,
    "NonMaxSuppression": _IN_THE_APPLICATION,
    "RNN": _RECURRENT,
    "Scan": "export with fixed sizes, so that the loop is unrolled",
    "TopK": _IN_THE_APPLICATION,
}
"""Operator -> what to do instead."""
