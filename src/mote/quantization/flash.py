"""Bytes of flash that a graph's weights take on a portable core, before it is compiled."""

from mote.ir import DType, Graph, Node, Tensor
from mote.ir.ops import DepthwiseConv2D


def weight_flash_bytes(graph: Graph) -> int:
    """Of weights, biases and other learnt constants: ``flash_bytes.weights`` of the manifest.

    That is exact for cores without the DSP extension, but for arrays that are equal in several
    layers: they are counted in each, and stored once. The kernels for it read pairs of channels and
    fours of taps, and fill up what is missing with zeros: to 8 rows of a fully connected layer, 2
    of a convolution, and multiples of 4 taps. They leave out channels whose result never changes.
    Factors and tables of requantisation are not learnt; the manifest counts them apart.
    """
    return sum(node_flash_bytes(graph, node) for node in graph.nodes)


def node_flash_bytes(graph: Graph, node: Node) -> int:
    """Of one node."""
    return sum(_bytes(node, tensor) for tensor in graph.operands(node) if tensor.is_constant)


def _bytes(node: Node, tensor: Tensor) -> int:
    if tensor.dtype is not DType.INT4:
        return tensor.bytes
    rows = 1 if isinstance(node.op, DepthwiseConv2D) else tensor.shape[0]
    return rows * ((tensor.elements // rows + 1) // 2)  # a row starts a byte
