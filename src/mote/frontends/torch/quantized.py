"""How quantisation in exported programs (PT2E, torchao) becomes Quantize and Dequantize nodes.

uint8 is int8 with the zero point moved by 128. Stored integers become float constants that say on
which integers they stand; ``passes.absorb_quantization`` makes the integer graph of both.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from mote.frontends.torch.builder import Parameter, RefusalError, Value
from mote.frontends.torch.site import Site
from mote.ir import DType, Quantization
from mote.ir.ops import Dequantize, Quantize

QUANTISE_AGAIN = "quantise with int8 or uint8 activations and symmetric int8 weights"

GRIDS: Mapping[str, tuple[DType, int, int, int]] = {
    "torch.int8": (DType.INT8, 0, -128, 127),
    "torch.uint8": (DType.INT8, 128, 0, 255),
    "torch.int16": (DType.INT16, 0, -(2**15), 2**15 - 1),
    "torch.int32": (DType.INT32, 0, -(2**31), 2**31 - 1),
}
"""For each stored type: its type here, by how much the zero point is less, and its bounds."""


def quantize_per_tensor(site: Site) -> Value:
    _check_range(site, site["dtype"], site["quant_min"], site["quant_max"])
    return _quantize(site, _activation_type(site["dtype"]), site["scale"], site["zero_point"])


def dequantize_per_tensor(site: Site) -> Value | Parameter:
    return _dequantize(site, site["scale"], site["zero_point"], None)


def dequantize_per_channel(site: Site) -> Value | Parameter:
    return _dequantize(site, site["scales"], site["zero_points"], int(site["axis"]))


def quantize_affine(site: Site) -> Value:
    """torchao's form, whose block covers the whole value."""
    if _block_axis(site) is not None:
        raise RefusalError("its activation has several scales", QUANTISE_AGAIN)
    _check_range(site, site["output_dtype"], site["quant_min"], site["quant_max"])
    return _quantize(
        site, _activation_type(site["output_dtype"]), site["scale"], site["zero_point"]
    )


def dequantize_affine(site: Site) -> Value | Parameter:
    return _dequantize(site, site["scale"], site["zero_point"], _block_axis(site))


def _block_axis(site: Site) -> int | None:
    value = site["input"]
    shape = value.shape if isinstance(value, Value) else tuple(value.tensor.shape)
    block = tuple(int(n) for n in site["block_size"])
    split = [d for d, (n, b) in enumerate(zip(shape, block, strict=True)) if n != b]
    if not split:
        return None
    if len(split) > 1 or block[split[0]] != 1:
        raise RefusalError(
            f"it is quantised in blocks of {list(block)}", "quantise per tensor or per channel"
        )
    return split[0]


def _activation_type(dtype: Any) -> tuple[DType, int]:
    kind, offset, *_ = GRIDS.get(str(dtype), (None, 0))
    if kind is None or kind is DType.INT32:
        raise RefusalError(f"its result has type {dtype}, allowed: int8, uint8", QUANTISE_AGAIN)
    return kind, offset


def _check_range(site: Site, dtype: Any, low: Any, high: Any) -> None:
    kind = GRIDS.get(str(dtype))
    if kind is not None and ((low, high) not in ((None, None), kind[2:])):
        raise RefusalError(
            f"it quantises to [{low}, {high}], allowed: {list(kind[2:])}",
            "let activations use the whole range of their type",
        )


def _quantize(site: Site, kind: tuple[DType, int], scale: Any, zero_point: Any) -> Value:
    dtype, offset = kind
    scales, zeros = _numbers(scale, "scale"), _numbers(zero_point, "zero point")
    if len(scales) != 1 or len(zeros) != 1:
        raise RefusalError("its activation has several scales", QUANTISE_AGAIN)
    q = _quantization(scales, zeros, None, offset)
    return site.converted(Quantize(), site.floats("input"), dtype, q)


def _dequantize(site: Site, scale: Any, zero_point: Any, axis: int | None) -> Value | Parameter:
    value = site["input"]
    scales, zeros = _numbers(scale, "scale"), _numbers(zero_point, "zero point")
    zeros = zeros or [0] * len(scales)
    if isinstance(value, Parameter):
        return _stored(site, value, scales, zeros, axis)
    x = site.activation("input")
    tensor = site.builder.tensors[x.tensor]
    stated = site.get("dtype", site.get("input_dtype"))
    q = _quantization(scales, zeros, axis, _activation_type(stated)[1])
    if tensor.quantization != q:
        raise RefusalError("it reads with another scale than was quantised with", QUANTISE_AGAIN)
    return site.converted(Dequantize(), x, DType.FLOAT32, None)


def _stored(
    site: Site, value: Parameter, scales: list[float], zeros: list[float], axis: int | None
) -> Parameter:
    """Stored integers as real values that know their integers."""
    import torch

    kind = GRIDS.get(str(value.tensor.dtype))
    if kind is None:
        raise RefusalError(f"its input has type {value.tensor.dtype}", QUANTISE_AGAIN)
    q = _quantization(scales, zeros, axis, kind[1])
    shape = [1] * value.tensor.dim()
    if axis is not None:
        shape[axis] = -1
    integers = value.tensor.detach().cpu().numpy().astype(np.int64) - kind[1]
    offsets = np.array(q.zero_points, np.int64).reshape(shape if axis is not None else ())
    steps = np.array(q.scales).reshape(shape if axis is not None else ())
    reals = ((integers - offsets) * steps).astype(np.float32)
    return Parameter(value.name, torch.from_numpy(reals), q, kind[0])


def _quantization(
    scales: list[float], zeros: list[float], axis: int | None, offset: int
) -> Quantization:
    exact = tuple(float(np.float32(s)) for s in scales)
    if not all(np.isfinite(s) and s > 0 for s in exact):
        raise RefusalError("a scale is not positive and finite", QUANTISE_AGAIN)
    if len(zeros) != len(scales) or (axis is None and len(scales) != 1):
        raise RefusalError(
            f"it has {len(scales)} scales and {len(zeros)} zero points", QUANTISE_AGAIN
        )
    return Quantization(exact, tuple(int(z) - offset for z in zeros), axis)


def _numbers(value: Any, what: str) -> list[float]:
    if isinstance(value, Value):
        raise RefusalError(f"its {what} is computed", "use static quantisation")
    if isinstance(value, Parameter):
        return [float(v) for v in value.tensor.detach().cpu().reshape(-1)]
    if value is None:
        return []
    return [float(v) for v in value] if isinstance(value, list | tuple) else [float(value)]
