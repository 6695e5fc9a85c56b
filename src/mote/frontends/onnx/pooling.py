"""How ONNX's pools become nodes."""

from mote.frontends.onnx.planes import from_plane, on_plane_sizes, spatial_rank, to_plane
from mote.frontends.onnx.site import Site
from mote.frontends.onnx.values import RefusalError
from mote.frontends.onnx.windows import Window, window
from mote.ir import Tensor
from mote.ir.ops import AveragePool2D, MaxPool2D, Mean, Op, Pad, Padding


def max_pool(site: Site) -> Tensor:
    if site.wants(1):
        raise RefusalError("its second result Indices is used", "use the first alone")
    x = site.activation()
    sliding, extra = _window(site, x)
    op = MaxPool2D(sliding.plane_kernel, sliding.plane_stride, _longer(sliding.padding, extra))
    return _pooled(site, op, x)


def average_pool(site: Site) -> Tensor:
    x = site.activation()
    sliding, extra = _window(site, x)
    padding = sliding.padding
    kernel, stride = sliding.plane_kernel, sliding.plane_stride
    if not site.integer("count_include_pad", 0) or padding == Padding():
        op = AveragePool2D(kernel, stride, _longer(padding, extra))
        return _pooled(site, op, x)
    border = (
        (0, 0),
        (padding.top, padding.bottom),
        (padding.left, padding.right),
        (0, 0),
    )
    rank = len(x.shape) - 2
    padded = site.emit(Pad(border), to_plane(site, x), role="pad")
    op = AveragePool2D(kernel, stride, _longer(Padding(), extra))
    return from_plane(site, site.emit(op, padded), rank)


def global_average_pool(site: Site) -> Tensor:
    x = site.activation()
    spatial_rank(site, x)
    return site.emit(Mean(tuple(range(2, len(x.shape))), keep_dims=True), x)


def global_max_pool(site: Site) -> Tensor:
    x = site.activation()
    spatial_rank(site, x)
    return _pooled(site, MaxPool2D(on_plane_sizes(x.shape[2:], 1)), x)


def _pooled(site: Site, op: Op, x: Tensor) -> Tensor:
    return from_plane(site, site.emit(op, to_plane(site, x)), len(x.shape) - 2)


def _window(site: Site, x: Tensor) -> tuple[Window, tuple[int, int]]:
    """The window, and how far the last one reaches beyond the padding."""
    rank = spatial_rank(site, x)
    kernel = site.sizes("kernel_shape") or ()
    if len(kernel) != rank or min(kernel) < 1:
        raise RefusalError(
            f"attribute kernel_shape is {list(kernel)}, allowed: {rank} positive numbers"
        )
    sliding = window(site, x.shape[2:], kernel)
    if any(d != 1 for d in sliding.dilation):
        raise RefusalError(f"attribute dilations is {list(sliding.dilation)}, allowed: 1")
    if not site.integer("ceil_mode", 0) or site.text("auto_pad", "NOTSET") != "NOTSET":
        return sliding, (0, 0)
    extra = []
    settings = (x.shape[2:], kernel, sliding.stride, sliding.before, sliding.after)
    for n, k, s, before, after in zip(*settings, strict=True):
        results = -(-(n + before + after - k) // s) + 1
        if (results - 1) * s >= n + before:  # a window must begin inside the input or before it
            results -= 1
        extra.append(max((results - 1) * s + k - (n + before + after), 0))
    return sliding, on_plane_sizes(tuple(extra), 0)


def _longer(padding: Padding, extra: tuple[int, int]) -> Padding:
    return Padding(padding.top, padding.bottom + extra[0], padding.left, padding.right + extra[1])
