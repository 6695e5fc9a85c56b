"""The graph under construction while transposes are removed, and views of the old one in it."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mote.ir import Graph, Node, Quantization, Tensor
from mote.ir.ops import Op, Reshape, Shape, Transpose
from mote.ir.tensor import Array
from mote.passes.remove_transposes.absorption import absorbed
from mote.passes.remove_transposes.view import View, identity, joined, partitioned


@dataclass
class Rewriter:
    """Collects nodes and tensors; one per graph.

    Args:
        graph: The graph as it was.
        tensors: Its inputs and constants, and every tensor of the new graph.
        nodes: Nodes of the new graph in execution order.
        views: The activations of the old graph, seen in tensors of the new one.
    """

    graph: Graph
    tensors: dict[str, Tensor] = field(init=False)
    nodes: list[Node] = field(default_factory=list)
    views: dict[str, View] = field(default_factory=dict)
    _known: dict[Any, str] = field(default_factory=dict)
    _origins: dict[str, str] = field(default_factory=dict)
    _turns: dict[Any, Transpose] = field(default_factory=dict)
    _names: dict[Any, tuple[str, str]] = field(default_factory=dict)
    _gone: set[str] = field(default_factory=set)
    _node_names: set[str] = field(default_factory=set)
    _old_names: set[str] = field(init=False)

    def __post_init__(self) -> None:
        old = self.graph.tensors
        self._old_names = {*old, *(n.name for n in self.graph.nodes)}
        self.tensors = {k: t for k, t in old.items() if t.is_constant or k in self.graph.inputs}
        self.views = {k: identity(k, t.shape) for k, t in self.tensors.items()}

    def operands(self, node: Node) -> list[View]:
        return [self.views[name] for name in node.inputs]

    def alias(self, node: Node, view: View) -> None:
        """Let a transpose or reshape be nothing but a view; it is made only should it be needed."""
        x = self.views[node.inputs[0]]
        stored = self.tensors[x.tensor].shape
        if isinstance(node.op, Transpose) and x.in_order and stored == x.shape:
            self._turns.setdefault(_order_key(view), node.op)
        self.views[node.output] = view
        self._names.setdefault(_order_key(view), (node.name, node.output))
        output = node.output if view.in_order else f"{node.output}:stored"
        self._names.setdefault((view.tensor, view.shape), (node.name, output))
        self._gone.update((node.name, node.output))

    def emit(self, node: Node, op: Op, inputs: Sequence[str], view: View) -> None:
        """Append a node in place of an old one; ``view`` is the old result in the new one."""
        assert view.tensor == node.output
        assert view.shape == self.graph.result(node).shape, (node.name, view)
        shape = op.shape(*(self.tensors[t].shape for t in inputs))
        assert math.prod(shape) == math.prod(view.shape), (node.name, shape, view)
        self.tensors[node.output] = replace(self.graph.result(node), shape=shape)
        self.nodes.append(Node(node.name, op, tuple(inputs), node.output))
        self._node_names.add(node.name)
        self.views[node.output] = joined(view)

    def as_stored(self, view: View) -> View:
        """The view with atoms split at the boundaries of the stored dimensions, if they can be."""
        found = partitioned(view, self.tensors[view.tensor].shape)
        return found[0] if found else view

    def producer(self, tensor: str) -> Node | None:
        return next((n for n in self.nodes if n.output == tensor), None)

    def readers(self, tensor: str) -> list[Node]:
        return [n for n in self.nodes if tensor in n.inputs]

    def replace(self, old: Node, new: Node) -> None:
        self.nodes[self.nodes.index(old)] = new

    def forget(self, tensors: Collection[str]) -> None:
        """Names that were kept for other orders of tensors whose order has changed."""
        for kept in (self._names, self._turns):
            for key in [k for k in kept if k[0] in tensors]:
                del kept[key]

    def arranged(
        self, view: View, slots: Sequence[Sequence[int]], *, ordered: Collection[int] = ()
    ) -> View:
        """The view with its dimensions stored slot after slot.

        Each slot holds the atoms of some logical dimensions: in logical order where its index is
        in ``ordered``, otherwise in the order that they have already.
        """
        wanted: list[int] = []
        for i, slot in enumerate(slots):
            atoms = [p for d in slot for p in view.dims[d]]
            wanted += atoms if i in ordered else sorted(atoms)
        return self.rearranged(view, wanted)

    def gathered(self, view: View, dimension: int, beside: Collection[str] = ()) -> View:
        """The view with the atoms of one dimension side by side and in order, as one atom."""
        own = view.dims[dimension]
        first = min(own, default=0)
        others = [p for p in range(len(view.atoms)) if p not in own]
        wanted = [p for p in others if p < first] + [*own] + [p for p in others if p > first]
        return joined(self.rearranged(view, wanted, beside), (dimension,))

    def rearranged(self, view: View, wanted: Sequence[int], beside: Collection[str] = ()) -> View:
        """The view with its atoms stored in another order; a constant costs nothing.

        ``beside``: tensors that the caller reads as well and that must stay as they are.
        """
        if list(wanted) == sorted(wanted):
            return view
        found = absorbed(self, view, wanted, beside)
        if found is not None:
            return found
        flat = joined(View(view.tensor, view.atoms, (tuple(wanted),)))
        key = _order_key(flat)
        if key not in self._known:
            self._known[key] = self._transpose(flat, key)
        place = {p: i for i, p in enumerate(wanted)}
        return View(
            self._known[key],
            tuple(view.atoms[p] for p in wanted),
            tuple(tuple(place[p] for p in dim) for dim in view.dims),
        )

    def _transpose(self, flat: View, key: Any) -> str:
        tensor = self.tensors[flat.tensor]
        if tensor.is_constant:
            moved = tensor.array.reshape(flat.atoms).transpose(flat.order)
            return self.constant(tensor.name, moved, _whole(tensor))
        new = f"{tensor.name}.transposed"
        name, output = self._names.get(key, (new, new))
        if key in self._turns:
            return self._append(name, output, self._turns[key], tensor.name)
        base = self.stored(flat.tensor, flat.atoms)
        return self._append(name, output, Transpose(permutation=flat.order), base)

    def stored(self, name: str, shape: Shape) -> str:
        """The same stored elements under another shape."""
        tensor = self.tensors[name]
        if tensor.shape == tuple(shape):
            return name
        key = (name, tuple(shape))
        if key not in self._known:
            if tensor.is_constant:
                array = tensor.array.reshape(shape)
                self._known[key] = self.constant(name, array, _whole(tensor))
            else:
                base = f"{name}.reshaped"
                node, output = self._names.get(key, (base, base))
                self._known[key] = self._append(node, output, Reshape(to=tuple(shape)), name)
        return self._known[key]

    def constant(self, name: str, array: Array, quantization: Quantization | None) -> str:
        """A constant that takes the place of ``name``; the same one for the same values."""
        old = self.tensors[name]
        grid = old.grid if quantization is not None else None
        origin = self._origins.get(name, name)
        same = (old.shape, old.quantization) == (array.shape, quantization)
        if same and (old.array == array).all():
            return name
        key = (origin, array.shape, array.tobytes(), quantization)
        if key not in self._known:
            new = self._free(origin)
            self.tensors[new] = replace(
                old,
                name=new,
                shape=array.shape,
                data=array,
                quantization=quantization,
                grid=grid,
            )
            self._known[key] = new
            self._origins[new] = origin
        return self._known[key]

    def permuted(self, name: str, axis: int, order: Array, last: Array | None = None) -> str:
        """A weight or bias with its channels along ``axis``, and its last axis, in stored order."""
        tensor = self.tensors[name]
        array = tensor.array.take(order, axis)
        if last is not None:
            array = array.take(last, -1)
        q = tensor.quantization
        if q is not None and q.axis is not None:
            by = order if q.axis == axis else last if q.axis == array.ndim - 1 else None
            q = q if by is None else _reordered(q, by)
        return self.constant(name, array, q)

    def _append(self, node: str, output: str, op: Op, x: str) -> str:
        node, output = self._free(node), self._free(output)
        tensor = self.tensors[x]
        self.tensors[output] = replace(tensor, name=output, shape=op.shape(tensor.shape))
        self.nodes.append(Node(node, op, (x,), output))
        self._node_names.add(node)
        return output

    def _free(self, name: str) -> str:
        """A name that no tensor or node has; a transpose or reshape that is gone has none."""
        old = self._old_names

        def taken(wanted: str) -> bool:
            if wanted in self.tensors or wanted in self._node_names:
                return True
            return wanted in old and wanted not in self._gone

        count, free = 1, name
        while taken(free):
            count += 1
            free = f"{name}_{count}"
        return free

    def finish(self, *, rename_moved: bool) -> Graph:
        """The new graph; its outputs have their old names, shapes and order."""
        renamed = self._outputs()
        for name, view in self.views.items():
            moved = view.tensor == name and not view.in_order
            if rename_moved and moved and name not in renamed:
                renamed[name] = self._free(f"{name}:stored")
        used = {t for n in self.nodes for t in n.inputs}
        origins = [self._origins[t] for t in used if t in self._origins]
        for t in used:
            origin = self._origins.get(t, t)
            if t != origin and origin not in used and origins.count(origin) == 1:
                renamed[t] = origin
        tensors = {}
        for name in [n for n in self.tensors if n not in renamed] + list(renamed):
            new = renamed.get(name, name)
            tensors[new] = replace(self.tensors[name], name=new)
        nodes = tuple(
            replace(
                n,
                inputs=tuple(renamed.get(t, t) for t in n.inputs),
                output=renamed.get(n.output, n.output),
            )
            for n in self.nodes
        )
        return replace(self.graph, tensors=tensors).rebuild(nodes)

    def _outputs(self) -> dict[str, str]:
        """Store each output as it was; new names for tensors that become one."""
        found: dict[str, str] = {}
        for output in self.graph.outputs:
            view = self.views[output]
            view = self.rearranged(view, view.order)
            found[output] = self.stored(view.tensor, self.graph.tensors[output].shape)
        renamed: dict[str, str] = {}
        for output, tensor in found.items():
            if tensor == output:
                continue
            if output in self.tensors:
                renamed[output] = self._free(f"{output}.stored")
            shared = tensor in renamed or tensor in self.graph.outputs
            if shared or tensor in self.graph.inputs or self.tensors[tensor].is_constant:
                shape = self.tensors[tensor].shape
                tensor = self._append(f"{output}.copy", f"{output}.copy", Reshape(to=shape), tensor)
            renamed[tensor] = output
        return renamed


def _whole(constant: Tensor) -> Quantization | None:
    """The quantisation that a constant keeps under other dimensions: one for all of it."""
    q = constant.quantization
    return q if q is None or q.axis is None else None


def _order_key(view: View) -> Any:
    """The stored tensor and what has to move for its elements to lie in the view's order."""
    flat = joined(View(view.tensor, view.atoms, (view.order,)))
    return (flat.tensor, flat.atoms, flat.order)


def _reordered(q: Quantization, order: Array) -> Quantization:
    return replace(
        q,
        scales=tuple(q.scales[i] for i in order),
        zero_points=tuple(q.zero_points[i] for i in order),
    )
