"""How operators that take parts of a value, or put a border around it, become nodes."""

import math
from collections.abc import Sequence

import numpy as np

from mote.frontends.onnx.site import Site, resolved_axes, resolved_axis
from mote.frontends.onnx.values import Constant, RefusalError, short
from mote.ir import DType, Tensor
from mote.ir.ops import Concat, Embedding, Pad, PadMode, Slice

MAX_RUNS = 64
"""Most pieces that an arbitrary choice of rows may fall into."""

MODES = {"constant": PadMode.CONSTANT, "reflect": PadMode.REFLECT}


def cut(site: Site, x: Tensor, axis: int, begin: int, end: int, stride: int, role: str) -> Tensor:
    """Elements ``begin``, ``begin + stride``, ... before ``end`` of one dimension."""
    if (begin, end, stride) == (0, x.shape[axis], 1):
        return x
    rank = len(x.shape)
    begins, ends, strides = [0] * rank, list(x.shape), [1] * rank
    begins[axis], ends[axis], strides[axis] = begin, end, stride
    return site.emit(Slice(tuple(begins), tuple(ends), tuple(strides)), x, role=role)


def slice_elements(site: Site) -> Tensor:
    x = site.activation()
    starts, ends = site.integers(1, "starts"), site.integers(2, "ends")
    axes = site.integers(3, "axes") if site.has(3) else tuple(range(len(starts)))
    steps = site.integers(4, "steps") if site.has(4) else (1,) * len(starts)
    rank = len(x.shape)
    if not len(starts) == len(ends) == len(axes) == len(steps):
        raise RefusalError("its starts, ends, axes and steps differ in number")
    resolved_axes(axes, rank)
    if any(s < 1 for s in steps):
        raise RefusalError(f"its steps are {short(steps)}, allowed: positive numbers")
    chosen = [slice(None)] * rank
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        chosen[resolved_axis(axis, rank, "axes")] = slice(start, end, step)
    ranges = [range(*c.indices(n)) for c, n in zip(chosen, x.shape, strict=True)]
    if not all(map(len, ranges)):
        raise RefusalError("it takes no elements", "drop it")
    op = Slice(
        tuple(r.start for r in ranges),
        tuple(r.stop for r in ranges),
        tuple(r.step for r in ranges),
    )
    if op.shape(x.shape) == x.shape:
        return x
    return site.emit(op, x)


def split(site: Site) -> Sequence[Tensor]:
    x = site.activation()
    axis = site.axis(0, len(x.shape))
    size, count = x.shape[axis], len(site.record.outputs)
    if site.has(1):
        sizes: tuple[int, ...] = site.integers(1, "split")
    else:
        stated = site.integer("num_outputs", count)
        if stated != count:
            raise RefusalError(f"attribute num_outputs is {stated} for {count} results")
        whole = -(-size // count) if count > 0 else 0
        sizes = tuple(min(whole, size - i * whole) for i in range(count))
    if sum(sizes) != size or min(sizes, default=0) < 0 or len(sizes) != len(site.record.outputs):
        raise RefusalError(f"its parts are {short(sizes)} for {size} elements")
    parts, begin = [], 0
    for i, n in enumerate(sizes):
        if n == 0 and site.wants(i):
            raise RefusalError(f"its result {i} has no elements", "drop it")
        if site.wants(i):
            parts.append(cut(site, x, axis, begin, begin + n, 1, f"part_{i}"))
        else:
            parts.append(x)  # nobody reads it
        begin += n
    return parts


def gather(site: Site) -> Tensor:
    if site.is_constant(1):
        return _chosen(site)
    return _embedding(site)


def _embedding(site: Site) -> Tensor:
    table, indices = site.value(0), site.value(1)
    if not isinstance(table, Constant):
        raise RefusalError("both its table and its indices are computed", "store the table")
    assert isinstance(indices, Tensor)
    if indices.dtype is not DType.INT32:
        raise RefusalError(f"its indices have type {indices.dtype.value}, allowed: int32, int64")
    if site.axis(0, max(len(table.shape), 1)) != 0:
        raise RefusalError(f"attribute axis is {site.integer('axis', 0)}, allowed: 0")
    rows = site.constant(site.name_of(0), site.stored(0, "table"))
    return site.emit(Embedding(), indices, rows)


def _chosen(site: Site) -> Tensor:
    """Stored indices: the value in as few pieces as they allow."""
    x, value = site.activation(), site.value(1)
    assert isinstance(value, Constant)
    axis = site.axis(0, len(x.shape))
    size = x.shape[axis]
    if value.array.dtype.kind not in "iu" or not value.array.size:
        raise RefusalError(f"its indices are {value.array.dtype.name}{list(value.shape)}")
    indices = value.array.reshape(-1).astype(np.int64)
    if indices.min() < -size or indices.max() >= size:
        raise RefusalError(f"its indices leave 0 to {size - 1}")
    runs = _runs([int(i) % size for i in indices])
    if len(runs) > MAX_RUNS:
        raise RefusalError(
            f"its indices fall into {len(runs)} pieces, allowed: {MAX_RUNS}",
            "reorder the channels of the layer before it instead",
        )
    parts = [
        cut(site, x, axis, begin, last + 1, stride, f"piece_{i}")
        for i, (begin, last, stride) in enumerate(runs)
    ]
    y = site.emit(Concat(axis), *parts, role="pieces") if len(parts) > 1 else parts[0]
    return site.reshaped(y, x.shape[:axis] + value.shape + x.shape[axis + 1 :], "chosen")


def _runs(indices: list[int]) -> list[tuple[int, int, int]]:
    """(first, last, stride) of the longest pieces with one positive stride, from the front."""
    runs, at = [], 0
    while at < len(indices):
        end, stride = at + 1, 1
        if end < len(indices) and indices[end] > indices[at]:
            stride = indices[end] - indices[at]
            while end < len(indices) and indices[end] - indices[end - 1] == stride:
                end += 1
        runs.append((indices[at], indices[end - 1], stride))
        at = end
    return runs


def pad(site: Site) -> Tensor:
    x = site.activation()
    rank = len(x.shape)
    mode = site.text("mode", "constant")
    if mode not in MODES:
        raise RefusalError(f"attribute mode is '{mode}', allowed: {', '.join(MODES)}")
    stated = site.integers(1, "pads")
    value = site.number(2, "value") if site.has(2) and mode == "constant" else 0.0
    axes = site.integers(3, "axes") if site.has(3) else tuple(range(rank))
    resolved_axes(axes, rank)
    if len(stated) != 2 * len(axes):
        raise RefusalError(f"its pads are {short(stated)}, allowed: {2 * len(axes)} numbers")
    if not math.isfinite(value):
        raise RefusalError(f"its value is {value}, allowed: finite numbers")
    pairs = [(0, 0)] * rank
    for i, axis in enumerate(axes):
        pairs[resolved_axis(axis, rank, "axes")] = (stated[i], stated[i + len(axes)])
    if mode == "reflect" and min(map(min, pairs)) < 0:
        raise RefusalError(f"its pads are {short(stated)}, allowed with reflect: none negative")
    for axis, (before, after) in enumerate(pairs):  # a negative pad cuts
        begin, end = max(-before, 0), x.shape[axis] - max(-after, 0)
        if begin >= end:
            raise RefusalError(f"its pads {short(stated)} leave no elements")
        x = cut(site, x, axis, begin, end, 1, f"cut_{axis}")
    border = tuple((max(before, 0), max(after, 0)) for before, after in pairs)
    if not any(map(any, border)):
        return x
    return site.emit(Pad(border, MODES[mode], value), x)
