"""How PyTorch's interpolation becomes nodes."""

from mote.frontends.torch.builder import RefusalError, Value
from mote.frontends.torch.planes import from_plane, to_plane
from mote.frontends.torch.site import Converter, Site
from mote.ir.ops import Resize, ResizeMethod


def nearest(dimensions: int, *, exact: bool = False) -> Converter:
    """Result i reads floor(i * n / m), or the element nearest to its centre (``exact``)."""

    def convert(site: Site) -> Value:
        x = to_plane(site, site.floats(_input(site)), dimensions)
        _check_scales(site, dimensions)
        op = Resize(
            to=_size(site, dimensions), method=ResizeMethod.NEAREST, half_pixel_centers=exact
        )
        return from_plane(site, site.emit(op, x), dimensions)

    return convert


def bilinear(dimensions: int) -> Converter:
    """Between corners (``align_corners``), or between the centres of elements."""

    def convert(site: Site) -> Value:
        x = to_plane(site, site.floats(_input(site)), dimensions)
        corners = bool(site["align_corners"])
        if not corners:
            _check_scales(site, dimensions)
        op = Resize(
            to=_size(site, dimensions),
            method=ResizeMethod.BILINEAR,
            align_corners=corners,
            half_pixel_centers=not corners,
        )
        return from_plane(site, site.emit(op, x), dimensions)

    return convert


def _input(site: Site) -> str:
    return "input" if "input" in site.arguments else "self"


def _size(site: Site, dimensions: int) -> tuple[int, int]:
    return (1, site.shape[-1]) if dimensions == 1 else (site.shape[-2], site.shape[-1])


def _check_scales(site: Site, dimensions: int) -> None:
    """A scale factor that gives no whole size is not the ratio of the sizes."""
    keys = ("scale_factors",) if "scale_factors" in site.arguments else ("scales", "scales_h")
    scales = [
        s
        for key in (*keys, "scales_w")
        if site.get(key) is not None
        for s in (site[key] if isinstance(site[key], list | tuple) else [site[key]])
    ]
    source = site.floats(_input(site)).shape[-dimensions:]
    for n, m, scale in zip(source, site.shape[-dimensions:], scales, strict=False):
        if abs(n * scale - m) > 1e-6 * m:
            raise RefusalError(
                f"its scale {scale} makes {n * scale:g} of {n} elements",
                "give the size, or recompute_scale_factor=True",
            )
