"""Seeded random graphs of one operator that moves elements or resizes, for both oracles."""

from collections.abc import Callable

import numpy as np

from mote.ir import DType, Graph, Node, Quantization, Tensor, verify
from mote.ir.ops import (
    Concat,
    Embedding,
    Op,
    Pad,
    PadMode,
    Resize,
    ResizeMethod,
    Slice,
    Transpose,
)

Rng = np.random.Generator
WIDE = (DType.INT8, DType.INT16)
EVERY = (*WIDE, DType.UINT8)


def _q(rng: Rng, dtype: DType) -> Quantization:
    low, high = dtype.range
    zero = 0 if dtype is DType.INT16 else int(rng.integers(low, high, endpoint=True))
    return Quantization((float(np.float32(2.0 ** rng.uniform(-8, 1))),), (zero,))


def _integers(rng: Rng, dtype: DType, shape: tuple[int, ...]) -> np.ndarray:
    return rng.integers(*dtype.range, shape, dtype.numpy, endpoint=True)


def _graph(op: Op, operands: list[Tensor], q: Quantization, dtype: DType) -> Graph:
    y = Tensor("y", op.shape(*(t.shape for t in operands)), dtype, q)
    names = tuple(t.name for t in operands)
    graph = Graph(
        op.kind,
        {t.name: t for t in (*operands, y)},
        (Node("node", op, names, "y"),),
        tuple(dict.fromkeys(t.name for t in operands if not t.is_constant)),
        ("y",),
    )
    verify(graph)
    return graph


def _one(rng: Rng, op: Op, shape: tuple[int, ...], dtypes: tuple[DType, ...] = WIDE) -> Graph:
    dtype = dtypes[int(rng.integers(len(dtypes)))]
    q = _q(rng, dtype)
    return _graph(op, [Tensor("x", shape, dtype, q)], q, dtype)


def _shape(rng: Rng, most: int = 4) -> tuple[int, ...]:
    return tuple(int(n) for n in rng.integers(1, 7, rng.integers(1, most + 1)))


def random_pad(rng: Rng) -> Graph:
    """All modes; half of the dimensions without a border."""
    shape = _shape(rng)
    mode = list(PadMode)[int(rng.integers(2))]
    paddings = []
    for n in shape:
        most = min(n, 4) if mode is PadMode.REFLECT else 4
        pair = (0, 0) if rng.random() < 0.4 else tuple(int(v) for v in rng.integers(0, most, 2))
        paddings.append(pair)
    value = float(rng.normal()) if mode is PadMode.CONSTANT and rng.random() < 0.5 else 0.0
    return _one(rng, Pad(tuple(paddings), mode, value), shape)


def random_slice(rng: Rng) -> Graph:
    shape = _shape(rng)
    begins = tuple(int(rng.integers(n)) if rng.random() < 0.5 else 0 for n in shape)
    ends = tuple(
        int(rng.integers(b + 1, n + 1)) if rng.random() < 0.5 else n
        for b, n in zip(begins, shape, strict=True)
    )
    strides = tuple(int(rng.choice([1, 1, 2, 3])) for _ in shape)
    return _one(rng, Slice(begins, ends, strides), shape, EVERY)


def random_transpose(rng: Rng) -> Graph:
    shape = tuple(1 if rng.random() < 0.2 else n for n in _shape(rng))
    return _one(rng, Transpose(tuple(int(i) for i in rng.permutation(len(shape)))), shape, EVERY)


def random_resize(rng: Rng) -> Graph:
    sizes = [int(n) for n in rng.integers(1, 12, 4)]
    if rng.random() < 0.4:
        sizes[2:] = [2 * sizes[0], 2 * sizes[1]]
    corners = bool(rng.random() < 0.4)
    op = Resize(
        (sizes[2], sizes[3]),
        list(ResizeMethod)[int(rng.integers(2))],
        align_corners=corners,
        half_pixel_centers=not corners and bool(rng.random() < 0.5),
    )
    return _one(rng, op, (int(rng.choice([1, 2])), sizes[0], sizes[1], int(rng.integers(1, 6))))


def random_concat(rng: Rng) -> Graph:
    """Up to five operands, at times the same one twice, at times a constant."""
    dtype = EVERY[int(rng.integers(3))]
    q, shape = _q(rng, dtype), _shape(rng)
    axis = int(rng.integers(len(shape)))
    operands: list[Tensor] = []
    for i in range(int(rng.integers(1, 6))):
        part = tuple(int(rng.integers(1, 5)) if k == axis else n for k, n in enumerate(shape))
        data = _integers(rng, dtype, part) if i and rng.random() < 0.3 else None
        operands.append(Tensor(f"x{i}", part, dtype, q, data))
        if rng.random() < 0.2:
            operands.append(operands[int(rng.integers(len(operands)))])
    return _graph(Concat(axis), operands, q, dtype)


def random_embedding(rng: Rng) -> Graph:
    dtype = WIDE[int(rng.integers(2))]
    q = _q(rng, dtype)
    rows, row = int(rng.integers(1, 20)), _shape(rng, 2)
    table = Tensor("table", (rows, *row), dtype, q, _integers(rng, dtype, (rows, *row)))
    indices = Tensor("indices", _shape(rng, 2), DType.INT32)
    return _graph(Embedding(), [indices, table], q, dtype)


MOVEMENTS: dict[str, Callable[[Rng], Graph]] = {
    "concat": random_concat,
    "embedding": random_embedding,
    "pad": random_pad,
    "resize": random_resize,
    "slice": random_slice,
    "transpose": random_transpose,
}
