"""How each PyTorch operation becomes nodes of the graph; ``CONVERTERS`` lists them all.

A converter gets the builder, the name of the node to make, the arguments by their names in the
operation's schema, and the shape of its result in PyTorch. It returns the result or refuses.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from mote.frontends.torch_builder import (
    Builder,
    Parameter,
    RefusalError,
    Shape,
    Value,
    reshaped_plane,
    stored_features,
    stored_shape,
)
from mote.ir.ops import (
    Activation,
    Add,
    AveragePool2D,
    BatchNorm,
    Conv2D,
    DepthwiseConv2D,
    FullyConnected,
    MaxPool2D,
    Mean,
    Pad,
    Padding,
    Relu,
    Reshape,
    Softmax,
)
from mote.ir.tensor import Array

Arguments = dict[str, Any]
Converter = Callable[[Builder, str, Arguments, Shape], Value]


def _planar(value: Any) -> Value:
    if not isinstance(value, Value) or not value.planar:
        raise RefusalError("its input is not a [N, C, H, W] value", "give it a 4-D activation")
    return value


def _pair(value: Any) -> tuple[int, int]:
    """PyTorch writes a square setting with one number or two."""
    numbers = [value] if isinstance(value, int) else list(value)
    return (int(numbers[0]), int(numbers[-1]))


def _parameter(value: Any, what: str) -> Array:
    if not isinstance(value, Parameter):
        raise RefusalError(f"its {what} is computed, not stored", "make it a parameter or buffer")
    if value.array.dtype != np.float32:
        raise RefusalError(
            f"its {what} has type {value.array.dtype}, allowed: float32", "call module.float()"
        )
    return value.array


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
    height, width = _pair(text_or_sizes)
    return Padding(height, height, width, width)


def _convolution(builder: Builder, name: str, arguments: Arguments, shape: Shape) -> Value:
    x, weight = _planar(arguments["input"]), arguments["weight"]
    array, groups = _parameter(weight, "weight"), int(arguments["groups"])
    dilation = _pair(arguments["dilation"])
    attributes: dict[str, Any] = {
        "stride": _pair(arguments["stride"]),
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


def _bias(builder: Builder, name: str, bias: Any, channels: int) -> str:
    if bias is None:
        return builder.constant(f"{name}.bias", np.zeros(channels))
    return builder.constant(bias.name, _parameter(bias, "bias"))


def _linear(builder: Builder, name: str, arguments: Arguments, shape: Shape) -> Value:
    x, weight = arguments["input"], arguments["weight"]
    if not isinstance(x, Value) or len(x.shape) != 2:
        raise RefusalError("its input is not [N, features]", "flatten from dimension 1 before it")
    array = stored_features(_parameter(weight, "weight"), x.plane)
    bias = _bias(builder, name, arguments["bias"], array.shape[0])
    operands = (x.tensor, builder.constant(weight.name, array), bias)
    return builder.emit(name, FullyConnected(), operands, shape)


def _batch_norm(builder: Builder, name: str, arguments: Arguments, shape: Shape) -> Value:
    x = arguments["input"]
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
            array = stored_features(_parameter(argument, key), x.plane)
            constant = builder.constant(argument.name, array)
        operands.append(constant)
    return builder.emit(name, BatchNorm(epsilon=float(arguments["eps"])), operands, shape, x.plane)


CLAMPS = {a.bounds: a for a in Activation if a is not Activation.NONE}


def _clamp(low: Any, high: Any) -> Converter:
    """A clamp whose bounds are numbers, or the names of the arguments that hold them."""

    def convert(builder: Builder, name: str, arguments: Arguments, shape: Shape) -> Value:
        x = arguments.get("self", arguments.get("input"))
        assert isinstance(x, Value)
        bounds = [arguments[b] if isinstance(b, str) else b for b in (low, high)]
        bounds = [e if b is None else b for b, e in zip(bounds, (-math.inf, math.inf), strict=True)]
        activation = CLAMPS.get((float(bounds[0]), float(bounds[1])))
        if activation is None:
            raise RefusalError(
                f"it clamps to {bounds}, allowed: [0, inf], [0, 6], [-1, 1]",
                "use nn.ReLU or nn.ReLU6",
            )
        return builder.emit(name, Relu(activation=activation), (x.tensor,), shape, x.plane)

    return convert


def _pool_attributes(arguments: Arguments, x: Value, y: Shape) -> dict[str, Any]:
    kernel = _pair(arguments["kernel_size"])
    stride = _pair(arguments["stride"] or kernel)
    before = _pair(arguments["padding"])
    after = list(before)
    if arguments["ceil_mode"]:  # the last window may reach beyond the padding: pad that much more
        for i in range(2):
            reach = (y[2 + i] - 1) * stride[i] + kernel[i]
            after[i] = max(after[i], reach - x.shape[2 + i] - before[i])
    return {
        "kernel": kernel,
        "stride": stride,
        "padding": Padding(before[0], after[0], before[1], after[1]),
    }


def _max_pool(builder: Builder, name: str, arguments: Arguments, shape: Shape) -> Value:
    x = _planar(arguments["self"])
    if _pair(arguments["dilation"]) != (1, 1):
        raise RefusalError("its window is dilated", "use dilation=1")
    op = MaxPool2D(**_pool_attributes(arguments, x, shape))
    return builder.emit(name, op, (x.tensor,), shape)


def _average_pool(builder: Builder, name: str, arguments: Arguments, shape: Shape) -> Value:
    x = _planar(arguments["self"])
    if any(_pair(arguments["padding"])) and arguments["count_include_pad"]:
        raise RefusalError(
            "its mean counts the padding", "use count_include_pad=False, or nn.ZeroPad2d before it"
        )
    if arguments["divisor_override"] is not None:
        raise RefusalError("divisor_override is set", "leave divisor_override at None")
    op = AveragePool2D(**_pool_attributes(arguments, x, shape))
    return builder.emit(name, op, (x.tensor,), shape)


def _adaptive_average_pool(
    builder: Builder, name: str, arguments: Arguments, shape: Shape
) -> Value:
    x = _planar(arguments["self"])
    if shape[2:] == (1, 1):
        return builder.emit(name, Mean(axes=(1, 2), keep_dims=True), (x.tensor,), shape)
    if x.shape[2] % shape[2] or x.shape[3] % shape[3]:
        raise RefusalError(
            f"its windows differ in size ({list(x.shape[2:])} to {list(shape[2:])})",
            "choose an output size that divides the input, or nn.AvgPool2d",
        )
    window = (x.shape[2] // shape[2], x.shape[3] // shape[3])
    return builder.emit(name, AveragePool2D(kernel=window, stride=window), (x.tensor,), shape)


def _mean(builder: Builder, name: str, arguments: Arguments, shape: Shape) -> Value:
    x = _planar(arguments["self"])
    axes = sorted(d % 4 for d in arguments["dim"] or ())
    keep = bool(arguments["keepdim"])
    if not axes or not set(axes) <= {2, 3} or (not keep and axes != [2, 3]):
        raise RefusalError(
            f"it averages over dimensions {axes}", "average over height and width: dim=(2, 3)"
        )
    op = Mean(axes=tuple(a - 1 for a in axes), keep_dims=keep)
    return builder.emit(name, op, (x.tensor,), shape)


def _add(builder: Builder, name: str, arguments: Arguments, shape: Shape) -> Value:
    x0, x1 = arguments["self"], arguments["other"]
    if not isinstance(x0, Value) or not isinstance(x1, Value):
        raise RefusalError(
            "it adds a constant", "fold the constant into the bias of the layer before"
        )
    if arguments["alpha"] != 1:
        raise RefusalError(f"alpha is {arguments['alpha']}", "use alpha=1")
    if x0.planar != x1.planar or x0.plane != x1.plane:
        raise RefusalError(
            f"its operands {list(x0.shape)} and {list(x1.shape)} are laid out differently",
            "add before flattening, both operands as [N, C, H, W]",
        )
    return builder.emit(name, Add(), (x0.tensor, x1.tensor), shape, x0.plane)


def _softmax(builder: Builder, name: str, arguments: Arguments, shape: Shape) -> Value:
    x = arguments["self"]
    if int(arguments["dim"]) % len(shape) != 1:
        raise RefusalError(f"it runs along dimension {arguments['dim']}", "use dim=1 (channels)")
    return builder.emit(name, Softmax(), (x.tensor,), shape, x.plane)


def _reshape(builder: Builder, name: str, arguments: Arguments, shape: Shape) -> Value:
    x, stored = arguments["self"], stored_shape(shape)
    if shape == x.shape:
        return Value(x.tensor, x.shape, x.plane)
    possible, plane = reshaped_plane(x, shape)
    if not possible:
        raise RefusalError(
            f"reshaping {list(x.shape)} to {list(shape)} would move elements in memory",
            "flatten from dimension 1 only, as nn.Flatten does",
        )
    return builder.emit(name, Reshape(to=stored), (x.tensor,), shape, plane)


def _pad(builder: Builder, name: str, arguments: Arguments, shape: Shape) -> Value:
    x = arguments["self"]
    mode, value = arguments.get("mode", "constant"), arguments["value"] or 0.0
    if mode != "constant" or value != 0:
        raise RefusalError(f"it pads with {value if mode == 'constant' else mode}", "pad with 0")
    if x.plane is not None:
        raise RefusalError("it pads flattened features", "pad before flattening")
    sizes = list(arguments["pad"]) + [0] * (2 * len(shape) - len(arguments["pad"]))
    pairs = [(sizes[2 * i], sizes[2 * i + 1]) for i in reversed(range(len(shape)))]
    if x.planar:
        pairs = [pairs[0], pairs[2], pairs[3], pairs[1]]
    return builder.emit(name, Pad(paddings=tuple(pairs)), (x.tensor,), shape)


def _identity(builder: Builder, name: str, arguments: Arguments, shape: Shape) -> Value:
    x = arguments.get("self", arguments.get("input"))
    assert isinstance(x, Value)
    if arguments.get("train"):
        raise RefusalError("dropout is active", "call module.eval()")
    return x


CONVERTERS: dict[str, Converter] = {
    "aten._native_batch_norm_legit_no_training.default": _batch_norm,
    "aten._softmax.default": _softmax,
    "aten.adaptive_avg_pool2d.default": _adaptive_average_pool,
    "aten.add.Tensor": _add,
    "aten.alias.default": _identity,
    "aten.avg_pool2d.default": _average_pool,
    "aten.batch_norm.default": _batch_norm,
    "aten.clamp.default": _clamp("min", "max"),
    "aten.clamp_min.default": _clamp("min", math.inf),
    "aten.clone.default": _identity,
    "aten.constant_pad_nd.default": _pad,
    "aten.contiguous.default": _identity,
    "aten.conv2d.default": _convolution,
    "aten.conv2d.padding": _convolution,
    "aten.detach.default": _identity,
    "aten.dropout.default": _identity,
    "aten.flatten.using_ints": _reshape,
    "aten.hardtanh.default": _clamp("min_val", "max_val"),
    "aten.linear.default": _linear,
    "aten.max_pool2d.default": _max_pool,
    "aten.mean.dim": _mean,
    "aten.pad.default": _pad,
    "aten.relu.default": _clamp(0.0, math.inf),
    "aten.relu6.default": _clamp(0.0, 6.0),
    "aten.reshape.default": _reshape,
    "aten.softmax.int": _softmax,
    "aten.squeeze.dims": _reshape,
    "aten.unsqueeze.default": _reshape,
    "aten.view.default": _reshape,
}

WAYS_OUT: dict[str, str] = {
    "cat": "replace the concatenation by an addition of equal shapes",
    "conv1d": "use nn.Conv2d with a kernel of (1, k) on a [N, C, 1, length] input",
    "conv_transpose2d": "use nn.Conv2d; upsampling is not available",
    "gelu": "use nn.ReLU or nn.ReLU6",
    "hardsigmoid": "use nn.ReLU6",
    "hardswish": "use nn.ReLU or nn.ReLU6",
    "leaky_relu": "use nn.ReLU or nn.ReLU6",
    "log_softmax": "return the logits, or nn.Softmax; their order is the same",
    "max_pool1d": "use nn.MaxPool2d with a window of (1, k)",
    "mul": "fold constant factors into the layer before",
    "permute": "keep the order [N, C, H, W]",
    "sigmoid": "return the logits: sigmoid(x) > 0.5 is x > 0",
    "silu": "use nn.ReLU or nn.ReLU6",
    "sub": "fold constants into the bias of the layer before",
    "tanh": "use nn.ReLU or nn.ReLU6",
    "transpose": "keep the order [N, C, H, W]",
}
