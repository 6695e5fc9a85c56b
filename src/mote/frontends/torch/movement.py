"""How operations that move elements become nodes: shapes, order, slices, joins, borders."""

import math
from collections.abc import Sequence
from typing import Any

from mote.frontends.torch.builder import Parameter, RefusalError, Value
from mote.frontends.torch.site import Site
from mote.ir.ops import Concat, Pad, PadMode, Slice

END = 2**62
"""PyTorch's ends of slices are this large when there is none."""


def reshape(site: Site) -> Value:
    """Whatever gives another shape to the same elements in the same order."""
    x = site.activation("input" if "input" in site.arguments else "self")
    if x.shape == site.shape:
        return x
    return site.reshaped(x, site.shape, "")


def permute(site: Site) -> Value:
    x = site.activation()
    rank = len(x.shape)
    return site.permuted(x, [site.dimension(d, rank) for d in site["dims"]], "")


def swap(site: Site) -> Value:
    """Two dimensions exchanged; the last two when none are named."""
    x = site.activation()
    rank = len(x.shape)
    if rank < 2:
        return x
    a = site.dimension(site.get("dim0", -2), rank)
    b = site.dimension(site.get("dim1", -1), rank)
    order = list(range(rank))
    order[a], order[b] = order[b], order[a]
    return site.permuted(x, order, "")


def expand(site: Site) -> Value:
    """Readers that broadcast take the value as it is; for others it is repeated."""
    x = site.activation()
    added = len(site.shape) - len(x.shape)
    x = site.reshaped(x, (1,) * added + x.shape, "expanded")
    if site.only_broadcast:
        return x
    counts = [n // m for n, m in zip(site.shape, x.shape, strict=True)]
    return _repeated(site, x, counts)


def copy(site: Site) -> Value:
    """``src`` under the shape of the value that it overwrites."""
    x = site.operand("src")
    x = site.reshaped(x, (1,) * (len(site.shape) - len(x.shape)) + x.shape, "expanded")
    return _repeated(site, x, [n // m for n, m in zip(site.shape, x.shape, strict=True)])


def repeat(site: Site) -> Value:
    """The whole value side by side."""
    x = site.activation()
    counts = [int(n) for n in site["repeats" if "repeats" in site.arguments else "dims"]]
    rank = max(len(counts), len(x.shape))
    x = site.reshaped(x, (1,) * (rank - len(x.shape)) + x.shape, "expanded")
    return _repeated(site, x, [1] * (rank - len(counts)) + counts)


def _repeated(site: Site, x: Value, counts: Sequence[int]) -> Value:
    if math.prod(counts) > 256:
        raise RefusalError(
            f"it repeats a value {math.prod(counts)} times", "use operators that broadcast"
        )
    for axis, count in enumerate(counts):
        if count > 1:
            x = site.emit(Concat(axis=axis), *[x] * count, role=f"repeat{axis}")
    return x


def slice_dimension(site: Site) -> Value:
    """``x[..., start:end:step, ...]``."""
    x = site.activation()
    axis = site.dimension(site["dim"], len(x.shape))
    n = x.shape[axis]
    begin, end, step = slice(
        _index(site.get("start")), _index(site.get("end")), int(site["step"])
    ).indices(n)
    return _sliced(site, x, axis, begin, end, step, "")


def narrow(site: Site) -> Value:
    x = site.activation()
    axis = site.dimension(site["dim"], len(x.shape))
    start = int(site["start"]) % max(x.shape[axis], 1)
    return _sliced(site, x, axis, start, start + int(site["length"]), 1, "")


def select(site: Site) -> Value:
    """One index of a dimension, which disappears."""
    x = site.activation()
    axis = site.dimension(site["dim"], len(x.shape))
    index = int(site["index"]) % x.shape[axis]
    row = _sliced(site, x, axis, index, index + 1, 1, "slice")
    return site.reshaped(row, site.shape, "")


def split(site: Site) -> Sequence[Value]:
    """Parts of a size, of listed sizes, or so many of them."""
    x = site.activation()
    axis = site.dimension(site["dim"], len(x.shape))
    n = x.shape[axis]
    if "chunks" in site.arguments:
        size: Any = -(-n // int(site["chunks"]))
    else:
        size = site["split_size"] if "split_size" in site.arguments else site["split_sizes"]
    sizes = [size] * (-(-n // max(int(size), 1))) if isinstance(size, int) else list(size)
    parts, begin = [], 0
    for i, length in enumerate(sizes):
        end = min(begin + int(length), n)
        parts.append(_sliced(site, x, axis, begin, end, 1, str(i)))
        begin = end
    return parts


def unbind(site: Site) -> Sequence[Value]:
    x = site.activation()
    axis = site.dimension(site["dim"], len(x.shape))
    shape = x.shape[:axis] + x.shape[axis + 1 :]
    return [
        site.reshaped(_sliced(site, x, axis, i, i + 1, 1, f"{i}.slice"), shape, str(i))
        for i in range(x.shape[axis])
    ]


def concatenate(site: Site) -> Value:
    """Values, or constants, one after the other."""
    operands = []
    for i, value in enumerate(site["tensors"]):
        if isinstance(value, Parameter):
            if not value.tensor.numel():
                continue
            array = value.array(f"operand {i}")
            value = site.builder.constant(value.name, array, value.quantization, value.grid)
        if not isinstance(value, Value):
            raise RefusalError(f"its operand {i} is no tensor", "concatenate tensors")
        operands.append(value)
    axis = site.dimension(site["dim"], len(site.shape))
    if len(operands) == 1:
        return operands[0]
    return site.emit(Concat(axis=axis), *operands)


def scatter(site: Site) -> Value:
    """A value with a part of one dimension replaced, as ``x[:, a:b] = y`` writes it."""
    x, part = site.operand("self"), site.operand("src")
    rank = len(x.shape)
    axis = site.dimension(site["dim"], rank)
    if "index" in site.arguments:
        begin = int(site["index"]) % x.shape[axis]
        end, step = begin + 1, 1
        part = site.reshaped(part, (*x.shape[:axis], 1, *x.shape[axis + 1 :]), "part")
    else:
        bounds = slice(_index(site["start"]), _index(site["end"]), int(site["step"]))
        begin, end, step = bounds.indices(x.shape[axis])
    if step != 1:
        raise RefusalError(f"it writes every {step}th element", "write a whole range")
    parts = [part]
    if begin > 0:
        parts.insert(0, _sliced(site, x, axis, 0, begin, 1, "before"))
    if end < x.shape[axis]:
        parts.append(_sliced(site, x, axis, end, x.shape[axis], 1, "after"))
    return site.emit(Concat(axis=axis), *parts) if len(parts) > 1 else part


def flip(site: Site) -> Value:
    """Elements in the opposite order, one slice each."""
    x = site.activation()
    for d in site["dims"]:
        axis = site.dimension(d, len(x.shape))
        n = x.shape[axis]
        if n > 64:
            raise RefusalError(f"it flips {n} elements, allowed: 64", "flip the weights instead")
        rows = [_sliced(site, x, axis, i, i + 1, 1, f"{axis}.{i}") for i in reversed(range(n))]
        x = site.emit(Concat(axis=axis), *rows, role=f"flip{axis}") if n > 1 else x
    return x


def roll(site: Site) -> Value:
    """Elements moved along a dimension, those that leave it coming in at its start."""
    x = site.activation()
    if not site["dims"]:
        raise RefusalError("it rolls the flattened value", "give dims")
    for d, shift in zip(site["dims"], site["shifts"], strict=True):
        axis = site.dimension(d, len(x.shape))
        n = x.shape[axis]
        cut = -int(shift) % n
        if cut:
            tail = _sliced(site, x, axis, cut, n, 1, f"tail{axis}")
            head = _sliced(site, x, axis, 0, cut, 1, f"head{axis}")
            x = site.emit(Concat(axis=axis), tail, head, role=f"roll{axis}")
    return x


def pad(site: Site) -> Value:
    """A border; a negative one is cut off."""
    x = site.activation()
    mode = site.get("mode", "constant")
    sizes = [int(n) for n in site["pad" if "pad" in site.arguments else "padding"]]
    sizes += [0] * (2 * len(x.shape) - len(sizes))
    pairs = [(sizes[2 * i], sizes[2 * i + 1]) for i in reversed(range(len(x.shape)))]
    cut = [slice(max(-a, 0), n - max(-b, 0)) for (a, b), n in zip(pairs, x.shape, strict=True)]
    for axis, kept in enumerate(cut):
        x = _sliced(site, x, axis, kept.start, kept.stop, 1, f"cut{axis}")
    borders = tuple((max(a, 0), max(b, 0)) for a, b in pairs)
    if not any(n for pair in borders for n in pair):
        return x
    match mode:
        case "constant":
            value = site.get("value")
            return site.emit(Pad(paddings=borders, value=float(value or 0.0)), x)
        case "reflect":
            return site.emit(Pad(paddings=borders, mode=PadMode.REFLECT), x)
        case "circular" | "replicate":
            return _continued(site, x, borders, circular=mode == "circular")
    raise RefusalError(f"its mode is {mode}", "use constant, reflect, replicate or circular")


def reflect(site: Site) -> Value:
    return pad(Site(site.builder, site.name, {**site.arguments, "mode": "reflect"}, site.shape))


def _continued(
    site: Site, x: Value, borders: Sequence[tuple[int, int]], *, circular: bool
) -> Value:
    """A border of the opposite edge, or of the nearest element."""
    for axis, (before, after) in enumerate(borders):
        n = x.shape[axis]
        if not before and not after:
            continue
        parts = [x]
        if circular:
            if before:
                parts.insert(0, _sliced(site, x, axis, n - before, n, 1, f"before{axis}"))
            if after:
                parts.append(_sliced(site, x, axis, 0, after, 1, f"after{axis}"))
        else:
            first = _sliced(site, x, axis, 0, 1, 1, f"first{axis}") if before else x
            last = _sliced(site, x, axis, n - 1, n, 1, f"last{axis}") if after else x
            parts = [first] * before + [x] + [last] * after
        x = site.emit(Concat(axis=axis), *parts, role=f"border{axis}")
    return x


def _sliced(site: Site, x: Value, axis: int, begin: int, end: int, step: int, role: str) -> Value:
    if (begin, end, step) == (0, x.shape[axis], 1):
        return x
    if step < 1 or begin >= end:
        raise RefusalError(f"its slice {begin}:{end}:{step} has no elements", "drop it")
    rank = len(x.shape)
    op = Slice(
        begins=tuple(begin if d == axis else 0 for d in range(rank)),
        ends=tuple(end if d == axis else n for d, n in enumerate(x.shape)),
        strides=tuple(step if d == axis else 1 for d in range(rank)),
    )
    return site.emit(op, x, role=role)


def _index(value: Any) -> int | None:
    return None if value is None or int(value) >= END else int(value)
