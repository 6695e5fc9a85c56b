"""What a PyTorch module costs on a microcontroller: MACs, weights, RAM of its activations."""

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mote.errors import InputError
from mote.frontends.torch import from_torch
from mote.ir import Graph
from mote.ir.ops import Add, Reshape
from mote.passes import optimize
from mote.plan.place import place
from mote.plan.task import Access, Network, Run, Strip, Task

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class Cost:
    """The cost of one inference.

    Args:
        macs: Multiply-accumulates of convolutions and linear layers, taps in the padding included.
        parameters: Trainable numbers of the module, those of batch norms included.
        weights: Numbers that flash holds: weights and biases, batch norms folded into them.
        peak_ram_bytes: Bytes of the arena that holds the int8 activations, input and output
            included, when layers run one after the other and Mote's planner places them.
    """

    macs: int
    parameters: int
    weights: int
    peak_ram_bytes: int


def measure(module: "nn.Module", input_shape: tuple[int, ...]) -> Cost:
    """The cost of a module for one input of ``input_shape``, ``(C, H, W)`` or ``(features,)``.

    Raises:
        InputError: The module does not take such an input.
        UnsupportedModelError: Some operations cannot be imported; it lists them.
    """
    import torch

    _check_input(module, input_shape)
    graph = optimize(from_torch(module, torch.zeros(1, *input_shape)))
    return Cost(
        macs=sum(graph.macs(node) for node in graph.nodes),
        parameters=sum(p.numel() for p in module.parameters() if p.requires_grad),
        weights=_weights(graph),
        peak_ram_bytes=peak_int8(graph),
    )


def _check_input(module: "nn.Module", input_shape: tuple[int, ...]) -> None:
    """Refuse what PyTorch refuses; on shapes alone, so it costs nothing."""
    import torch

    shapes = copy.deepcopy(module).eval().to("meta")
    try:
        shapes(torch.empty(1, *input_shape, device="meta"))
    except (RuntimeError, ValueError, IndexError) as error:
        reason = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise InputError(
            f"input {'x'.join(map(str, input_shape))}",
            f"the network cannot take it: {reason}",
            hint="sizes are C x H x W or the number of features; the table tells the usual ones",
        ) from error


def _weights(graph: Graph) -> int:
    """Elements of all constants; equal biases that fresh layers happen to share count for each."""
    by_layer = {
        constants[0].name: sum(t.elements for t in constants)
        for node in graph.nodes
        if (constants := [t for t in graph.operands(node) if t.is_constant])
    }
    return sum(by_layer.values())


def peak_int8(graph: Graph) -> int:
    """Bytes of an arena for the activations of a float graph if each element were one byte.

    Kernels' scratch is not counted: it depends on the core; ``mote compile`` adds it.
    """
    alias: dict[str, str] = {}
    for node in graph.nodes:
        if isinstance(node.op, Reshape):
            alias[node.output] = alias.get(node.inputs[0], node.inputs[0])
    whole = ((0, 1),)
    outputs = {alias.get(tensor, tensor) for tensor in graph.outputs}
    strips = {
        name: Strip(
            name,
            1,
            tensor.elements,
            is_linear=True,
            is_input=name in graph.inputs,
            is_output=name in outputs,
        )
        for name, tensor in graph.tensors.items()
        if not tensor.is_constant and name not in alias
    }
    tasks: list[Task] = []
    for node in graph.nodes:
        if isinstance(node.op, Reshape):
            continue
        names = [t for t in node.inputs if not graph.tensors[t].is_constant]
        reads = tuple(Access(alias.get(t, t), whole) for t in names)
        in_place = tuple(range(len(reads))) if isinstance(node.op, Add) else ()
        writes = Access(node.output, whole)
        tasks.append(Task(len(tasks), reads, writes, in_place=in_place))
    schedule = [Run(position, 0, 1) for position in range(len(tasks))]
    return place(Network(strips, tuple(tasks)), schedule).layout.bytes
