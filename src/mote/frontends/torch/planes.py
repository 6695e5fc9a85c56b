"""Planes and sequences of PyTorch as ``[N, H, W, C]`` and back; a sequence has height 1."""

from mote.frontends.torch.builder import RefusalError, Value
from mote.frontends.torch.site import Site


def to_plane(site: Site, x: Value, dimensions: int) -> Value:
    """``[N, C, H, W]`` or ``[N, C, L]``, or either without N, as ``[N, H, W, C]``."""
    if len(x.shape) not in (dimensions + 1, dimensions + 2):
        wanted = "[N, C, H, W]" if dimensions == 2 else "[N, C, L]"
        raise RefusalError(
            f"its input has shape {list(x.shape)}, allowed: {wanted}", "reshape it before"
        )
    if len(x.shape) == dimensions + 1:
        x = site.reshaped(x, (1, *x.shape), "batch")
    x = site.permuted(x, (0, *range(2, len(x.shape)), 1), "nhwc")
    if dimensions == 1:
        x = site.reshaped(x, (x.shape[0], 1, *x.shape[1:]), "plane")
    return x


def from_plane(site: Site, y: Value, dimensions: int) -> Value:
    """``[N, H, W, C]`` as PyTorch keeps it; the shape is that of the operation's result."""
    if dimensions == 1:
        y = site.reshaped(y, (y.shape[0], *y.shape[2:]), "sequence")
    y = site.permuted(y, (0, len(y.shape) - 1, *range(1, len(y.shape) - 1)), "nchw")
    return site.reshaped(y, site.shape, "unbatched")
