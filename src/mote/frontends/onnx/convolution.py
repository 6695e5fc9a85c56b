"""How ONNX's convolutions become nodes; one spatial dimension is a plane of height 1."""

from dataclasses import replace

import numpy as np

from mote.frontends.onnx.planes import from_plane, on_plane_sizes, spatial_rank, to_plane
from mote.frontends.onnx.site import Site
from mote.frontends.onnx.values import QUANTISE_AGAIN, Constant, RefusalError
from mote.frontends.onnx.windows import auto_pad, explicit_pads, halves, positive, window
from mote.ir import Tensor
from mote.ir.ops import Conv2D, DepthwiseConv2D, Padding, TransposedConv2D


def conv(site: Site) -> Tensor:
    x = site.activation()
    rank, weight = spatial_rank(site, x), weights(site, 1, len(x.shape))
    outputs, depth, *kernel = weight.shape
    channels, groups = x.shape[1], _groups(site)
    if depth * groups != channels or outputs % groups:
        raise RefusalError(
            f"input {list(x.shape)} and weights {list(weight.shape)} do not fit "
            f"{groups} group{'s' if groups > 1 else ''}"
        )
    sliding = window(site, x.shape[2:], _kernel(site, tuple(kernel)))
    if rank == 1:
        weight = weight.reshaped((outputs, depth, 1, kernel[0]))
    op: Conv2D | DepthwiseConv2D
    settings = (sliding.plane_stride, sliding.plane_dilation, sliding.padding)
    if groups > 1 and depth == 1:
        op, filters = DepthwiseConv2D(*settings), weight.transposed((1, 2, 3, 0))
    else:
        op, filters = Conv2D(*settings), weight.transposed((0, 2, 3, 1))
    operands = (site.constant(site.name_of(1), filters), bias(site, 2, outputs))
    return from_plane(site, site.emit(op, to_plane(site, x), *operands), rank)


def conv_transpose(site: Site) -> Tensor:
    x = site.activation()
    rank, weight = spatial_rank(site, x), weights(site, 1, len(x.shape))
    inputs, per_group, *kernel = weight.shape
    groups = _groups(site)
    if inputs != x.shape[1] or inputs % groups:
        raise RefusalError(
            f"input {list(x.shape)} and weights {list(weight.shape)} do not fit "
            f"{groups} group{'s' if groups > 1 else ''}"
        )
    sizes = _kernel(site, tuple(kernel))
    outputs = per_group * groups
    stride, dilation = (positive(site, name, rank) for name in ("strides", "dilations"))
    before, after, more = _cut(site, x.shape[2:], sizes, stride, dilation)
    (top, left), (bottom, right) = (on_plane_sizes(p, 0) for p in (before, after))
    op = TransposedConv2D(
        stride=on_plane_sizes(stride, 1),
        dilation=on_plane_sizes(dilation, 1),
        padding=Padding(top, bottom, left, right),
        output_padding=on_plane_sizes(more, 0),
    )
    filters = _outputs_first(weight, groups, on_plane_sizes(sizes, 1))
    operands = (site.constant(site.name_of(1), filters), bias(site, 2, outputs))
    return from_plane(site, site.emit(op, to_plane(site, x), *operands), rank)


def weights(site: Site, operand: int, rank: int) -> Constant:
    """Float weights of that rank; quantised ones have zero point 0."""
    weight = site.stored(operand, "weight")
    if len(weight.shape) != rank:
        raise RefusalError(f"its weight has shape {list(weight.shape)}, allowed: {rank} dimensions")
    if weight.quantization is not None and any(weight.quantization.zero_points):
        zero = next(z for z in weight.quantization.zero_points if z)
        raise RefusalError(
            f"its weight is quantised with zero point {zero} as int8, allowed: 0 (128 for uint8)",
            QUANTISE_AGAIN,
        )
    return weight


def bias(site: Site, operand: int, channels: int) -> Tensor:
    """A bias for each channel, zeros when there is none."""
    if not site.has(operand):
        return site.new_constant("bias", np.zeros(channels))
    found = site.stored(operand, "bias")
    if found.shape != (channels,):
        raise RefusalError(f"its bias has shape {list(found.shape)}, allowed: [{channels}]")
    return site.constant(site.name_of(operand), found)


def _groups(site: Site) -> int:
    groups = site.integer("group", 1)
    if groups < 1:
        raise RefusalError(f"attribute group is {groups}, allowed: positive numbers")
    return groups


def _kernel(site: Site, kernel: tuple[int, ...]) -> tuple[int, ...]:
    stated = site.sizes("kernel_shape")
    if stated is not None and stated != kernel:
        raise RefusalError(
            f"attribute kernel_shape is {list(stated)}, but the weights have {list(kernel)}"
        )
    return kernel


def _outputs_first(weight: Constant, groups: int, kernel: tuple[int, int]) -> Constant:
    """``[I, O/g, ...]`` as ``[O, KH, KW, I/g]``."""
    inputs, per_group = weight.shape[:2]
    grouped = weight.array.reshape(groups, inputs // groups, per_group, *kernel)
    array = grouped.transpose(0, 2, 3, 4, 1).reshape(-1, *kernel, inputs // groups)
    q = weight.quantization
    if q is not None and q.axis is not None:
        if q.axis != 1:
            raise RefusalError(
                f"its weight is quantised along axis {q.axis}, allowed: 1", QUANTISE_AGAIN
            )
        q = replace(q, scales=q.scales * groups, zero_points=q.zero_points * groups, axis=0)
    return Constant(array, q, weight.grid)


def _cut(
    site: Site,
    sizes: tuple[int, ...],
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
) -> tuple[tuple[int, ...], ...]:
    """What is cut off the full result before and after, and what is added at the end."""
    rank = len(sizes)
    more = site.sizes("output_padding") or (0,) * rank
    if len(more) != rank or min(more) < 0:
        raise RefusalError(f"attribute output_padding is {list(more)}, allowed: {rank} sizes")
    mode, stated = auto_pad(site), site.sizes("output_shape")
    if stated is not None and len(stated) == rank + 2:
        stated = stated[2:]
    if mode in ("SAME_UPPER", "SAME_LOWER") and stated is None:
        stated = tuple(n * s for n, s in zip(sizes, stride, strict=True))
    if stated is None:
        if mode == "VALID":
            return (0,) * rank, (0,) * rank, more
        return (*explicit_pads(site, rank), more)
    if len(stated) != rank:
        raise RefusalError(f"attribute output_shape is {list(stated)}, allowed: {rank} sizes")
    before, after, added = [], [], []
    for n, k, s, d, extra, to in zip(sizes, kernel, stride, dilation, more, stated, strict=True):
        total = (n - 1) * s + extra + (k - 1) * d + 1 - to
        cut = halves(max(total, 0), mode == "SAME_LOWER")
        before.append(cut[0])
        after.append(cut[1])
        added.append(extra + max(-total, 0))
    return tuple(before), tuple(after), tuple(added)
