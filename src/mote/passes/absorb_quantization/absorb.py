"""A float operator between dequantize and quantize nodes becomes the integer operator.

Quantised models of ONNX and PyTorch say what their values are rounded to with pairs of nodes around
float operators, and with weights that stand on integers (``Tensor.grid``). The integer operator
with those scales computes the same up to rounding. What has no integer form stays float between its
nodes; compiling then names it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from mote.ir import DType, Graph, Node, Quantization, Tensor
from mote.ir.ops import (
    Activation,
    AveragePool2D,
    Concat,
    Conv2D,
    DepthwiseConv2D,
    Dequantize,
    Embedding,
    FullyConnected,
    LayerNorm,
    MaxPool2D,
    Mul,
    Pad,
    Quantize,
    Reshape,
    Resize,
    ResizeMethod,
    Rounding,
    Slice,
    Transpose,
    TransposedConv2D,
)
from mote.passes.absorb_quantization.constants import (
    in_accumulator_steps,
    on_new_grid,
    on_own_grid,
)
from mote.passes.neighbours import free_name

Weighted = Conv2D | DepthwiseConv2D | FullyConnected | TransposedConv2D
Grid = tuple[DType, Quantization]
"""Element type and quantisation of a value."""

INTEGERS = (DType.INT8, DType.INT16)

MOST_COARSE = 4.0
"""By how much the scales may differ to which the readers of a value round it."""

FIXED = tuple(
    Quantization((scale,), (zero_point,))
    for scale, zero_point in ((1 / 256, -128), (1 / 128, 0), (16 / 256, 127), (2**-15, 0))
)
"""What the integer forms of some operators demand of their result: softmax, tanh, log-softmax."""


def absorb_quantization(graph: Graph) -> Graph:
    """Replace float operators between dequantize and quantize nodes by integer ones.

    The result of an operator is rounded to what its readers quantise it to. Operators that only
    move elements keep the scale of their operand, whoever reads them.
    """
    if not any(isinstance(node.op, Dequantize | Quantize) for node in graph.nodes):
        return graph
    absorption = _Absorption(graph)
    for node in graph.nodes:
        absorption.visit(node)
    nodes = _without_copies(graph, absorption.nodes, absorption.added)
    return graph.rebuild(nodes, absorption.added)


def _without_copies(graph: Graph, nodes: Sequence[Node], added: Sequence[Tensor]) -> list[Node]:
    """An operator writes what the model calls its rounded result, not a copy of it."""
    tensors = {**graph.tensors, **{t.name: t for t in added}}
    written: set[str] = set()
    names: dict[str, str] = {}
    kept = []
    for node in nodes:
        x, y = tensors[node.inputs[0]], tensors[node.output]
        copies = isinstance(node.op, Quantize) and (x.dtype, x.quantization) == (y.dtype, y.q)
        if copies and x.name in written and x.name not in {*names, *graph.outputs}:
            names = {old: y.name if new == x.name else new for old, new in names.items()}
            names[x.name] = y.name
        else:
            kept.append(node)
        written.add(node.output)
    return [
        replace(
            n,
            inputs=tuple(names.get(t, t) for t in n.inputs),
            output=names.get(n.output, n.output),
        )
        for n in kept
    ]


@dataclass
class _Absorption:
    """The graph so far.

    Args:
        graph: The graph as it was.
        nodes: Nodes of the new graph.
        added: New tensors.
        integers: The integer tensor that stands for a float one, by the name of that.
        taken: Names of new tensors.
        stored: Integer constants made so far, by the float constant and their grid.
    """

    graph: Graph
    nodes: list[Node] = field(default_factory=list)
    added: list[Tensor] = field(default_factory=list)
    integers: dict[str, Tensor] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    stored: dict[tuple[str, DType, Quantization], Tensor] = field(default_factory=dict)

    def visit(self, node: Node) -> None:
        match node.op:
            case Dequantize(keep_float=True):
                self.nodes.append(node)
            case Dequantize():
                self.nodes.append(node)
                self._dequantized(node)
            case Quantize():
                self.nodes.append(self._requantized(node))
            case _:
                if not self._absorb(node):
                    self.nodes.append(node)

    def _dequantized(self, node: Node) -> None:
        (x,) = self.graph.operands(node)
        if x.dtype is DType.UINT8 and not x.is_constant:
            q = Quantization(x.q.scales, (x.q.zero_point - 128,))
            x = self._append(f"{node.name}.int8", Quantize(), [x], (DType.INT8, q))
        if x.dtype in INTEGERS and not x.is_constant:
            self.integers[node.output] = x

    def _requantized(self, node: Node) -> Node:
        """From the integers that stand for the operand, if there are any."""
        (name,) = node.inputs
        source = self.integers.get(name)
        if source is None or (source.dtype, self.graph.result(node).dtype) not in Quantize.dtypes:
            return node
        return replace(node, inputs=(source.name,))

    def _absorb(self, node: Node) -> bool:
        """Append a node's integer form, and the reals of its result; False if there is none."""
        operands = self.graph.operands(node)
        sources = [self.integers.get(t.name) for t in operands if not t.is_constant]
        if isinstance(node.op, Embedding):
            table = operands[1]
            grid = None if table.grid is None else (table.grid, table.q)
            return grid is not None and table.q.axis is None and self._emit(node, grid, grid)
        known = [s for s in sources if s is not None]
        if not known or len(known) < len(sources):
            return False
        wanted = self._wanted(node.output)
        candidates = _candidates(node, operands, known, wanted)
        return any(self._emit(node, grid, wanted) for grid in candidates)

    def _emit(self, node: Node, grid: Grid, wanted: Grid | None) -> bool:
        made = self._operands(node, grid)
        if made is None:
            return False
        op = (
            replace(node.op, rounding=Rounding.SINGLE) if isinstance(node.op, Weighted) else node.op
        )
        result = self.graph.result(node)
        y = Tensor(self._free(f"{result.name}.{grid[0].value}"), result.shape, *grid)
        if op.problems(tuple(made), y):
            self.taken.discard(y.name)
            return False
        for t in made:
            if t.name not in self.graph.tensors:
                self.added.append(t)
        self.added.append(y)
        self.nodes.append(Node(node.name, op, tuple(t.name for t in made), y.name))
        if wanted is not None and wanted != grid and (grid[0], wanted[0]) in Quantize.dtypes:
            y = self._append(f"{node.name}.scaled", Quantize(), [y], wanted)
        self.integers[result.name] = y
        real = self._free(f"{node.name}.real")
        self.nodes.append(Node(real, Dequantize(), (y.name,), result.name))
        return True

    def _operands(self, node: Node, grid: Grid) -> list[Tensor] | None:
        """The operands as integers; None when a constant has no such form."""
        operands = self.graph.operands(node)
        if isinstance(node.op, Weighted):
            return self._weighted(operands)
        made = []
        dtype = DType.INT32 if isinstance(node.op, LayerNorm) else grid[0]
        for t in operands:
            if t.dtype is DType.INT32:
                x = t
            else:
                x = self._constant(t, dtype) if t.is_constant else self.integers[t.name]
            if isinstance(node.op, Concat) and (x.dtype, x.quantization) != grid:
                if (x.dtype, grid[0]) not in Quantize.dtypes:
                    return None
                x = self._append(f"{node.name}.operand", Quantize(), [x], grid)
            made.append(x)
        return made

    def _weighted(self, operands: Sequence[Tensor]) -> list[Tensor] | None:
        data, weight, bias = operands
        x = self.integers.get(data.name)
        if x is None or not (weight.is_constant and bias.is_constant):
            return None
        if weight.grid not in (DType.INT8, DType.INT4) or any(weight.q.zero_points):
            return None
        weights = self._shared(weight, on_own_grid(weight, weight.name))
        wide = DType.INT64 if x.dtype is DType.INT16 else DType.INT32
        biases = in_accumulator_steps(bias, x, weights, wide, bias.name)
        return None if biases is None else [x, weights, self._shared(bias, biases)]

    def _constant(self, tensor: Tensor, dtype: DType) -> Tensor:
        if tensor.grid is dtype and tensor.q.axis is None:
            return self._shared(tensor, on_own_grid(tensor, tensor.name))
        return self._shared(tensor, on_new_grid(tensor, dtype, tensor.name))

    def _shared(self, reals: Tensor, integers: Tensor) -> Tensor:
        """The integers under a name of their own; the same for all that read the same reals."""
        key = (reals.name, integers.dtype, integers.q)
        if key not in self.stored:
            name = self._free(f"{reals.name}.{integers.dtype.value}")
            self.stored[key] = replace(integers, name=name)
        return self.stored[key]

    def _wanted(self, name: str) -> Grid | None:
        """What readers of a float value quantise it to, perhaps after moving its elements.

        The coarsest where they differ a little, for a finer one would clip. Readers that compute
        in float then get rounded values too.
        """
        if name in self.graph.outputs:
            return None
        found: list[Grid] = []
        for reader in self.graph.consumers(name):
            if isinstance(reader.op, Quantize):
                y = self.graph.result(reader)
                if y.dtype in INTEGERS:
                    found.append((y.dtype, y.q))
            elif _moves(reader):
                moved = self._wanted(reader.output)
                found += [] if moved is None else [moved]
        if not found:
            return None
        coarsest = max(found, key=lambda grid: grid[1].scale)
        finest = min(grid[1].scale for grid in found)
        return coarsest if coarsest[1].scale <= MOST_COARSE * finest else None

    def _append(self, name: str, op: Quantize, operands: list[Tensor], grid: Grid) -> Tensor:
        name = self._free(name)
        y = Tensor(name, operands[0].shape, *grid)
        self.added.append(y)
        self.nodes.append(Node(name, op, tuple(t.name for t in operands), name))
        return y

    def _free(self, name: str) -> str:
        count, free = 1, free_name(self.graph, name)
        while free in self.taken:
            count += 1
            free = free_name(self.graph, f"{name}_{count}")
        self.taken.add(free)
        return free


def _candidates(
    node: Node, operands: Sequence[Tensor], sources: Sequence[Tensor], wanted: Grid | None
) -> list[Grid]:
    """Grids that the result may have, best first."""
    own = (sources[0].dtype, sources[0].q)
    same = all((s.dtype, s.q) == own for s in sources) and len(sources) == len(operands)
    if _moves(node) and same:
        return [own]
    if wanted is None:
        return _scaled(node, operands, own)
    if isinstance(node.op, AveragePool2D | Resize):
        return [own]
    return [wanted, *((own[0], q) for q in FIXED)]


def _scaled(node: Node, operands: Sequence[Tensor], own: Grid) -> list[Grid]:
    """A product with a positive number has the same integers at another scale: it is exact."""
    numbers = [t.array for t in operands if t.is_constant and t.elements == 1]
    if not isinstance(node.op, Mul) or len(numbers) != 1 or not (numbers[0] > 0).all():
        return []
    dtype, q = own
    scale = float(np.float32(q.scale * float(numbers[0].reshape(()))))
    fits = math.isfinite(scale) and scale > 0 and node.op.activation is Activation.NONE
    return [(dtype, Quantization((scale,), q.zero_points))] if fits else []


def _moves(node: Node) -> bool:
    """True for an operator that commutes with rounding to a grid."""
    match node.op:
        case Reshape() | Transpose() | Slice() | Concat() | MaxPool2D():
            return True
        case Pad(value=0.0):
            return True
        case Resize(method=ResizeMethod.NEAREST):
            return True
    return False
