"""How PyTorch's pools become nodes."""

from collections.abc import Sequence
from typing import Any

from mote.frontends.torch.builder import RefusalError, Value
from mote.frontends.torch.planes import from_plane, to_plane
from mote.frontends.torch.site import Converter, Site, pair
from mote.ir.ops import AveragePool2D, Concat, MaxPool2D, Mean, Pad, Padding, Shape, Slice


def max_pool(dimensions: int) -> Converter:
    def convert(site: Site) -> Sequence[Value | None]:
        if set(pair(site["dilation"], dimensions)) != {1}:
            raise RefusalError("its window is dilated", "use dilation=1")
        x = to_plane(site, site.floats(), dimensions)
        op = MaxPool2D(**_window(site, x, dimensions))
        return [from_plane(site, site.emit(op, x), dimensions), None]

    return convert


def average_pool(dimensions: int) -> Converter:
    def convert(site: Site) -> Value:
        if site.get("divisor_override") is not None:
            raise RefusalError("divisor_override is set", "leave divisor_override at None")
        x = to_plane(site, site.floats(), dimensions)
        window = _window(site, x, dimensions)
        p = window["padding"]
        before = pair(site["padding"], dimensions)
        before = (0 if dimensions == 1 else before[0], before[1])
        if any(before) and site["count_include_pad"]:
            # Zeros that count are elements; only what ceil_mode adds does not count.
            pads = ((0, 0), *((n, n) for n in before), (0, 0))
            x = site.emit(Pad(paddings=pads), x, role="pad")
            window["padding"] = Padding(0, p.bottom - before[0], 0, p.right - before[1])
        return from_plane(site, site.emit(AveragePool2D(**window), x), dimensions)

    return convert


def _window(site: Site, x: Value, dimensions: int) -> dict[str, Any]:
    kernel = pair(site["kernel_size"], dimensions)
    stride = pair(site["stride"] or kernel, dimensions)
    before = pair(site["padding"], dimensions)
    before = (0 if dimensions == 1 else before[0], before[1])
    after = list(before)
    if site["ceil_mode"]:  # the last window may reach beyond the padding: pad that much more
        results = (1, *site.shape[-1:]) if dimensions == 1 else site.shape[-2:]
        for i in range(2):
            reach = (results[i] - 1) * stride[i] + kernel[i]
            after[i] = max(after[i], reach - x.shape[1 + i] - before[i])
    return {
        "kernel": kernel,
        "stride": stride,
        "padding": Padding(before[0], after[0], before[1], after[1]),
    }


def adaptive_pool(dimensions: int, *, maximum: bool) -> Converter:
    """Windows from floor(i * n / m) to ceil((i + 1) * n / m), as PyTorch defines them."""
    pool = MaxPool2D if maximum else AveragePool2D

    def convert(site: Site) -> Sequence[Value | None] | Value:
        x = to_plane(site, site.floats(), dimensions)
        height, width = (1, *site.shape[-1:]) if dimensions == 1 else site.shape[-2:]
        h, w = x.shape[1:3]
        if (height, width) == (1, 1) and not maximum:
            y = site.emit(Mean(axes=(1, 2), keep_dims=True), x)
        elif h % height == 0 and w % width == 0:
            window = (h // height, w // width)
            y = site.emit(pool(kernel=window, stride=window), x)
        else:
            y = _along(site, _along(site, x, 1, height, pool), 2, width, pool)
        result = from_plane(site, y, dimensions)
        return [result, None] if maximum else result

    return convert


def _along(
    site: Site, x: Value, axis: int, results: int, pool: type[AveragePool2D] | type[MaxPool2D]
) -> Value:
    """One axis pooled to ``results``; the mean of a rectangle is that of its rows' means."""
    size = x.shape[axis]
    if size == results:
        return x
    bounds = [(i * size // results, -(-(i + 1) * size // results)) for i in range(results)]
    length, stride = bounds[0][1], bounds[1][0] if results > 1 else 1
    role = "rows" if axis == 1 else "columns"
    if all(bound == (i * stride, i * stride + length) for i, bound in enumerate(bounds)):
        return site.emit(pool(kernel=_on(axis, length), stride=_on(axis, stride)), x, role=role)
    parts = []
    for begin, end in bounds:
        part = site.emit(_part(x.shape, axis, begin, end), x, role=f"{role}.slice")
        parts.append(site.emit(pool(kernel=_on(axis, end - begin)), part, role=f"{role}.window"))
    return site.emit(Concat(axis=axis), *parts, role=role)


def _on(axis: int, n: int) -> tuple[int, int]:
    return (n, 1) if axis == 1 else (1, n)


def _part(shape: Shape, axis: int, begin: int, end: int) -> Slice:
    return Slice(
        begins=tuple(begin if d == axis else 0 for d in range(len(shape))),
        ends=tuple(end if d == axis else n for d, n in enumerate(shape)),
        strides=(1,) * len(shape),
    )
