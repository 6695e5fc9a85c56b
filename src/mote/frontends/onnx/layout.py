"""Which inputs and outputs a graph stores with the channels last.

ONNX keeps images as [N, C, H, W] and signals as [N, C, L], a graph as [N, H, W, C] and [N, L, C].
A value is taken for one of these when it reaches an operator on planes, or comes from one, through
operators that keep the dimensions.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from mote.frontends.onnx.records import ModelRecord, NodeRecord

_ON_PLANES = """
Conv ConvTranspose QLinearConv AveragePool MaxPool GlobalAveragePool GlobalMaxPool LpPool
BatchNormalization InstanceNormalization GroupNormalization Resize Upsample DepthToSpace
SpaceToDepth QLinearAveragePool QLinearGlobalAveragePool
"""
ON_PLANES = frozenset(_ON_PLANES.split())
"""Operators for which the second dimension is that of the channels."""

_KEEPING = """
Abs Add Cast Celu Clip Concat DequantizeLinear Div Dropout Elu Erf Exp Gelu HardSigmoid
HardSwish Identity LeakyRelu Log LogSoftmax Max Mean Min Mish Mul Neg PRelu Pad Pow
QLinearAdd QLinearConcat QLinearLeakyRelu QLinearMul QLinearSigmoid QLinearSoftmax
QuantizeLinear Reciprocal Relu Selu Sigmoid Slice Softmax Softplus Softsign Split Sqrt Sub
Sum Swish Tanh Where
"""
KEEPING = frozenset(_KEEPING.split())
"""Operators whose result has the dimensions of their operands in the same order."""


def channels_last(model: ModelRecord) -> frozenset[str]:
    """The names of the inputs and outputs that a graph stores with the channels last."""
    readers: dict[str, list[NodeRecord]] = {}
    writer: dict[str, NodeRecord] = {}
    for node in model.nodes:
        for name in node.inputs:
            readers.setdefault(name, []).append(node)
        writer.update((name, node) for name in node.outputs if name)
    found = {i.name for i in model.inputs if _reaches(i.name, readers)}
    found |= {o.name for o in model.outputs if _comes(o.name, writer, found)}
    return frozenset(found)


def _reaches(name: str, readers: Mapping[str, Sequence[NodeRecord]]) -> bool:
    """True when an operator on planes reads the value, perhaps after others have changed it."""

    def onward(value: str) -> Iterable[str] | None:
        next_values: list[str] = []
        for node in readers.get(value, ()):
            if node.kind in ON_PLANES and node.inputs[0] == value:
                return None
            if node.kind in KEEPING:
                next_values += node.outputs[:1] if node.kind != "Split" else node.outputs
        return next_values

    return _search(name, onward)


def _comes(name: str, writer: Mapping[str, NodeRecord], inputs: set[str]) -> bool:
    """True when an operator on planes wrote the value, perhaps before others changed it."""

    def back(value: str) -> Iterable[str] | None:
        if value in inputs:
            return None
        node = writer.get(value)
        if node is None:
            return ()
        if node.kind in ON_PLANES:
            return None
        return node.inputs if node.kind in KEEPING else ()

    return _search(name, back)


def _search(start: str, step: Callable[[str], Iterable[str] | None]) -> bool:
    """True when steps from ``start`` come to where ``step`` answers None."""
    seen, todo = {start}, [start]
    while todo:
        following = step(todo.pop())
        if following is None:
            return True
        for name in following:
            if name not in seen:
                seen.add(name)
                todo.append(name)
    return False
