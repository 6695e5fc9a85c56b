"""What each operator computes, in one line for the reader of the generated C."""

from collections.abc import Mapping

from mote.ir.ops import (
    Add,
    AveragePool2D,
    Conv2D,
    DepthwiseConv2D,
    Dequantize,
    FullyConnected,
    MaxPool2D,
    Mean,
    Op,
    Pad,
    Quantize,
    Softmax,
)

FORMULAS: Mapping[type[Op], str] = {
    Add: "y = clamp(requantize(rescale(x0 - x0_zero) + rescale(x1 - x1_zero)) + y_zero)",
    AveragePool2D: "y = clamp(round(mean of x over the part of the window that lies inside))",
    Conv2D: "y[o] = clamp(requantize(sum(x * weights[o]) + bias[o]) + y_zero)",
    DepthwiseConv2D: "y[c] = clamp(requantize(sum(x[c] * weights[c]) + bias[c]) + y_zero)",
    Dequantize: "y = scale * (x - zero)",
    FullyConnected: "y[o] = clamp(requantize(sum(x * weights[o]) + bias[o]) + y_zero)",
    MaxPool2D: "y = clamp(max of x over the part of the window that lies inside)",
    Mean: "y = requantize(sum of x - x_zero over the reduced axes) + y_zero",
    Pad: "y = x, with a border of the zero point",
    Quantize: "y = clamp(round(x / scale) + zero)",
    Softmax: "y = exp(beta * x) / sum(exp(beta * x)) over the last axis",
}
"""Operators without a row here become no code, or exist in float graphs only."""
