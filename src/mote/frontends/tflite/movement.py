"""How TFLite's operators that move elements become nodes."""

import math
from collections.abc import Sequence

import tflite

from mote.frontends.tflite.attributes import fused_activation
from mote.frontends.tflite.builder import Site
from mote.frontends.tflite.values import (
    CONVERT_AGAIN,
    MAX_RANK,
    UnsupportedError,
    is_shape,
)
from mote.ir import DType, Tensor
from mote.ir.ops import (
    Activation,
    Concat,
    Embedding,
    Pad,
    PadMode,
    Reshape,
    Resize,
    ResizeMethod,
    Shape,
    Slice,
    Transpose,
)

MAX_COPIES = 256
"""Most operands of a concatenation that stands for a tile, a broadcast or a gather."""


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
    axis = _axis(axes[0], rank + 1, rank)
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
    operands = [site.data(i) for i in range(site.operands)]
    rank = len(operands[0].shape)
    site.emit(Concat(_axis(site.options.axis, rank)), *operands)


def pack(site: Site) -> None:
    """A new dimension in every operand, then a concatenation along it."""
    operands = [site.data(i) for i in range(site.operands)]
    shape = operands[0].shape
    axis = _axis(site.options.axis, len(shape) + 1, len(shape))
    if len(shape) >= MAX_RANK:
        raise UnsupportedError(f"packs {len(shape)} dimensions, allowed: {MAX_RANK - 1}")
    wide = (*shape[:axis], 1, *shape[axis:])
    parts = [
        site.insert(f"part_{i}", Reshape(wide), (x,), x) if x.elements == math.prod(wide) else x
        for i, x in enumerate(operands)
    ]
    site.emit(Concat(axis), *parts)


def unpack(site: Site) -> None:
    """A slice for each result, without the dimension that it is cut along."""
    x = site.data(0)
    axis = _axis(site.options.axis, len(x.shape))
    if site.results != x.shape[axis]:
        raise UnsupportedError(f"{site.results} parts of {list(x.shape)}", CONVERT_AGAIN)
    for i in range(site.results):
        if site.is_read(i):
            part = _part(x, axis, i, i + 1)
            cut = site.insert(f"slice_{i}", part, (x,), x)
            site.emit(Reshape((*x.shape[:axis], *x.shape[axis + 1 :])), cut, to=i)


def split(site: Site) -> None:
    axes, x = site.indices(0), site.data(1)
    axis = _axis(axes[0] if len(axes) == 1 else len(x.shape), len(x.shape))
    if x.shape[axis] % site.results:
        raise UnsupportedError(f"{site.results} equal parts of {list(x.shape)}", CONVERT_AGAIN)
    _split(site, x, axis, (x.shape[axis] // site.results,) * site.results)


def split_v(site: Site) -> None:
    x, sizes, axes = site.data(0), list(site.indices(1)), site.indices(2)
    axis = _axis(axes[0] if len(axes) == 1 else len(x.shape), len(x.shape))
    if sizes.count(-1) == 1:
        sizes[sizes.index(-1)] = x.shape[axis] - sum(n for n in sizes if n != -1)
    if len(sizes) != site.results or min(sizes) < 1 or sum(sizes) != x.shape[axis]:
        raise UnsupportedError(f"parts {sizes} of {list(x.shape)}", CONVERT_AGAIN)
    _split(site, x, axis, sizes)


def _split(site: Site, x: Tensor, axis: int, sizes: Sequence[int]) -> None:
    begin = 0
    for i, size in enumerate(sizes):
        if site.is_read(i):
            site.emit(_part(x, axis, begin, begin + size), x, to=i)
        begin += size


def _part(x: Tensor, axis: int, begin: int, end: int) -> Slice:
    """Part of one dimension."""
    begins = tuple(begin if i == axis else 0 for i in range(len(x.shape)))
    ends = tuple(end if i == axis else n for i, n in enumerate(x.shape))
    return Slice(begins, ends, (1,) * len(x.shape))


def slice_sizes(site: Site) -> None:
    x, begins, sizes = site.data(0), site.indices(1), site.indices(2)
    if not len(begins) == len(sizes) == len(x.shape):
        raise UnsupportedError(f"begins {list(begins)}, sizes {list(sizes)}", CONVERT_AGAIN)
    ends = tuple(
        n if size == -1 else begin + size
        for begin, size, n in zip(begins, sizes, x.shape, strict=True)
    )
    site.emit(Slice(begins, ends, (1,) * len(begins)), x)


def gather(site: Site) -> None:
    """Rows of a table by computed indices, or elements of an activation by constant ones."""
    values, indices = site.operand(0), site.operand(1)
    axis = _axis(site.options.axis, len(values.shape))
    if site.options.batch_dims:
        raise UnsupportedError(f"batch_dims is {site.options.batch_dims}, allowed: 0")
    if not indices.is_constant:
        if axis or not values.is_constant:
            raise UnsupportedError(
                f"computed indices along axis {axis} of '{values.name}'",
                "gather along axis 0 of a constant",
            )
        lookup(site, indices, values)
        return
    n = values.shape[axis]
    chosen = [int(i) for i in indices.array.ravel()]
    if indices.dtype not in (DType.INT32, DType.INT64) or not all(-n <= i < n for i in chosen):
        raise UnsupportedError(f"indices {chosen[:8]} of {list(values.shape)}", CONVERT_AGAIN)
    x = site.data(0)
    rows = _picked(site, x, axis, [i % n for i in chosen])
    site.emit(Reshape((*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :])), rows)


def _picked(site: Site, x: Tensor, axis: int, chosen: Sequence[int]) -> Tensor:
    """One slice where the indices are evenly spaced, else a concatenation of slices."""
    step = chosen[1] - chosen[0] if len(chosen) > 1 else 1
    if step >= 1 and all(b - a == step for a, b in zip(chosen, chosen[1:], strict=False)):
        part = _part(x, axis, chosen[0], chosen[-1] + 1)
        strides = tuple(step if i == axis else 1 for i in range(len(x.shape)))
        return site.insert("rows", Slice(part.begins, part.ends, strides), (x,), x)
    if len(chosen) > MAX_COPIES:
        raise UnsupportedError(f"{len(chosen)} scattered indices, allowed: {MAX_COPIES}")
    parts = [
        site.insert(f"row_{k}", _part(x, axis, i, i + 1), (x,), x) for k, i in enumerate(chosen)
    ]
    return site.insert("rows", Concat(axis), tuple(parts), x)


def embedding_lookup(site: Site) -> None:
    lookup(site, site.operand(0), site.operand(1))


def lookup(site: Site, indices: Tensor, table: Tensor) -> None:
    if indices.dtype is not DType.INT32:
        raise UnsupportedError(
            f"indices '{indices.name}' are {indices.dtype.value}, allowed: int32", "use int32"
        )
    if site.result().dtype is DType.FLOAT32:
        table = site.as_float(table)
    site.emit(Embedding(), indices, table)


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


def _axis(axis: int, rank: int, dimensions: int | None = None) -> int:
    """An axis that may count from the end; ``dimensions``: those of the input, if others."""
    if not -rank <= axis < rank:
        found = rank if dimensions is None else dimensions
        raise UnsupportedError(f"axis [{axis}] of a {found}-D input", CONVERT_AGAIN)
    return axis % rank
