"""How reductions over dimensions become nodes: means, sums, extrema, variances, softmax."""

import math
from collections.abc import Sequence
from typing import Any

from mote.frontends.torch.builder import RefusalError, Value
from mote.frontends.torch.site import Converter, Site
from mote.ir.ops import (
    Function,
    LogSoftmax,
    MaxPool2D,
    Mean,
    Mul,
    Op,
    Shape,
    Softmax,
    Sub,
    Unary,
)


def mean(site: Site) -> Value:
    return _mean(site, site.floats(), _axes(site, site.get("dim")), bool(site.get("keepdim")))


def total(site: Site) -> Value:
    """A sum: the mean times the number of elements."""
    x = site.floats()
    axes = _axes(site, site.get("dim"))
    count = math.prod(x.shape[a] for a in axes)
    average = _mean(site, x, axes, bool(site.get("keepdim")), "mean")
    return site.emit(Mul(), average, site.constant("count", _like(site.shape, count)))


def variance(site: Site) -> Value:
    """The mean squared distance from the mean, times n / (n - correction)."""
    x = site.floats()
    axes = _axes(site, site.get("dim"))
    count = math.prod(x.shape[a] for a in axes)
    unbiased = site.get("unbiased", True)
    correction = site.get("correction", 1 if unbiased else 0)
    correction = 1 if correction is None else correction
    if count <= correction:
        raise RefusalError("it divides by zero", "set correction=0")
    distance = site.emit(Sub(), x, _mean(site, x, axes, True, "mean"), role="distance")
    square = site.emit(Unary(function=Function.SQUARE), distance, role="square")
    if not correction:
        return _mean(site, square, axes, bool(site.get("keepdim")))
    average = _mean(site, square, axes, bool(site.get("keepdim")), "biased")
    factor = count / (count - correction)
    return site.emit(Mul(), average, site.constant("factor", _like(site.shape, factor)))


def norm(site: Site) -> Value:
    """The sum of magnitudes (1), or the root of the sum of squares (2)."""
    order = float(site["ord"])
    if order not in (1.0, 2.0):
        raise RefusalError(f"its order is {order:g}, allowed: 1, 2", "use one of them")
    x = site.floats()
    axes = _axes(site, site.get("dim"))
    count = math.prod(x.shape[a] for a in axes)
    kind = Function.ABS if order == 1 else Function.SQUARE
    powers = site.emit(Unary(function=kind), x, role="powers")
    average = _mean(site, powers, axes, bool(site.get("keepdim")), "mean")
    role = "" if order == 1 else "sum"
    total = site.emit(Mul(), average, site.constant("count", _like(site.shape, count)), role=role)
    return total if order == 1 else site.emit(Unary(function=Function.SQRT), total)


def extremum(*, sign: int, with_indices: bool = False) -> Converter:
    """The maximum (1) or minimum (-1) over dimensions, as a pool over a plane."""

    def convert(site: Site) -> Value | Sequence[Value | None]:
        x = site.floats()
        if sign < 0:
            x = site.emit(Unary(function=Function.NEGATE), x, role="negative")
        y = _maximum(site, x, _axes(site, site.get("dim")), helper=sign < 0)
        if sign < 0:
            y = site.emit(Unary(function=Function.NEGATE), y)
        return [y, None] if with_indices else y

    return convert


def softmax(op: type[Softmax] | type[LogSoftmax]) -> Converter:
    def convert(site: Site) -> Value:
        return along_last(site, op(), site.floats(), site["dim"])

    return convert


def along_last(site: Site, op: Op, x: Value, dim: Any) -> Value:
    """An operator of the last dimension applied to another one."""
    rank = len(x.shape)
    axis = site.dimension(dim, rank)
    order = [*(d for d in range(rank) if d != axis), axis][:rank]
    back = [order.index(d) for d in range(rank)]
    return site.permuted(site.emit(op, site.permuted(x, order, "last")), back, "back")


def _axes(site: Site, dim: Any) -> tuple[int, ...]:
    rank = len(site.floats().shape)
    dims = [dim] if isinstance(dim, int) else list(dim or range(rank))
    return tuple(sorted(site.dimension(d, rank) for d in dims))


def _mean(site: Site, x: Value, axes: tuple[int, ...], keep: bool, role: str = "") -> Value:
    if not axes:
        return x
    if len(x.shape) > 4:
        kept = [d for d in range(len(x.shape)) if d not in axes]
        moved = site.permuted(x, (*kept, *axes), "kept")
        shape = (math.prod(x.shape[d] for d in kept), math.prod(x.shape[a] for a in axes))
        rows = site.reshaped(moved, shape, "rows")
        average = site.emit(Mean(axes=(1,)), rows, role="row_mean")
        ones = tuple(1 if d in axes else n for d, n in enumerate(x.shape))
        return site.reshaped(average, ones if keep else [x.shape[d] for d in kept], role)
    return site.emit(Mean(axes=axes, keep_dims=keep), x, role=role)


def _maximum(site: Site, x: Value, axes: tuple[int, ...], *, helper: bool) -> Value:
    """A pool whose window is all of the reduced dimensions, the dimensions after them channels."""
    rank = len(x.shape)
    planar = rank == 4 or x.planar
    logical = [0, *range(2, rank), 1] if planar and rank > 2 else list(range(rank))
    first = min((logical.index(a) for a in axes), default=0)
    before = [d for d in logical[:first] if d not in axes]
    after = [d for d in logical[first:] if d not in axes]
    moved = site.permuted(x, (*before, *axes, *after), "window")
    window = math.prod(x.shape[a] for a in axes)
    plane: Shape = (
        math.prod(x.shape[d] for d in before),
        window,
        1,
        math.prod(x.shape[d] for d in after),
    )
    pooled = site.emit(
        MaxPool2D(kernel=(window, 1)),
        site.reshaped(moved, plane, "plane"),
        role="largest" if helper else "",
    )
    kept = [*before, *after]
    y = site.reshaped(pooled, [x.shape[d] for d in kept], "kept")
    order = [kept.index(d) for d in sorted(kept)]
    return site.reshaped(site.permuted(y, order, "order"), site.shape, "result")


def _like(shape: Shape, value: float) -> Any:
    """A constant that broadcasts without adding a dimension."""
    return [value] if shape else value
