"""How TFLite's operators that take parts of a tensor become nodes: slices, splits, look-ups."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from mote.frontends.tflite.attributes import axis_of
from mote.frontends.tflite.builder import Site
from mote.frontends.tflite.values import CONVERT_AGAIN, UnsupportedError
from mote.ir import DType, Tensor
from mote.ir.ops import Concat, Embedding, Reshape, Shape, Slice

MAX_COPIES = 256
"""Most slices that stand for a gather."""


@dataclass(frozen=True)
class _Range:
    """What a strided slice takes of one dimension; ``vanishes`` when it takes one index."""

    begin: int
    end: int
    stride: int
    vanishes: bool


def strided_slice(site: Site) -> None:
    """Masks say which ends are open, where dimensions are skipped, added or vanish."""
    x, options = site.data(0), site.options
    stated = (site.indices(1), site.indices(2), site.indices(3))
    if len({len(values) for values in stated}) > 1 or not stated[0]:
        raise UnsupportedError(f"begins, ends, strides {list(stated)}", CONVERT_AGAIN)
    ranges: list[_Range] = []
    shape: list[int] = []  # of the result; a dimension that is added or kept
    count = len(stated[0])
    added = [bool(options.new_axis_mask >> i & 1) for i in range(count)]
    for i, (begin, end, stride) in enumerate(zip(*stated, strict=True)):
        if options.ellipsis_mask >> i & 1:
            skipped = len(x.shape) - len(ranges) - sum(not a for a in added[i + 1 :])
            for n in x.shape[len(ranges) : len(ranges) + max(skipped, 0)]:
                ranges.append(_Range(0, n, 1, vanishes=False))
                shape.append(n)
        elif added[i]:
            shape.append(1)
        elif len(ranges) == len(x.shape):
            raise UnsupportedError(f"{count} ranges of {list(x.shape)}", CONVERT_AGAIN)
        else:
            ranges.append(_range(site, x.shape[len(ranges)], i, (begin, end, stride)))
            part = ranges[-1]
            if not part.vanishes:
                shape.append(len(range(part.begin, part.end, part.stride)))
    rest = x.shape[len(ranges) :]
    ranges += [_Range(0, n, 1, vanishes=False) for n in rest]
    _emit_slice(site, x, ranges, (*shape, *rest))


def _range(site: Site, n: int, index: int, stated: tuple[int, int, int]) -> _Range:
    """One dimension of n elements, with negative indices and open ends resolved."""
    options = site.options
    begin, end, stride = stated
    if stride < 1:
        raise UnsupportedError(f"stride {stride}, allowed: 1 or more", "do not reverse dimensions")
    first = min(max(begin + n if begin < 0 else begin, 0), n)
    if options.shrink_axis_mask >> index & 1:
        if not -n <= begin < n:
            raise UnsupportedError(f"index {begin} of {n} elements", CONVERT_AGAIN)
        return _Range(first, first + 1, 1, vanishes=True)
    end = end + begin if options.offset else end
    last = min(max(end + n if end < 0 else end, 0), n)
    open_begin, open_end = (m >> index & 1 for m in (options.begin_mask, options.end_mask))
    return _Range(0 if open_begin else first, n if open_end else last, stride, vanishes=False)


def _emit_slice(site: Site, x: Tensor, ranges: Sequence[_Range], shape: Shape) -> None:
    op = Slice(
        tuple(r.begin for r in ranges),
        tuple(r.end for r in ranges),
        tuple(r.stride for r in ranges),
    )
    if op.shape(x.shape) == shape:
        site.emit(op, x)
    else:
        site.emit(Reshape(shape), site.insert("slice", op, (x,), x))


def unpack(site: Site) -> None:
    """A slice for each result, without the dimension that it is cut along."""
    x = site.data(0)
    axis = axis_of(site.options.axis, len(x.shape))
    if site.results != x.shape[axis]:
        raise UnsupportedError(f"{site.results} parts of {list(x.shape)}", CONVERT_AGAIN)
    for i in range(site.results):
        if site.is_read(i):
            part = _part(x, axis, i, i + 1)
            cut = site.insert(f"slice_{i}", part, (x,), x)
            site.emit(Reshape((*x.shape[:axis], *x.shape[axis + 1 :])), cut, to=i)


def split(site: Site) -> None:
    axes, x = site.indices(0), site.data(1)
    axis = axis_of(axes[0] if len(axes) == 1 else len(x.shape), len(x.shape))
    if x.shape[axis] % site.results:
        raise UnsupportedError(f"{site.results} equal parts of {list(x.shape)}", CONVERT_AGAIN)
    _split(site, x, axis, (x.shape[axis] // site.results,) * site.results)


def split_v(site: Site) -> None:
    x, sizes, axes = site.data(0), list(site.indices(1)), site.indices(2)
    axis = axis_of(axes[0] if len(axes) == 1 else len(x.shape), len(x.shape))
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
    axis = axis_of(site.options.axis, len(values.shape))
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
    if step >= 1 and all(b - a == step for a, b in pairwise(chosen)):
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
