"""Padding of the plane before a convolution becomes the convolution's own padding."""

from dataclasses import replace

from mote.ir import Graph, Node
from mote.ir.ops import Conv2D, DepthwiseConv2D, Pad, Padding, PadMode
from mote.passes.neighbours import is_private


def fuse_pad(graph: Graph) -> Graph:
    """Move each pad of height and width into the convolution that alone reads it.

    Both pad with the input's zero point, so the sums are the same. Pooling leaves its padding out
    of the result: a pad before it stays.
    """
    for node in reversed(graph.nodes):  # the last of several pads goes first
        if isinstance(node.op, Pad) and node.op.mode is PadMode.CONSTANT and not node.op.value:
            graph = _fuse(graph, node, node.op.paddings)
    return graph


def _fuse(graph: Graph, pad: Node, paddings: tuple[tuple[int, int], ...]) -> Graph:
    if len(paddings) != 4 or any((*paddings[0], *paddings[3])) or not is_private(graph, pad.output):
        return graph
    (reader,) = graph.consumers(pad.output)
    if not isinstance(reader.op, Conv2D | DepthwiseConv2D):
        return graph
    (top, bottom), (left, right) = paddings[1:3]
    own = reader.op.padding
    padding = Padding(own.top + top, own.bottom + bottom, own.left + left, own.right + right)
    fused = replace(
        reader,
        op=replace(reader.op, padding=padding),
        inputs=(pad.inputs[0], *reader.inputs[1:]),
    )
    return graph.rebuild(fused if n is reader else n for n in graph.nodes if n is not pad)
