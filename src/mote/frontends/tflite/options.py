"""Reads the options of each supported operator from the schema's tables."""

from collections.abc import Callable
from typing import Any

import tflite

from mote.frontends.tflite.records import Options

Vector = Callable[[Any, str], tuple[int, ...]]
"""Reads a vector field of a table, within bounds."""


def _convolution(table: Any, vector: Vector) -> Options:
    return Options(
        padding=table.Padding(),
        stride=(table.StrideH(), table.StrideW()),
        dilation=(table.DilationHFactor(), table.DilationWFactor()),
        activation=table.FusedActivationFunction(),
    )


def _pool(table: Any, vector: Vector) -> Options:
    return Options(
        padding=table.Padding(),
        stride=(table.StrideH(), table.StrideW()),
        window=(table.FilterHeight(), table.FilterWidth()),
        activation=table.FusedActivationFunction(),
    )


def _fully_connected(table: Any, vector: Vector) -> Options:
    return Options(
        activation=table.FusedActivationFunction(),
        weights_format=table.WeightsFormat(),
        keep_dims=table.KeepNumDims(),
    )


def _transpose_conv(table: Any, vector: Vector) -> Options:
    return Options(
        padding=table.Padding(),
        stride=(table.StrideH(), table.StrideW()),
        activation=table.FusedActivationFunction(),
    )


def _batch_matmul(table: Any, vector: Vector) -> Options:
    return Options(adjoint=(table.AdjX(), table.AdjY()))


def _activation(table: Any, vector: Vector) -> Options:
    return Options(activation=table.FusedActivationFunction())


def _sum(table: Any, vector: Vector) -> Options:
    return Options(
        activation=table.FusedActivationFunction(), pot_scale_int16=table.PotScaleInt16()
    )


def _concatenation(table: Any, vector: Vector) -> Options:
    return Options(axis=table.Axis(), activation=table.FusedActivationFunction())


def _axis(table: Any, vector: Vector) -> Options:
    return Options(axis=table.Axis())


def _gather(table: Any, vector: Vector) -> Options:
    return Options(axis=table.Axis(), batch_dims=table.BatchDims())


def _gelu(table: Any, vector: Vector) -> Options:
    return Options(approximate=table.Approximate())


def _leaky_relu(table: Any, vector: Vector) -> Options:
    return Options(alpha=table.Alpha())


def _mirror_pad(table: Any, vector: Vector) -> Options:
    return Options(mode=table.Mode())


def _resize(table: Any, vector: Vector) -> Options:
    return Options(align_corners=table.AlignCorners(), half_pixel_centers=table.HalfPixelCenters())


def _strided_slice(table: Any, vector: Vector) -> Options:
    return Options(
        begin_mask=table.BeginMask(),
        end_mask=table.EndMask(),
        ellipsis_mask=table.EllipsisMask(),
        new_axis_mask=table.NewAxisMask(),
        shrink_axis_mask=table.ShrinkAxisMask(),
        offset=table.Offset(),
    )


def _reducer(table: Any, vector: Vector) -> Options:
    return Options(keep_dims=table.KeepDims())


def _reshape(table: Any, vector: Vector) -> Options:
    return Options(shape=None if table.NewShapeIsNone() else vector(table, "NewShape"))


def _squeeze(table: Any, vector: Vector) -> Options:
    return Options(squeeze=vector(table, "SqueezeDims"))


def _softmax(table: Any, vector: Vector) -> Options:
    return Options(beta=table.Beta())


OPTIONS: dict[int, tuple[type[Any], Callable[[Any, Vector], Options]]] = {
    tflite.BuiltinOptions.AddOptions: (tflite.AddOptions, _sum),
    tflite.BuiltinOptions.ConcatenationOptions: (tflite.ConcatenationOptions, _concatenation),
    tflite.BuiltinOptions.BatchMatMulOptions: (tflite.BatchMatMulOptions, _batch_matmul),
    tflite.BuiltinOptions.Conv2DOptions: (tflite.Conv2DOptions, _convolution),
    tflite.BuiltinOptions.DepthwiseConv2DOptions: (tflite.DepthwiseConv2DOptions, _convolution),
    tflite.BuiltinOptions.DivOptions: (tflite.DivOptions, _activation),
    tflite.BuiltinOptions.FullyConnectedOptions: (tflite.FullyConnectedOptions, _fully_connected),
    tflite.BuiltinOptions.GatherOptions: (tflite.GatherOptions, _gather),
    tflite.BuiltinOptions.GeluOptions: (tflite.GeluOptions, _gelu),
    tflite.BuiltinOptions.LeakyReluOptions: (tflite.LeakyReluOptions, _leaky_relu),
    tflite.BuiltinOptions.MirrorPadOptions: (tflite.MirrorPadOptions, _mirror_pad),
    tflite.BuiltinOptions.MulOptions: (tflite.MulOptions, _activation),
    tflite.BuiltinOptions.PackOptions: (tflite.PackOptions, _axis),
    tflite.BuiltinOptions.Pool2DOptions: (tflite.Pool2DOptions, _pool),
    tflite.BuiltinOptions.ReducerOptions: (tflite.ReducerOptions, _reducer),
    tflite.BuiltinOptions.ReshapeOptions: (tflite.ReshapeOptions, _reshape),
    tflite.BuiltinOptions.ResizeBilinearOptions: (tflite.ResizeBilinearOptions, _resize),
    tflite.BuiltinOptions.ResizeNearestNeighborOptions: (
        tflite.ResizeNearestNeighborOptions,
        _resize,
    ),
    tflite.BuiltinOptions.SoftmaxOptions: (tflite.SoftmaxOptions, _softmax),
    tflite.BuiltinOptions.SqueezeOptions: (tflite.SqueezeOptions, _squeeze),
    tflite.BuiltinOptions.StridedSliceOptions: (tflite.StridedSliceOptions, _strided_slice),
    tflite.BuiltinOptions.SubOptions: (tflite.SubOptions, _sum),
    tflite.BuiltinOptions.UnpackOptions: (tflite.UnpackOptions, _axis),
    tflite.BuiltinOptions.TransposeConvOptions: (tflite.TransposeConvOptions, _transpose_conv),
}
"""Number of the kind of options -> its table in the schema, and what reads it."""
