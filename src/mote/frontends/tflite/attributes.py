"""Attributes that several TFLite operators state in the same way: clamp, padding, axis."""

import tflite

from mote.frontends.tflite.builder import Site
from mote.frontends.tflite.values import CONVERT_AGAIN, UnsupportedError
from mote.ir.ops import Activation, Padding, Shape, same_padding

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


def fused_activation(site: Site) -> Activation:
    """The clamp at the end of an operator."""
    number = site.options.activation
    if number not in ACTIVATIONS:
        name = OTHER_ACTIVATIONS.get(number, f"number {number}")
        raise UnsupportedError(
            f"fused activation {name}, allowed: NONE, RELU, RELU6, RELU_N1_TO_1",
            "use RELU or RELU6",
        )
    return ACTIVATIONS[number]


def padding(site: Site, x: Shape, kernel: Shape) -> Padding:
    """The padding of a window of size ``kernel`` on a plane ``x``, explicit."""
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


def axis_of(axis: int, rank: int, dimensions: int | None = None) -> int:
    """An axis that may count from the end; ``dimensions``: those of the input, where others."""
    if not -rank <= axis < rank:
        found = rank if dimensions is None else dimensions
        raise UnsupportedError(f"axis [{axis}] of a {found}-D input", CONVERT_AGAIN)
    return axis % rank
