"""Between ONNX's channels-first values and the graph's planes ``[N, H, W, C]``."""

from mote.frontends.onnx.site import Site
from mote.frontends.onnx.values import RefusalError
from mote.ir import Tensor
from mote.ir.ops import Shape


def spatial_rank(site: Site, x: Tensor) -> int:
    """1 or 2: the dimensions behind batch and channels."""
    rank = len(x.shape) - 2
    if rank not in (1, 2):
        raise RefusalError(
            f"its input {list(x.shape)} has {max(rank, 0)} spatial dimensions, allowed: 1 or 2"
        )
    return rank


def to_plane(site: Site, x: Tensor) -> Tensor:
    """``[N, C, H, W]`` as ``[N, H, W, C]``, ``[N, C, L]`` as ``[N, 1, L, C]``."""
    if len(x.shape) == 4:
        return site.transposed(x, (0, 2, 3, 1), "nhwc")
    last = site.transposed(x, (0, 2, 1), "nlc")
    n, length, channels = last.shape
    return site.reshaped(last, (n, 1, length, channels), "plane")


def from_plane(site: Site, y: Tensor, rank: int) -> Tensor:
    """The way back, to ``rank`` spatial dimensions."""
    if rank == 2:
        return site.transposed(y, (0, 3, 1, 2), "nchw")
    n, _, length, channels = y.shape
    return site.transposed(site.reshaped(y, (n, length, channels), "line"), (0, 2, 1), "ncl")


def on_plane_sizes(sizes: tuple[int, ...], fill: int) -> tuple[int, int]:
    """A setting for each spatial dimension, as one for height and one for width."""
    return (sizes[-2] if len(sizes) == 2 else fill, sizes[-1])


def channel_shape(channels: int, rank: int) -> Shape:
    """The shape in which one value per channel broadcasts over ``[N, C, ...]`` of that rank."""
    return (channels,) + (1,) * (rank - 2)
