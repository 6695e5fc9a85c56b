"""Sizes of layers with weights, as the kernels' parameter structs name them."""

from math import prod

from mote.ir.graph import Graph, Node
from mote.ir.ops import Conv2D, DepthwiseConv2D, TransposedConv2D
from mote.lower.sizes import check_sizes
from mote.lower.split import Ranges, Window

WHOLE_IMAGES = ("batches", "x_height", "pad_top")
"""Sizes that only a kernel needs which reads images as a whole."""


def weight_bits(graph: Graph, node: Node) -> int:
    """How many bits a weight of a layer takes in flash."""
    return graph.operands(node)[1].dtype.bits


def geometry(graph: Graph, node: Node) -> dict[str, int]:
    """``plane_geometry`` and the input's zero point."""
    return {**plane_geometry(graph, node), "x_zero": graph.operands(node)[0].q.zero_point}


def row_geometry(graph: Graph, node: Node) -> dict[str, int]:
    """``row_sizes`` and the input's zero point."""
    return {**row_sizes(graph, node), "x_zero": graph.operands(node)[0].q.zero_point}


def row_sizes(graph: Graph, node: Node) -> dict[str, int]:
    """``plane_geometry`` of a layer that reads rows: they count from the start of an image and may
    lie anywhere, so the result's are those of all images, and the input's need not be known."""
    sizes = plane_geometry(graph, node)
    sizes["y_height"] *= sizes["batches"]
    return {name: size for name, size in sizes.items() if name not in WHOLE_IMAGES}


def layer_window(graph: Graph, node: Node) -> Window | Ranges:
    """The rows that one row of a convolution's result reads."""
    op = node.op
    if isinstance(op, TransposedConv2D):
        return _spread_rows(graph, node)
    assert isinstance(op, Conv2D | DepthwiseConv2D)
    taps = graph.operands(node)[1].shape[1]
    return Window(op.stride[0], op.padding.top, (taps - 1) * op.dilation[0] + 1)


def spread_sizes(graph: Graph, node: Node) -> dict[str, int]:
    """``plane_geometry`` of a transposed convolution that reads rows: those of the result are of
    all images, and kernels are told where in its image a call starts."""
    sizes = plane_geometry(graph, node)
    sizes["y_height"] *= sizes.pop("batches")
    return sizes


def taps_of_output(graph: Graph, node: Node) -> int:
    """How many products a result is the sum of; about as many in a transposed convolution."""
    weight = graph.operands(node)[1]
    is_depthwise = isinstance(node.op, DepthwiseConv2D)
    taps = weight.elements // weight.shape[3 if is_depthwise else 0]
    return taps // prod(node.op.stride) if isinstance(node.op, TransposedConv2D) else taps


def _spread_rows(graph: Graph, node: Node) -> Ranges:
    """The rows that the rows of a transposed convolution's result may read."""
    sizes = plane_geometry(graph, node)
    height, stride = sizes["x_height"], sizes["stride_height"]
    reach = (sizes["kernel_height"] - 1) * sizes["dilation_height"]
    places = range(sizes["pad_top"], sizes["pad_top"] + sizes["y_height"])
    firsts = [min(max(-((reach - place) // stride), 0), height) for place in places]
    lasts = [min(place // stride + 1, height) for place in places]
    return Ranges(tuple((a, max(a, b)) for a, b in zip(firsts, lasts, strict=True)))


def plane_geometry(graph: Graph, node: Node) -> dict[str, int]:
    """The sizes, strides and padding of a convolution, as its parameter struct names them.

    Raises:
        UnsupportedModelError: A size does not fit the struct's 16 bits.
    """
    op = node.op
    assert isinstance(op, Conv2D | DepthwiseConv2D | TransposedConv2D)
    x, weight, _ = graph.operands(node)
    y = graph.result(node)
    is_depthwise = isinstance(op, DepthwiseConv2D)
    groups = x.shape[3] if is_depthwise else x.shape[3] // weight.shape[3]
    sizes = {
        "batches": x.shape[0],
        "x_height": x.shape[1],
        "x_width": x.shape[2],
        "x_channels": x.shape[3],
        "y_height": y.shape[1],
        "y_width": y.shape[2],
        "y_channels": y.shape[3],
        "kernel_height": weight.shape[1],
        "kernel_width": weight.shape[2],
        "stride_height": op.stride[0],
        "stride_width": op.stride[1],
        # One tap has no distance to another.
        "dilation_height": op.dilation[0] if weight.shape[1] > 1 else 1,
        "dilation_width": op.dilation[1] if weight.shape[2] > 1 else 1,
        "pad_top": op.padding.top,
        "pad_left": op.padding.left,
        "groups": groups,
    }
    check_sizes(node, sizes)
    return sizes


def layer_sizes(graph: Graph, node: Node) -> dict[str, int]:
    """Batches, inputs and outputs."""
    x, y = graph.operands(node)[0], graph.result(node)
    sizes = {"batches": x.shape[0], "inputs": x.shape[1], "outputs": y.shape[1]}
    check_sizes(node, sizes)
    return sizes
