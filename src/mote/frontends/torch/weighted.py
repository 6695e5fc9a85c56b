"""How PyTorch's operations with parameters become nodes: convolution, linear, batch norm."""

from typing import Any

import numpy as np

from mote.frontends.torch.arguments import Arguments, activation, pair, parameter, planar
from mote.frontends.torch.builder import Builder, RefusalError, Value, stored_features
from mote.ir.ops import BatchNorm, Conv2D, DepthwiseConv2D, FullyConnected, Padding, Shape


def convolution(builder: Builder, name: str, arguments: Arguments, shape: Shape) -> Value:
    x, weight = planar(arguments["input"]), arguments["weight"]
    array, groups = parameter(weight, "weight"), int(arguments["groups"])
    dilation = pair(arguments["dilation"])
    attributes: dict[str, Any] = {
        "stride": pair(arguments["stride"]),
        "dilation": dilation,
        "padding": _padding(arguments["padding"], array.shape[2:], dilation),
    }
    bias = _bias(builder, name, arguments["bias"], array.shape[0])
    if groups > 1 and groups == x.shape[1]:
        filters = builder.constant(weight.name, array.transpose(1, 2, 3, 0))
        depthwise = DepthwiseConv2D(**attributes)
        return builder.emit(name, depthwise, (x.tensor, filters, bias), shape)
    filters = builder.constant(weight.name, array.transpose(0, 2, 3, 1))
    return builder.emit(name, Conv2D(**attributes), (x.tensor, filters, bias), shape)


def linear(builder: Builder, name: str, arguments: Arguments, shape: Shape) -> Value:
    x, weight = activation(arguments["input"]), arguments["weight"]
    if x.planar:
        raise RefusalError("its input is not [N, features]", "flatten from dimension 1 before it")
    array = stored_features(parameter(weight, "weight"), x.plane)
    bias = _bias(builder, name, arguments["bias"], array.shape[0])
    operands = (x.tensor, builder.constant(weight.name, array), bias)
    return builder.emit(name, FullyConnected(), operands, shape)


def batch_norm(builder: Builder, name: str, arguments: Arguments, shape: Shape) -> Value:
    x = activation(arguments["input"])
    if arguments.get("training"):
        raise RefusalError("it normalises with statistics of the batch", "call module.eval()")
    if arguments["running_mean"] is None or arguments["running_var"] is None:
        raise RefusalError("it keeps no running statistics", "set track_running_stats=True")
    defaults = {"weight": 1.0, "bias": 0.0, "running_mean": 0.0, "running_var": 1.0}
    operands = [x.tensor]
    for key, default in defaults.items():
        argument = arguments[key]
        if argument is None:
            constant = builder.constant(f"{name}.{key}", np.full(shape[1], default))
        else:
            array = stored_features(parameter(argument, key), x.plane)
            constant = builder.constant(argument.name, array)
        operands.append(constant)
    return builder.emit(name, BatchNorm(epsilon=float(arguments["eps"])), operands, shape, x.plane)


def _bias(builder: Builder, name: str, bias: Any, channels: int) -> str:
    if bias is None:
        return builder.constant(f"{name}.bias", np.zeros(channels))
    return builder.constant(bias.name, parameter(bias, "bias"))


def _padding(text_or_sizes: Any, kernel: Shape, dilation: tuple[int, int]) -> Padding:
    """PyTorch's padding; ``"same"`` puts the odd element after, whatever the input's size."""
    if text_or_sizes == "valid":
        return Padding()
    if text_or_sizes == "same":
        (top, bottom), (left, right) = (
            (total // 2, total - total // 2)
            for total in (d * (k - 1) for k, d in zip(kernel, dilation, strict=True))
        )
        return Padding(top, bottom, left, right)
    height, width = pair(text_or_sizes)
    return Padding(height, height, width, width)
