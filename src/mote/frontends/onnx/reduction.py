"""How reductions over axes become nodes."""

import math
from collections.abc import Callable

import numpy as np

from mote.frontends.onnx.site import Site, resolved_axes
from mote.frontends.onnx.values import RefusalError
from mote.ir import Tensor
from mote.ir.ops import Function, MaxPool2D, Mean, Mul, Unary

MAX_MEAN_RANK = 4


def reduce_mean(site: Site) -> Tensor:
    x, axes = _operands(site, 18)
    return _mean(site, x, axes) if axes else x


def reduce_sum(site: Site) -> Tensor:
    """The mean times the number of elements."""
    x, axes = _operands(site, 13)
    if not axes:
        return x
    count = math.prod(x.shape[a] for a in axes)
    return site.emit(
        Mul(), _mean(site, x, axes), site.new_constant("count", np.full(1, count)), role="sum"
    )


def reduce_extreme(least: bool) -> Callable[[Site], Tensor]:
    """The maximum is a pool over whole planes; the minimum is that of the negated value."""

    def convert(site: Site) -> Tensor:
        x, axes = _operands(site, 18)
        if not axes:
            return x
        shape = _shape(site, x, axes)
        if least:
            x = site.emit(Unary(Function.NEGATE), x, role="negated")
        kept = [i for i in range(len(x.shape)) if i not in axes]
        last = site.transposed(x, (*kept, *axes), "reduced_last")
        count = math.prod(x.shape[a] for a in axes)
        plane = site.reshaped(last, (x.elements // count, count, 1, 1), "plane")
        y = site.reshaped(site.emit(MaxPool2D((count, 1)), plane, role="most"), shape, "kept")
        return site.emit(Unary(Function.NEGATE), y, role="least") if least else y

    return convert


def _mean(site: Site, x: Tensor, axes: tuple[int, ...]) -> Tensor:
    keep = bool(site.integer("keepdims", 1))
    if len(x.shape) <= MAX_MEAN_RANK:
        return site.emit(Mean(axes, keep), x, role="mean")
    kept = [i for i in range(len(x.shape)) if i not in axes]
    last = site.transposed(x, (*kept, *axes), "reduced_last")
    count = math.prod(x.shape[a] for a in axes)
    rows = site.reshaped(last, (x.elements // count, count), "rows")
    return site.reshaped(site.emit(Mean((1,)), rows, role="mean"), _shape(site, x, axes), "kept")


def _shape(site: Site, x: Tensor, axes: tuple[int, ...]) -> tuple[int, ...]:
    keep = bool(site.integer("keepdims", 1))
    sizes = ((1 if i in axes else n, i in axes) for i, n in enumerate(x.shape))
    return tuple(n for n, reduced in sizes if keep or not reduced)


def _operands(site: Site, axes_are_operand_since: int) -> tuple[Tensor, tuple[int, ...]]:
    """The value and its axes; no axes means that nothing is reduced."""
    x = site.activation()
    stated: tuple[int, ...] | None
    if site.version >= axes_are_operand_since:
        stated = site.integers(1, "axes") if site.has(1) else None
    else:
        stated = site.sizes("axes")
    if not x.shape:
        raise RefusalError("its input is a lone number")
    if stated:
        return x, resolved_axes(stated, len(x.shape))
    if site.integer("noop_with_empty_axes", 0):
        return x, ()
    return x, tuple(range(len(x.shape)))
