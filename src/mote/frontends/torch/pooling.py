"""How PyTorch's pools and means become nodes."""

from typing import Any

from mote.frontends.torch.arguments import Arguments, pair, planar
from mote.frontends.torch.builder import Builder, RefusalError, Value
from mote.ir.ops import AveragePool2D, MaxPool2D, Mean, Padding, Shape


def max_pool(builder: Builder, name: str, arguments: Arguments, shape: Shape) -> Value:
    x = planar(arguments["self"])
    if pair(arguments["dilation"]) != (1, 1):
        raise RefusalError("its window is dilated", "use dilation=1")
    op = MaxPool2D(**_pool_attributes(arguments, x, shape))
    return builder.emit(name, op, (x.tensor,), shape)


def average_pool(builder: Builder, name: str, arguments: Arguments, shape: Shape) -> Value:
    x = planar(arguments["self"])
    if any(pair(arguments["padding"])) and arguments["count_include_pad"]:
        raise RefusalError(
            "its mean counts the padding", "use count_include_pad=False, or nn.ZeroPad2d before it"
        )
    if arguments["divisor_override"] is not None:
        raise RefusalError("divisor_override is set", "leave divisor_override at None")
    op = AveragePool2D(**_pool_attributes(arguments, x, shape))
    return builder.emit(name, op, (x.tensor,), shape)


def adaptive_average_pool(builder: Builder, name: str, arguments: Arguments, shape: Shape) -> Value:
    x = planar(arguments["self"])
    if shape[2:] == (1, 1):
        return builder.emit(name, Mean(axes=(1, 2), keep_dims=True), (x.tensor,), shape)
    if x.shape[2] % shape[2] or x.shape[3] % shape[3]:
        raise RefusalError(
            f"its windows differ in size ({list(x.shape[2:])} to {list(shape[2:])})",
            "choose an output size that divides the input, or nn.AvgPool2d",
        )
    window = (x.shape[2] // shape[2], x.shape[3] // shape[3])
    return builder.emit(name, AveragePool2D(kernel=window, stride=window), (x.tensor,), shape)


def mean(builder: Builder, name: str, arguments: Arguments, shape: Shape) -> Value:
    x = planar(arguments["self"])
    axes = sorted(d % 4 for d in arguments["dim"] or ())
    keep = bool(arguments["keepdim"])
    if not axes or not set(axes) <= {2, 3} or (not keep and axes != [2, 3]):
        raise RefusalError(
            f"it averages over dimensions {axes}", "average over height and width: dim=(2, 3)"
        )
    op = Mean(axes=tuple(a - 1 for a in axes), keep_dims=keep)
    return builder.emit(name, op, (x.tensor,), shape)


def _pool_attributes(arguments: Arguments, x: Value, y: Shape) -> dict[str, Any]:
    kernel = pair(arguments["kernel_size"])
    stride = pair(arguments["stride"] or kernel)
    before = pair(arguments["padding"])
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
