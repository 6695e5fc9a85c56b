"""How each PyTorch operation becomes nodes of the graph; ``CONVERTERS`` lists them all.

A converter returns the result of an operation, or refuses it. Here stand those of operations
without parameters and windows.
"""

import math
from typing import Any

from mote.frontends.torch.arguments import Arguments, Converter, activation
from mote.frontends.torch.builder import (
    Builder,
    RefusalError,
    Value,
    reshaped_plane,
    stored_shape,
)
from mote.frontends.torch.pooling import adaptive_average_pool, average_pool, max_pool, mean
from mote.frontends.torch.weighted import batch_norm, convolution, linear
from mote.ir.ops import Activation, Add, Pad, Relu, Reshape, Shape, Softmax

CLAMPS = {a.bounds: a for a in Activation if a is not Activation.NONE}


def _clamp(low: Any, high: Any) -> Converter:
    """A clamp whose bounds are numbers, or the names of the arguments that hold them."""

    def convert(builder: Builder, name: str, arguments: Arguments, shape: Shape) -> Value:
        x = activation(arguments.get("self", arguments.get("input")))
        bounds = [arguments[b] if isinstance(b, str) else b for b in (low, high)]
        bounds = [e if b is None else b for b, e in zip(bounds, (-math.inf, math.inf), strict=True)]
        clamp = CLAMPS.get((float(bounds[0]), float(bounds[1])))
        if clamp is None:
            raise RefusalError(
                f"it clamps to {bounds}, allowed: [0, inf], [0, 6], [-1, 1]",
                "use nn.ReLU or nn.ReLU6",
            )
        return builder.emit(name, Relu(activation=clamp), (x.tensor,), shape, x.plane)

    return convert


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
    x = activation(arguments["self"])
    if int(arguments["dim"]) % len(shape) != 1:
        raise RefusalError(f"it runs along dimension {arguments['dim']}", "use dim=1 (channels)")
    return builder.emit(name, Softmax(), (x.tensor,), shape, x.plane)


def _reshape(builder: Builder, name: str, arguments: Arguments, shape: Shape) -> Value:
    x, stored = activation(arguments["self"]), stored_shape(shape)
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
    x = activation(arguments["self"])
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
    x = activation(arguments.get("self", arguments.get("input")))
    if arguments.get("train"):
        raise RefusalError("dropout is active", "call module.eval()")
    return x


CONVERTERS: dict[str, Converter] = {
    "aten._native_batch_norm_legit_no_training.default": batch_norm,
    "aten._softmax.default": _softmax,
    "aten.adaptive_avg_pool2d.default": adaptive_average_pool,
    "aten.add.Tensor": _add,
    "aten.alias.default": _identity,
    "aten.avg_pool2d.default": average_pool,
    "aten.batch_norm.default": batch_norm,
    "aten.clamp.default": _clamp("min", "max"),
    "aten.clamp_min.default": _clamp("min", math.inf),
    "aten.clone.default": _identity,
    "aten.constant_pad_nd.default": _pad,
    "aten.contiguous.default": _identity,
    "aten.conv2d.default": convolution,
    "aten.conv2d.padding": convolution,
    "aten.detach.default": _identity,
    "aten.dropout.default": _identity,
    "aten.flatten.using_ints": _reshape,
    "aten.hardtanh.default": _clamp("min_val", "max_val"),
    "aten.linear.default": linear,
    "aten.max_pool2d.default": max_pool,
    "aten.mean.dim": mean,
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
