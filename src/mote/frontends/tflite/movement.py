"""How TFLite's operators that move elements become nodes."""

import math

import tflite

from mote.frontends.tflite.attributes import axis_of, fused_activation
from mote.frontends.tflite.builder import Site
from mote.frontends.tflite.values import (
    CONVERT_AGAIN,
    MAX_RANK,
    UnsupportedError,
    is_shape,
)
from mote.ir import Tensor
from mote.ir.ops import (
    Activation,
    Concat,
    Pad,
    PadMode,
    Reshape,
    Resize,
    ResizeMethod,
    Shape,
    Transpose,
)

MAX_COPIES = 256
"""Most operands of a concatenation that stands for a tile or a broadcast."""


def pad(site: Site) -> None:
    site.emit(Pad(_paddings(site)), site.data(0))


def pad_v2(site: Site) -> None:
    x, value = site.data(0), site.data(2)
    if (
        not value.is_constant
        or value.elements != 1
        or value.dtype is not x.dtype
        or value.quantization != x.quantization
    ):
        raise UnsupportedError(f"pads with '{value.name}'", "pad with a constant of that scale")
    real = float(value.array.item())
    if value.quantization is not None:
        real = value.q.scale * (real - value.q.zero_point)
    site.emit(Pad(_paddings(site), PadMode.CONSTANT, real), x)


def mirror_pad(site: Site) -> None:
    if site.options.mode != tflite.MirrorPadMode.REFLECT:
        raise UnsupportedError("mode SYMMETRIC, allowed: REFLECT", "pad with REFLECT")
    site.emit(Pad(_paddings(site), PadMode.REFLECT), site.data(0))


def _paddings(site: Site) -> tuple[tuple[int, int], ...]:
    flat = site.indices(1)
    if site.record(1).shape != (len(flat) // 2, 2):
        raise UnsupportedError(f"paddings of shape {list(site.record(1).shape)}", CONVERT_AGAIN)
    return tuple(zip(flat[::2], flat[1::2], strict=True))


def reshape(site: Site) -> None:
    x = site.data(0)
    if site.has(1) and site.record(1).data is not None:
        shape = site.indices(1)
    elif site.options.shape is not None and not site.has(1):
        shape = site.options.shape
    else:  # computed from the batch size, which is fixed here: what the file states is right
        shape = site.result().shape
    site.emit(Reshape(_resolved(shape, x.elements)), x)


def _resolved(shape: tuple[int, ...], elements: int) -> Shape:
    """A shape whose single -1 stands for what remains."""
    if shape == (0,):  # how old converters wrote a scalar
        return ()
    stated = tuple(n for n in shape if n != -1)
    known = math.prod(stated) if is_shape(stated) else 0
    if len(shape) > len(stated) + 1 or not known or elements % known:
        raise UnsupportedError(f"{elements} elements do not fit {list(shape)}", CONVERT_AGAIN)
    return tuple(elements // known if n == -1 else n for n in shape)


def squeeze(site: Site) -> None:
    x, rank = site.data(0), len(site.data(0).shape)
    axes = {axis + rank if axis < 0 else axis for axis in site.options.squeeze}
    if any(not 0 <= axis < rank or x.shape[axis] != 1 for axis in axes):
        raise UnsupportedError(f"cannot squeeze {sorted(axes)} of {list(x.shape)}", CONVERT_AGAIN)
    kept = (i not in axes if axes else n != 1 for i, n in enumerate(x.shape))
    site.emit(Reshape(tuple(n for n, keep in zip(x.shape, kept, strict=True) if keep)), x)


def expand_dims(site: Site) -> None:
    x, rank = site.data(0), len(site.data(0).shape)
    axes = site.indices(1)
    if len(axes) != 1:
        raise UnsupportedError(f"axis {list(axes)} of a {rank}-D input", CONVERT_AGAIN)
    axis = axis_of(axes[0], rank + 1, rank)
    site.emit(Reshape((*x.shape[:axis], 1, *x.shape[axis:])), x)


def transpose(site: Site) -> None:
    x, order = site.data(0), site.indices(1)
    rank = len(x.shape)
    if any(not -rank <= i < rank for i in order):
        raise UnsupportedError(f"permutation {list(order)} of a {rank}-D input", CONVERT_AGAIN)
    site.emit(Transpose(tuple(i % rank for i in order)), x)


def concatenation(site: Site) -> None:
    if fused_activation(site) is not Activation.NONE:
        raise UnsupportedError("a fused activation", "apply it to the operands")
    operands = site.all_data()
    rank = len(operands[0].shape)
    site.emit(Concat(axis_of(site.options.axis, rank)), *operands)


def pack(site: Site) -> None:
    """A new dimension in every operand, then a concatenation along it."""
    operands = site.all_data()
    shape = operands[0].shape
    axis = axis_of(site.options.axis, len(shape) + 1, len(shape))
    if len(shape) >= MAX_RANK:
        raise UnsupportedError(f"packs {len(shape)} dimensions, allowed: {MAX_RANK - 1}")
    wide = (*shape[:axis], 1, *shape[axis:])
    parts = [
        site.insert(f"part_{i}", Reshape(wide), (x,), x) if x.elements == math.prod(wide) else x
        for i, x in enumerate(operands)
    ]
    site.emit(Concat(axis), *parts)


def tile(site: Site) -> None:
    x, multiples = site.data(0), site.indices(1)
    if len(multiples) != len(x.shape) or any(n < 1 for n in multiples):
        raise UnsupportedError(f"multiples {list(multiples)} of {list(x.shape)}", CONVERT_AGAIN)
    _repeat(site, x, multiples)


def broadcast_to(site: Site) -> None:
    x, shape = site.data(0), site.result().shape
    if site.has(1) and site.record(1).data is not None:
        shape = site.indices(1)
    missing = len(shape) - len(x.shape)
    padded = (1,) * missing + x.shape
    if missing < 0 or any(n not in (1, m) or m < 1 for n, m in zip(padded, shape, strict=True)):
        raise UnsupportedError(f"{list(x.shape)} does not broadcast to {list(shape)}")
    wide = site.reshaped("wide", x, padded)
    _repeat(site, wide, tuple(m // n for n, m in zip(padded, shape, strict=True)))


def _repeat(site: Site, x: Tensor, multiples: Shape) -> None:
    """One concatenation of copies per dimension that repeats."""
    if max(multiples) > MAX_COPIES:
        raise UnsupportedError(f"repeats {max(multiples)} times, allowed: {MAX_COPIES}")
    axes = [axis for axis, n in enumerate(multiples) if n > 1]
    for axis in axes[:-1]:
        x = site.insert(f"repeat_{axis}", Concat(axis), (x,) * multiples[axis], x)
    if axes:
        site.emit(Concat(axes[-1]), *(x,) * multiples[axes[-1]])
    else:
        site.emit(Reshape(x.shape), x)


def resize(site: Site, method: ResizeMethod) -> None:
    x = site.data(0)
    size: tuple[int, ...] = site.result().shape[1:3]
    if site.has(1) and site.record(1).data is not None:
        size = site.indices(1)
    if len(size) != 2:
        raise UnsupportedError(f"size {list(size)}", CONVERT_AGAIN)
    options = site.options
    op = Resize((size[0], size[1]), method, options.align_corners, options.half_pixel_centers)
    site.emit(op, x)


def resize_nearest(site: Site) -> None:
    resize(site, ResizeMethod.NEAREST)


def resize_bilinear(site: Site) -> None:
    resize(site, ResizeMethod.BILINEAR)
