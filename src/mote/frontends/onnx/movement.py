"""How operators that give the same elements another shape or order become nodes."""

import math

import numpy as np

from mote.frontends.onnx.reader import type_name
from mote.frontends.onnx.site import Site, resolved_axes, resolved_axis
from mote.frontends.onnx.values import Constant, RefusalError, short
from mote.ir import DType, Tensor
from mote.ir.ops import Concat, Shape

MAX_COPIES = 256
"""Most copies that an expansion may write side by side."""


def reshape(site: Site) -> Tensor:
    x, stated = site.activation(), site.integers(1, "shape")
    keep_zeros = bool(site.integer("allowzero", 0))
    sizes = [
        x.shape[i] if n == 0 and not keep_zeros and i < len(x.shape) else n
        for i, n in enumerate(stated)
    ]
    known = math.prod(n for n in sizes if n != -1)
    if sizes.count(-1) > 1 or min(sizes, default=1) < -1 or (-1 in sizes and not known):
        raise RefusalError(f"its shape is {short(stated)}, allowed: sizes, one of them -1")
    shape = tuple(x.elements // known if n == -1 else n for n in sizes)
    if math.prod(shape) != x.elements:
        raise RefusalError(
            f"{list(x.shape)} cannot become {short(shape)}",
            "a batch size other than the model's was fixed on export: export with batch 1",
        )
    return site.reshaped(x, shape, "")


def flatten(site: Site) -> Tensor:
    x = site.activation()
    axis = site.integer("axis", 1)
    if not -len(x.shape) <= axis <= len(x.shape):
        raise RefusalError(f"attribute axis is {axis} for input {list(x.shape)}")
    axis = axis % len(x.shape) if axis < 0 else axis
    shape = (math.prod(x.shape[:axis]), math.prod(x.shape[axis:]))
    return site.reshaped(x, shape, "")


def squeeze(site: Site) -> Tensor:
    x = site.activation()
    if site.has(1):
        axes = resolved_axes(site.integers(1, "axes"), len(x.shape))
    else:
        axes = tuple(i for i, n in enumerate(x.shape) if n == 1)
    if any(x.shape[a] != 1 for a in axes):
        raise RefusalError(f"axes {list(axes)} of {list(x.shape)} are not all of size 1")
    return site.reshaped(x, tuple(n for i, n in enumerate(x.shape) if i not in axes), "")


def unsqueeze(site: Site) -> Tensor:
    x, added = site.activation(), site.integers(1, "axes")
    rank = len(x.shape) + len(added)
    axes = resolved_axes(added, rank)
    sizes = iter(x.shape)
    shape = tuple(1 if i in axes else next(sizes) for i in range(rank))
    return site.reshaped(x, shape, "")


def transpose(site: Site) -> Tensor:
    x = site.activation()
    permutation = site.sizes("perm") or tuple(reversed(range(len(x.shape))))
    if sorted(permutation) != list(range(len(x.shape))):
        raise RefusalError(f"attribute perm is {list(permutation)} for input {list(x.shape)}")
    return site.transposed(x, permutation, "")


def expand(site: Site) -> Tensor:
    x, wanted = site.activation(), site.integers(1, "shape")
    try:
        shape = np.broadcast_shapes(x.shape, wanted)
    except ValueError:
        raise RefusalError(f"{list(x.shape)} does not broadcast to {short(wanted)}") from None
    padded = (1,) * (len(shape) - len(x.shape)) + x.shape
    copies = tuple(m // n if n else 1 for m, n in zip(shape, padded, strict=True))
    return _repeated(site, site.reshaped(x, padded, "rank"), copies)


def tile(site: Site) -> Tensor:
    x, copies = site.activation(), site.integers(1, "repeats")
    if len(copies) != len(x.shape) or min(copies, default=1) < 1:
        raise RefusalError(f"its repeats are {short(copies)} for input {list(x.shape)}")
    return _repeated(site, x, copies)


def _repeated(site: Site, x: Tensor, copies: Shape) -> Tensor:
    if math.prod(copies) > MAX_COPIES:
        raise RefusalError(
            f"it repeats a value {math.prod(copies):,} times, allowed: {MAX_COPIES}",
            "let the operators behind it broadcast",
        )
    for axis, count in enumerate(copies):
        if count > 1:
            x = site.emit(Concat(axis), *([x] * count), role=f"repeated_{axis}")
    return x


def concat(site: Site) -> Tensor:
    parts = [site.operand(i) for i in range(len(site.values()))]
    axis = resolved_axis(site.integer("axis", 0), len(parts[0].shape), "attribute axis")
    if len(parts) == 1:
        return parts[0]
    return site.emit(Concat(axis), *parts)


def depth_to_space(site: Site) -> Tensor:
    x, block = _blocks(site)
    n, c, h, w = x.shape
    if c % block**2:
        raise RefusalError(f"attribute blocksize is {block} for {c} channels")
    mode = site.text("mode", "DCR")
    if mode not in ("DCR", "CRD"):
        raise RefusalError(f"attribute mode is '{mode}', allowed: DCR, CRD")
    depth = c // block**2
    if mode == "DCR":
        split = site.reshaped(x, (n, block, block, depth, h, w), "split")
        mixed = site.transposed(split, (0, 3, 4, 1, 5, 2), "mixed")
    else:
        split = site.reshaped(x, (n, depth, block, block, h, w), "split")
        mixed = site.transposed(split, (0, 1, 4, 2, 5, 3), "mixed")
    return site.reshaped(mixed, (n, depth, h * block, w * block), "")


def space_to_depth(site: Site) -> Tensor:
    x, block = _blocks(site)
    n, c, h, w = x.shape
    if h % block or w % block:
        raise RefusalError(f"attribute blocksize is {block} for planes of {h} by {w}")
    if site.text("mode", "DCR") != "DCR":
        raise RefusalError(f"attribute mode is '{site.text('mode', 'DCR')}', allowed: DCR")
    split = site.reshaped(x, (n, c, h // block, block, w // block, block), "split")
    mixed = site.transposed(split, (0, 3, 5, 1, 2, 4), "mixed")
    return site.reshaped(mixed, (n, c * block**2, h // block, w // block), "")


def _blocks(site: Site) -> tuple[Tensor, int]:
    x, block = site.activation(), site.integer("blocksize", 0)
    if len(x.shape) != 4 or block < 1:
        raise RefusalError(f"attribute blocksize is {block} for input {list(x.shape)}")
    return x, block


def cast(site: Site) -> Tensor:
    """To the type that the value has; others are refused."""
    return _cast(site, site.integer("to", 0))


def cast_like(site: Site) -> Tensor | Constant:
    x, like = site.value(0), site.value(1)
    name = like.array.dtype.name if isinstance(like, Constant) else like.dtype.value
    if isinstance(x, Constant):
        return Constant(x.array.astype(name))
    to = {"float32": 1, "int32": 6, "int64": 7}.get(name)
    if to is None:
        raise RefusalError(f"it casts to type {name}", "export the model in float32")
    return _cast(site, to)


def _cast(site: Site, to: int) -> Tensor:
    x = site.value(0)
    assert isinstance(x, Tensor)
    allowed = {DType.FLOAT32: (1,), DType.INT32: (6, 7)}.get(x.dtype, ())
    if to not in allowed:
        raise RefusalError(
            f"attribute to is {type_name(to)} for a value of type {x.dtype.value}, "
            "allowed: the same type",
            "export the model in float32",
        )
    return x
