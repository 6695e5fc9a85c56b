"""What each operator computes, in one line for the reader of the generated C."""

from collections.abc import Mapping

from mote.ir.ops import (
    Add,
    AveragePool2D,
    BatchNorm,
    Concat,
    Conv2D,
    DepthwiseConv2D,
    Dequantize,
    Embedding,
    FullyConnected,
    LayerNorm,
    LogSoftmax,
    MatMul,
    MaxPool2D,
    Mean,
    Mul,
    Op,
    Pad,
    PRelu,
    Quantize,
    Relu,
    Resize,
    Slice,
    Softmax,
    Sub,
    Transpose,
    TransposedConv2D,
    Unary,
)
from mote.ir.tensor import DType

FORMULAS: Mapping[type[Op], str] = {
    Add: "y = clamp(requantize(rescale(x0 - x0_zero) + rescale(x1 - x1_zero)) + y_zero)",
    AveragePool2D: "y = clamp(round(mean of x over the part of the window that lies inside))",
    Concat: "y = the operands one after the other",
    Conv2D: "y[o] = clamp(requantize(sum(x * weights[o]) + bias[o]) + y_zero)",
    Dequantize: "y = scale * (x - zero)",
    DepthwiseConv2D: "y[c] = clamp(requantize(sum(x[c] * weights[c]) + bias[c]) + y_zero)",
    Embedding: "y = table[index]",
    FullyConnected: "y[o] = clamp(requantize(sum(x * weights[o]) + bias[o]) + y_zero)",
    LayerNorm: "y = (x - mean) / sqrt(variance + epsilon) * gamma + beta over the last axis",
    LogSoftmax: "y = x - log(sum(exp(x))) over the last axis",
    MatMul: "y[m][n] = clamp(requantize(sum over k of x0[m][k] * x1[k][n]) + y_zero)",
    MaxPool2D: "y = clamp(max of x over the part of the window that lies inside)",
    Mean: "y = requantize(sum of x - x_zero over the reduced axes) + y_zero",
    Mul: "y = clamp(requantize((x0 - x0_zero) * (x1 - x1_zero)) + y_zero)",
    PRelu: "y = x < 0 ? alpha * x : x",
    Pad: "y = x, with a border of one value or of mirrored elements",
    Quantize: "y = clamp(round(x / scale) + zero)",
    Relu: "y = clamp(requantize(x - x_zero) + y_zero)",
    Resize: "y = x sampled at another height and width",
    Slice: "y = every n-th element of a part of x",
    Softmax: "y = exp(beta * x) / sum(exp(beta * x)) over the last axis",
    Sub: "y = clamp(requantize(rescale(x0 - x0_zero) - rescale(x1 - x1_zero)) + y_zero)",
    Transpose: "y = x with its dimensions in another order",
    TransposedConv2D: "y[o] = clamp(requantize(sum(spread x * weights[o]) + bias[o]) + y_zero)",
    Unary: "y = f(x) for each element",
}
"""Operators without a row here become no code, or exist in float graphs only."""

FORMULAS_F32: Mapping[type[Op], str] = {
    Add: "y = clamp(x0 + x1)",
    AveragePool2D: "y = clamp(mean of x over the part of the window that lies inside)",
    BatchNorm: "y = x * factor + offset for each channel",
    Conv2D: "y[o] = clamp(sum(x * weights[o]) + bias[o])",
    DepthwiseConv2D: "y[c] = clamp(sum(x[c] * weights[c]) + bias[c])",
    FullyConnected: "y[o] = clamp(sum(x * weights[o]) + bias[o])",
    MatMul: "y[m][n] = clamp(sum over k of x0[m][k] * x1[k][n])",
    Mean: "y = mean of x over the reduced axes",
    Mul: "y = clamp(x0 * x1)",
    Relu: "y = clamp(x)",
    Sub: "y = clamp(x0 - x1)",
    TransposedConv2D: "y[o] = clamp(sum(spread x * weights[o]) + bias[o])",
}
"""Operators on float32 that say it otherwise."""


def formula(op: Op, dtype: DType) -> str:
    """What a node computes whose result has that type."""
    if dtype is DType.FLOAT32 and type(op) in FORMULAS_F32:
        return FORMULAS_F32[type(op)]
    return FORMULAS[type(op)]
