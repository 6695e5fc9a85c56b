"""Windows that slide over a plane: explicit padding, TFLite's SAME rule and result sizes."""

import math
from dataclasses import dataclass

from mote.ir.ops.operator import Shape


@dataclass(frozen=True)
class Padding:
    """Explicit padding in elements; pads hold the input's zero point (real 0)."""

    top: int = 0
    bottom: int = 0
    left: int = 0
    right: int = 0

    def __post_init__(self) -> None:
        assert min(self.top, self.bottom, self.left, self.right) >= 0, self


NO_PADDING = Padding()


def same_padding(size: int, kernel: int, stride: int, dilation: int = 1) -> tuple[int, int]:
    """Padding before and after for TFLite's SAME: ceil(size / stride) outputs, odd excess after."""
    effective = (kernel - 1) * dilation + 1
    total = max((math.ceil(size / stride) - 1) * stride + effective - size, 0)
    return total // 2, total - total // 2


def _window(size: int, pads: int, kernel: int, stride: int, dilation: int = 1) -> int:
    return (size + pads - ((kernel - 1) * dilation + 1)) // stride + 1


def plane_shape(
    x: Shape,
    kernel: Shape,
    stride: tuple[int, int],
    dilation: tuple[int, int],
    p: Padding,
) -> tuple[int, int]:
    """Height and width that windows of size ``kernel`` give on a plane ``x`` of [N, H, W, C]."""
    return (
        _window(x[1], p.top + p.bottom, kernel[0], stride[0], dilation[0]),
        _window(x[2], p.left + p.right, kernel[1], stride[1], dilation[1]),
    )


def window_problems(y: Shape) -> list[str]:
    """What is wrong with a result of shape ``y``."""
    return [] if min(y) >= 1 else [f"the window is larger than the padded input (result {list(y)})"]
