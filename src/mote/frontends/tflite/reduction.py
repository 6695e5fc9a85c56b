"""How TFLite's pools and reductions become nodes."""

import math
from collections.abc import Callable

import numpy as np

from mote.frontends.tflite.attributes import fused_activation, padding
from mote.frontends.tflite.builder import Site
from mote.frontends.tflite.values import CONVERT_AGAIN, UnsupportedError
from mote.ir import DType, Tensor
from mote.ir.ops import (
    AveragePool2D,
    Function,
    MaxPool2D,
    Mean,
    Mul,
    Reshape,
    Unary,
)


def pool(op: type[AveragePool2D] | type[MaxPool2D]) -> Callable[[Site], None]:
    def convert(site: Site) -> None:
        x, options = site.data(0), site.options
        sides = padding(site, x.shape, options.window)
        site.emit(op(options.window, options.stride, sides, fused_activation(site)), x)

    return convert


def mean(site: Site) -> None:
    site.emit(Mean(_axes(site), site.options.keep_dims), site.data(0))


def total(site: Site) -> None:
    """SUM of floats: the mean times the number of cells."""
    x, axes = site.data(0), _axes(site)
    if x.dtype is not DType.FLOAT32:
        raise UnsupportedError(f"a sum of {x.dtype.value}", "use MEAN, or leave the sum float")
    average = site.insert("mean", Mean(axes, site.options.keep_dims), (x,), site.result())
    cells = math.prod(x.shape[axis] for axis in axes)
    site.emit(Mul(), average, site.constant("cells", np.array([cells], np.float32)))


def greatest(site: Site) -> None:
    """REDUCE_MAX: a pool over a plane whose rows are what vanishes."""
    x = site.data(0)
    site.emit(Reshape(_reduced(site, x)), _pooled(site, x))


def least(site: Site) -> None:
    """REDUCE_MIN of floats: the greatest of the negatives, negated."""
    x = site.data(0)
    if x.dtype is not DType.FLOAT32:
        raise UnsupportedError(f"a minimum of {x.dtype.value}", "use REDUCE_MAX")
    negative = site.insert("negative", Unary(Function.NEGATE), (x,), x)
    rows = _pooled(site, negative)
    shaped = site.reshaped("rows", rows, _reduced(site, x))
    site.emit(Unary(Function.NEGATE), shaped)


def _pooled(site: Site, x: Tensor) -> Tensor:
    """The greatest over neighbouring axes, as ``[before, 1, 1, after]``."""
    axes = _axes(site)
    if axes != tuple(range(axes[0], axes[-1] + 1)):
        raise UnsupportedError(f"axes {list(axes)} that are not neighbours", "reduce one by one")
    before, rows, after = (
        math.prod(x.shape[start:end])
        for start, end in ((0, axes[0]), (axes[0], axes[-1] + 1), (axes[-1] + 1, len(x.shape)))
    )
    plane = site.reshaped("plane", x, (before, rows, 1, after))
    return site.insert("greatest", MaxPool2D((rows, 1)), (plane,), site.result())


def _reduced(site: Site, x: Tensor) -> tuple[int, ...]:
    return Mean(_axes(site), site.options.keep_dims).shape(x.shape)


def _axes(site: Site) -> tuple[int, ...]:
    axes, rank = site.indices(1), len(site.data(0).shape)
    if not axes or any(not -rank <= axis < rank for axis in axes):
        raise UnsupportedError(f"axes {list(axes)} of a {rank}-D input", CONVERT_AGAIN)
    return tuple(sorted({axis % rank for axis in axes}))
