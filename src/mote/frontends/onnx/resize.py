"""How Resize becomes a node: where each result reads is computed, then the same rule looked for."""

import numpy as np
from numpy.typing import NDArray

from mote.frontends.onnx.planes import from_plane, spatial_rank, to_plane
from mote.frontends.onnx.site import Site, resolved_axis
from mote.frontends.onnx.values import MAX_TENSOR_BYTES, RefusalError
from mote.ir import Tensor
from mote.ir.ops import Resize, ResizeMethod
from mote.reference.resize import nearest, positions

Reals = NDArray[np.float64]

METHODS = {"nearest": ResizeMethod.NEAREST, "linear": ResizeMethod.BILINEAR}
FLAGS = ((False, False), (True, False), (False, True))
"""(align_corners, half_pixel_centers) that a graph can have."""

TOLERANCE = 1e-9


def resize(site: Site) -> Tensor:
    x = site.activation()
    rank = spatial_rank(site, x)
    mode = site.text("mode", "nearest")
    if mode not in METHODS:
        raise RefusalError(f"attribute mode is '{mode}', allowed: {', '.join(METHODS)}")
    for name, default in (("antialias", 0), ("exclude_outside", 0)):
        if site.integer(name, default) != default:
            raise RefusalError(f"attribute {name} is {site.integer(name, default)}, allowed: 0")
    sizes, scales = _target(site, x)
    if sizes[:2] != x.shape[:2]:
        raise RefusalError(f"it changes batch or channels of {list(x.shape)} to {list(sizes)}")
    if max(sizes) * 8 > MAX_TENSOR_BYTES:
        raise RefusalError(f"its result would have shape {list(sizes)}")
    op = _rule(site, x.shape[2:], sizes[2:], scales[2:], METHODS[mode])
    return from_plane(site, site.emit(op, to_plane(site, x)), rank)


def _rule(
    site: Site,
    before: tuple[int, ...],
    after: tuple[int, ...],
    scales: tuple[float, ...],
    method: ResizeMethod,
) -> Resize:
    """The operator that reads where ONNX does."""
    to = (after[0], after[1]) if len(after) == 2 else (1, after[0])
    wanted = [_onnx_positions(site, n, m, s) for n, m, s in zip(before, after, scales, strict=True)]
    rounding = site.text("nearest_mode", "round_prefer_floor")
    for align_corners, half_pixel_centers in FLAGS:
        op = Resize(to, method, align_corners, half_pixel_centers)
        if all(
            _same(op, position, n, m, rounding)
            for position, n, m in zip(wanted, before, after, strict=True)
        ):
            return op
    coordinates = site.text("coordinate_transformation_mode", "half_pixel")
    more = f" and nearest_mode '{rounding}'" if method is ResizeMethod.NEAREST else ""
    raise RefusalError(
        f"attribute coordinate_transformation_mode '{coordinates}'{more} from {list(before)} to "
        f"{list(after)} reads where no supported rule does",
        "use asymmetric with floor, half_pixel with round_prefer_ceil, or align_corners",
    )


def _same(op: Resize, position: Reals, size: int, to: int, rounding: str) -> bool:
    if op.method is ResizeMethod.NEAREST:
        return np.array_equal(nearest(op, size, to), _rounded(position, size, rounding))
    own = positions(op, size, to)
    return np.allclose(
        np.clip(own, 0, size - 1), np.clip(position, 0, size - 1), rtol=0, atol=TOLERANCE * size
    )


def _rounded(position: Reals, size: int, rounding: str) -> NDArray[np.int64]:
    match rounding:
        case "floor":
            whole = np.floor(position)
        case "ceil":
            whole = np.ceil(position)
        case "round_prefer_floor":
            whole = np.ceil(position - 0.5)
        case "round_prefer_ceil":
            whole = np.floor(position + 0.5)
        case _:
            raise RefusalError(
                f"attribute nearest_mode is '{rounding}', allowed: floor, ceil, "
                "round_prefer_floor, round_prefer_ceil"
            )
    return np.clip(whole, 0, size - 1).astype(np.int64)


def _onnx_positions(site: Site, size: int, to: int, scale: float) -> Reals:
    """Where each of ``to`` results reads on an axis of ``size`` elements."""
    index = np.arange(to, dtype=np.float64)
    mode = site.text("coordinate_transformation_mode", "half_pixel")
    match mode:
        case "asymmetric":
            return index / scale
        case "half_pixel":
            return (index + 0.5) / scale - 0.5
        case "pytorch_half_pixel":
            return (index + 0.5) / scale - 0.5 if to > 1 else np.zeros(1)
        case "align_corners":
            last = scale * size - 1  # not to - 1: the size is rounded down, the scale is not
            return index * ((size - 1) / last) if last > 0 else np.zeros(to)
        case "half_pixel_symmetric":
            offset = size / 2 * (1 - to / (scale * size))
            return offset + (index + 0.5) / scale - 0.5
    raise RefusalError(
        f"attribute coordinate_transformation_mode is '{mode}', allowed: asymmetric, half_pixel, "
        "pytorch_half_pixel, align_corners, half_pixel_symmetric"
    )


def _target(site: Site, x: Tensor) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """Sizes and scales of all dimensions."""
    rank = len(x.shape)
    axes = site.sizes("axes") or tuple(range(rank))
    axes = tuple(resolved_axis(a, rank, "attribute axes") for a in axes)
    sizes, scales = list(x.shape), [1.0] * rank
    if site.has(3) and len(site.integers(3, "sizes")):
        _by_sizes(site, x, axes, sizes, scales)
    elif site.has(2) and site.stored(2, "scales").array.size:
        stated = [float(s) for s in site.stored(2, "scales").array.reshape(-1)]
        if len(stated) != len(axes) or not all(0 < s < 2**20 for s in stated):
            raise RefusalError(f"its scales are {stated[:8]}, allowed: {len(axes)} numbers above 0")
        for axis, scale in zip(axes, stated, strict=True):
            sizes[axis], scales[axis] = int(np.floor(x.shape[axis] * scale)), scale
    else:
        raise RefusalError("it has neither sizes nor scales")
    return tuple(sizes), tuple(scales)


def _by_sizes(
    site: Site, x: Tensor, axes: tuple[int, ...], sizes: list[int], scales: list[float]
) -> None:
    stated = site.integers(3, "sizes")
    if len(stated) != len(axes) or min(stated) < 1:
        raise RefusalError(f"its sizes are {list(stated)[:8]}, allowed: {len(axes)} sizes above 0")
    policy = site.text("keep_aspect_ratio_policy", "stretch")
    ratios = [n / x.shape[a] for n, a in zip(stated, axes, strict=True)]
    if policy not in ("stretch", "not_larger", "not_smaller"):
        raise RefusalError(
            f"attribute keep_aspect_ratio_policy is '{policy}', "
            "allowed: stretch, not_larger, not_smaller"
        )
    if policy != "stretch":
        ratio = min(ratios) if policy == "not_larger" else max(ratios)
        ratios = [ratio] * len(axes)
        stated = tuple(int(np.floor(x.shape[a] * ratio + 0.5)) for a in axes)
    for axis, n, ratio in zip(axes, stated, ratios, strict=True):
        sizes[axis], scales[axis] = n, ratio
