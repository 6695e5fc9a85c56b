"""How ONNX's quantised operators become nodes.

``QuantizeLinear`` and ``DequantizeLinear`` become ``Quantize`` and ``Dequantize``. An operator on
integers (QLinearConv and its like) becomes the float operator between them, as ONNX defines it;
``passes.absorb_quantization`` then makes integer operators of both forms.

uint8 is int8 with the zero point moved by 128, uint16 int16 moved by 32768.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from mote.frontends.onnx.records import NodeRecord
from mote.frontends.onnx.site import Site, resolved_axis
from mote.frontends.onnx.values import QUANTISE_AGAIN, Constant, RefusalError, on_grid
from mote.ir import DType, Quantization, Tensor
from mote.ir.ops import Dequantize, Quantize
from mote.ir.tensor import Array

GRIDS: Mapping[str, tuple[DType, int]] = {
    "int8": (DType.INT8, 0),
    "uint8": (DType.INT8, 128),
    "int16": (DType.INT16, 0),
    "uint16": (DType.INT16, 2**15),
    "int4": (DType.INT4, 0),
    "uint4": (DType.INT4, 8),
    "int32": (DType.INT32, 0),
}
"""The type that stands for each integer type of ONNX, and by how much its zero point is less."""

OUTPUT_TYPES = {2: "uint8", 3: "int8", 4: "uint16", 5: "int16"}
"""Numbers of element types, as the attribute output_dtype gives them."""


def quantize_linear(site: Site) -> Tensor:
    x = site.activation()
    stated = site.integer("output_dtype", 0)
    zero = _zero_point(site, OUTPUT_TYPES.get(stated, "uint8"))
    if stated and OUTPUT_TYPES.get(stated) != zero.dtype.name and site.has(2):
        raise RefusalError(f"attribute output_dtype is {stated}, its zero point {zero.dtype.name}")
    if stated and stated not in OUTPUT_TYPES:
        raise RefusalError(f"attribute output_dtype is {stated}, allowed: {[*OUTPUT_TYPES]}")
    scale = site.stored(1, "scale").array
    if site.integer("block_size", 0):
        raise RefusalError(
            f"attribute block_size is {site.integer('block_size', 0)}, allowed: 0", QUANTISE_AGAIN
        )
    if scale.size != 1:
        raise RefusalError(
            f"attribute axis: the activation has {scale.size} scales, allowed: one",
            QUANTISE_AGAIN,
        )
    if zero.dtype.name in ("int4", "uint4") or zero.dtype.name not in GRIDS:
        raise RefusalError(
            f"its result has type {zero.dtype.name}, allowed: int8, uint8, int16, uint16",
            QUANTISE_AGAIN,
        )
    dtype, q = parameters(zero.dtype.name, scale, zero, None)
    return site.emit(Quantize(), x, dtype=dtype, quantization=q)


def dequantize_linear(site: Site) -> Tensor:
    x = site.value(0)
    assert isinstance(x, Tensor)  # a constant is folded
    if x.dtype not in (DType.INT8, DType.UINT8, DType.INT16):
        raise RefusalError(f"its operand has type {x.dtype.value}, allowed: int8, uint8, int16")
    scale = site.stored(1, "scale").array
    if scale.size != 1:
        raise RefusalError(
            f"attribute axis: the activation has {scale.size} scales, allowed: one",
            QUANTISE_AGAIN,
        )
    if x.quantization is None or x.dtype is DType.UINT8:
        x = _first_meaning(site, x, scale)
    else:
        original = _zero_point(site, "uint8").dtype.name if site.has(2) else "uint8"
        dtype, q = parameters(original, scale, _zero_point(site, original), None)
        if (dtype, q) != (x.dtype, x.quantization) and site.has(2):
            raise RefusalError(
                f"it reads with scale {q.scale:.9g} and zero point {q.zero_point} what was "
                f"quantised with {x.q.scale:.9g} and {x.q.zero_point}",
                QUANTISE_AGAIN,
            )
        if not site.has(2) and q.scale != x.q.scale:
            raise RefusalError("it reads with another scale than was quantised with")
    return site.emit(Dequantize(), x)


def _first_meaning(site: Site, x: Tensor, scale: Array) -> Tensor:
    """An input of the model, whose scale its reader states; uint8 becomes int8."""
    zero = _zero_point(site, x.dtype.value)
    if zero.dtype.name != x.dtype.value:
        raise RefusalError(f"its zero point is {zero.dtype.name}, its operand {x.dtype.value}")
    _, q = parameters(zero.dtype.name, scale, zero, None)
    stored = q
    if x.dtype is DType.UINT8:
        stored = Quantization(q.scales, (q.zero_point + 128,))
    if x.quantization not in (None, stored):
        raise RefusalError(f"two nodes read '{x.name}' with different scales", QUANTISE_AGAIN)
    x = site.quantised(x, stored)
    if x.dtype is DType.UINT8:
        return site.emit(Quantize(), x, role="int8", dtype=DType.INT8, quantization=q)
    return x


def _zero_point(site: Site, default: str) -> Array:
    if not site.has(2):
        return np.zeros((), default)
    value = site.value(2)
    if not isinstance(value, Constant):
        raise RefusalError("its zero point is computed, not stored", QUANTISE_AGAIN)
    return value.array


def dequantized(record: NodeRecord, operands: Sequence[Constant | None]) -> Constant:
    """A constant that the model stores as integers, with its scales."""
    x, scale = operands[:2]
    zero = operands[2] if len(operands) > 2 else None
    if x is None or scale is None:
        raise RefusalError("an operand is missing")
    name = x.array.dtype.name
    if name not in GRIDS:
        raise RefusalError(
            f"its operand has type {name}, allowed: {', '.join(GRIDS)}", QUANTISE_AGAIN
        )
    if record.attributes.get("block_size"):
        raise RefusalError(
            f"attribute block_size is {record.attributes['block_size']}, allowed: 0",
            QUANTISE_AGAIN,
        )
    axis = None
    if scale.array.size != 1:
        axis = resolved_axis(record.attributes.get("axis", 1), len(x.shape), "attribute axis")
        if scale.shape != (x.shape[axis],):
            raise RefusalError(
                f"its scale has shape {list(scale.shape)} for axis {axis} of {list(x.shape)}",
                QUANTISE_AGAIN,
            )
    zeros = np.zeros(scale.shape, x.array.dtype) if zero is None else zero.array
    grid, q = parameters(name, scale.array, zeros, axis)
    _, offset = GRIDS[name]
    return on_grid(x.array.astype(np.int64) - offset, q, grid)


def parameters(
    name: str, scale: Array, zero: Array, axis: int | None
) -> tuple[DType, Quantization]:
    """The type and quantisation that stand for ONNX's."""
    if name not in GRIDS:
        raise RefusalError(f"type {name}, allowed: {', '.join(GRIDS)}", QUANTISE_AGAIN)
    if scale.dtype != np.float32:
        raise RefusalError(f"its scale is {scale.dtype.name}, allowed: float32", QUANTISE_AGAIN)
    if not (np.isfinite(scale).all() and (scale > 0).all()):
        raise RefusalError("a scale is not a positive number", QUANTISE_AGAIN)
    if zero.size != scale.size:
        raise RefusalError(f"it has {scale.size} scales and {zero.size} zero points")
    dtype, offset = GRIDS[name]
    zeros = tuple(int(z) - offset for z in zero.reshape(-1))
    scales = tuple(float(s) for s in scale.reshape(-1))
    if dtype is DType.INT16 and any(zeros):
        raise RefusalError(
            f"a 16-bit value has zero point {zeros[0]} as int16, allowed: 0",
            "quantise activations symmetrically",
        )
    return dtype, Quantization(scales, zeros, axis)


# Operators on integers, as the float operators that they stand for

Parts = list[NodeRecord]


def _node(
    kind: str, inputs: Sequence[str], output: str, like: NodeRecord, **attributes: object
) -> NodeRecord:
    """A node of the definition; the operator proper keeps the name of what it defines."""
    version = like.version if not like.domain else 13
    role = {"DequantizeLinear": "/real", "QuantizeLinear": "/integers", "Mul": "/scale"}
    name = like.base + role.get(kind, "")
    return NodeRecord(
        like.index, kind, "", version, name, tuple(inputs), (output,), attributes, like.kind
    )


def _between(
    kind: str, operands: Sequence[tuple[int, int, int]], result: tuple[int, int]
) -> Callable[[NodeRecord], Parts]:
    """Dequantise the operands at (value, scale, zero point), apply ``kind``, quantise."""

    def parts(record: NodeRecord) -> Parts:
        names = [f"{record.base}/x{i}" for i in range(len(operands))]
        nodes = [
            _node("DequantizeLinear", _given(record, *places), name, record)
            for name, places in zip(names, operands, strict=True)
        ]
        real = f"{record.base}/y"
        attributes = {k: v for k, v in record.attributes.items() if k not in ("opset",)}
        last = attributes.pop("channels_last", 0)
        if last:
            raise RefusalError(f"attribute channels_last is {last}, allowed: 0")
        nodes.append(_node(kind, names, real, record, **attributes))
        parameters = (real, *_given(record, *result))
        nodes.append(_node("QuantizeLinear", parameters, record.outputs[0], record))
        return nodes

    return parts


def _given(record: NodeRecord, *places: int) -> tuple[str, ...]:
    return tuple(record.inputs[i] if i < len(record.inputs) else "" for i in places)


def _q_linear_conv(record: NodeRecord) -> Parts:
    base = record.base
    x, weight, bias, scale, real = (f"{base}/{n}" for n in ("x", "w", "b", "scale", "y"))
    nodes = [
        _node("DequantizeLinear", _given(record, 0, 1, 2), x, record),
        _node("DequantizeLinear", _given(record, 3, 4, 5), weight, record, axis=0),
    ]
    operands = [x, weight]
    if len(record.inputs) > 8 and record.inputs[8]:
        nodes += _bias(record, record.inputs[8], (1, 4), scale, bias)
        operands.append(bias)
    nodes.append(_node("Conv", operands, real, record, **record.attributes))
    nodes.append(_node("QuantizeLinear", (real, *_given(record, 6, 7)), record.outputs[0], record))
    return nodes


def _bias(
    record: NodeRecord, stored: str, scales: tuple[int, int], scale: str, result: str
) -> Parts:
    """A bias in units of the accumulator."""
    zero = f"{scale}/flat"
    return [
        _node("Mul", _given(record, *scales), zero, record),
        _node("DequantizeLinear", (stored, zero), result, record, axis=0),
    ]


def _q_linear_mat_mul(record: NodeRecord) -> Parts:
    base = record.base
    a, b, real = (f"{base}/{n}" for n in ("a", "b", "y"))
    return [
        _node("DequantizeLinear", _given(record, 0, 1, 2), a, record, axis=-2),
        _node("DequantizeLinear", _given(record, 3, 4, 5), b, record, axis=-1),
        _node("MatMul", (a, b), real, record),
        _node("QuantizeLinear", (real, *_given(record, 6, 7)), record.outputs[0], record),
    ]


def _q_gemm(record: NodeRecord) -> Parts:
    base = record.base
    a, b, c, scale, real = (f"{base}/{n}" for n in ("a", "b", "c", "scale", "y"))
    axis = 0 if record.attributes.get("transB", 0) else 1
    if record.attributes.get("alpha", 1.0) != 1.0:
        raise RefusalError(f"attribute alpha is {record.attributes['alpha']}, allowed: 1")
    nodes = [
        _node("DequantizeLinear", _given(record, 0, 1, 2), a, record),
        _node("DequantizeLinear", _given(record, 3, 4, 5), b, record, axis=axis),
    ]
    operands = [a, b]
    if len(record.inputs) > 6 and record.inputs[6]:
        nodes += _bias(record, record.inputs[6], (1, 4), scale, c)
        operands.append(c)
    quantised = len(record.inputs) > 7 and bool(record.inputs[7])
    result = real if quantised else record.outputs[0]
    nodes.append(_node("Gemm", operands, result, record, **record.attributes))
    if quantised:
        nodes.append(
            _node("QuantizeLinear", (real, *_given(record, 7, 8)), record.outputs[0], record)
        )
    return nodes


def _q_linear_concat(record: NodeRecord) -> Parts:
    count = (len(record.inputs) - 2) // 3
    operands = [(2 + 3 * i, 3 + 3 * i, 4 + 3 * i) for i in range(count)]
    return _between("Concat", operands, (0, 1))(record)


_ONE, _TWO = ((0, 1, 2),), ((0, 1, 2), (3, 4, 5))

MICROSOFT = "com.microsoft"

ON_INTEGERS: Mapping[tuple[str, str], Callable[[NodeRecord], Parts]] = {
    ("", "QLinearConv"): _q_linear_conv,
    ("", "QLinearMatMul"): _q_linear_mat_mul,
    (MICROSOFT, "QGemm"): _q_gemm,
    (MICROSOFT, "QLinearAdd"): _between("Add", _TWO, (6, 7)),
    (MICROSOFT, "QLinearAveragePool"): _between("AveragePool", _ONE, (3, 4)),
    (MICROSOFT, "QLinearConcat"): _q_linear_concat,
    (MICROSOFT, "QLinearGlobalAveragePool"): _between("GlobalAveragePool", _ONE, (3, 4)),
    (MICROSOFT, "QLinearLeakyRelu"): _between("LeakyRelu", _ONE, (3, 4)),
    (MICROSOFT, "QLinearMul"): _between("Mul", _TWO, (6, 7)),
    (MICROSOFT, "QLinearSigmoid"): _between("Sigmoid", _ONE, (3, 4)),
    (MICROSOFT, "QLinearSoftmax"): _between("Softmax", _ONE, (3, 4)),
}
"""(domain, operator) -> what it stands for."""
