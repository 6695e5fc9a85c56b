"""Strides, dilations and padding of convolutions and pools, as ONNX writes them."""

from dataclasses import dataclass

from mote.frontends.onnx.planes import on_plane_sizes
from mote.frontends.onnx.site import Site
from mote.frontends.onnx.values import RefusalError
from mote.ir.ops import Padding


@dataclass(frozen=True)
class Window:
    """The settings of a sliding window, one entry per spatial dimension."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]

    @property
    def plane_kernel(self) -> tuple[int, int]:
        return on_plane_sizes(self.kernel, 1)

    @property
    def plane_stride(self) -> tuple[int, int]:
        return on_plane_sizes(self.stride, 1)

    @property
    def plane_dilation(self) -> tuple[int, int]:
        return on_plane_sizes(self.dilation, 1)

    @property
    def padding(self) -> Padding:
        (top, left), (bottom, right) = (on_plane_sizes(p, 0) for p in (self.before, self.after))
        return Padding(top, bottom, left, right)


def window(site: Site, sizes: tuple[int, ...], kernel: tuple[int, ...]) -> Window:
    """The window of a convolution or pool over spatial ``sizes``."""
    stride, dilation = (positive(site, name, len(sizes)) for name in ("strides", "dilations"))
    before, after = _pads(site, sizes, kernel, stride, dilation)
    return Window(kernel, stride, dilation, before, after)


def positive(site: Site, name: str, rank: int) -> tuple[int, ...]:
    """An attribute with one positive number per spatial dimension, 1 by default."""
    found = site.sizes(name) or (1,) * rank
    if len(found) != rank or min(found) < 1:
        raise RefusalError(f"attribute {name} is {list(found)}, allowed: {rank} positive numbers")
    return found


def explicit_pads(site: Site, rank: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    pads = site.sizes("pads") or (0,) * (2 * rank)
    if len(pads) != 2 * rank or min(pads) < 0:
        raise RefusalError(
            f"attribute pads is {list(pads)}, allowed: {2 * rank} numbers that are not negative"
        )
    return pads[:rank], pads[rank:]


def auto_pad(site: Site) -> str:
    found = site.text("auto_pad", "NOTSET")
    if found not in ("NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"):
        raise RefusalError(
            f"attribute auto_pad is '{found}', allowed: NOTSET, VALID, SAME_UPPER, SAME_LOWER"
        )
    return found


def halves(total: int, lower: bool) -> tuple[int, int]:
    """Padding before and after; the odd element goes before with ``lower``."""
    small, large = total // 2, total - total // 2
    return (large, small) if lower else (small, large)


def _pads(
    site: Site,
    sizes: tuple[int, ...],
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    mode = auto_pad(site)
    if mode == "NOTSET":
        return explicit_pads(site, len(sizes))
    if mode == "VALID":
        return (0,) * len(sizes), (0,) * len(sizes)
    pairs = []
    for n, k, s, d in zip(sizes, kernel, stride, dilation, strict=True):
        results = -(-n // s)
        total = max((results - 1) * s + (k - 1) * d + 1 - n, 0)
        pairs.append(halves(total, mode == "SAME_LOWER"))
    return tuple(p[0] for p in pairs), tuple(p[1] for p in pairs)
