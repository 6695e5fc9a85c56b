"""Which values of a program hold channels in their second dimension.

A graph keeps images as [N, H, W, C] and sequences as [N, L, C]. A 3-D value is such a sequence when
a 1-D convolution, pool, batch norm or interpolation reads or writes it, perhaps through operations
that keep its dimensions; 4-D values are taken for images always.
"""

from typing import TYPE_CHECKING

from mote.frontends.torch.in_place import functional_target

if TYPE_CHECKING:
    from torch.export import ExportedProgram
    from torch.fx import Node as FxNode

ON_CHANNELS = frozenset(
    {
        "_native_batch_norm_legit_no_training",
        "_upsample_nearest_exact1d",
        "adaptive_avg_pool1d",
        "adaptive_max_pool1d",
        "avg_pool1d",
        "batch_norm",
        "conv1d",
        "conv_transpose1d",
        "group_norm",
        "instance_norm",
        "max_pool1d",
        "prelu",
        "upsample_linear1d",
        "upsample_nearest1d",
    }
)

KEEPING = frozenset(
    {
        "_log_softmax",
        "_softmax",
        "abs",
        "add",
        "alias",
        "cat",
        "chunk",
        "clamp",
        "clamp_max",
        "clamp_min",
        "clone",
        "constant_pad_nd",
        "contiguous",
        "dequantize_affine",
        "dequantize_per_tensor",
        "detach",
        "div",
        "dropout",
        "elu",
        "erf",
        "exp",
        "expm1",
        "feature_dropout",
        "flip",
        "gelu",
        "getitem",
        "hardsigmoid",
        "hardswish",
        "hardtanh",
        "leaky_relu",
        "log",
        "log1p",
        "log_sigmoid",
        "log_softmax",
        "max",
        "maximum",
        "minimum",
        "mul",
        "narrow",
        "neg",
        "pad",
        "pow",
        "quantize_affine",
        "quantize_per_tensor",
        "reciprocal",
        "reflection_pad1d",
        "relu",
        "relu6",
        "roll",
        "rsqrt",
        "rsub",
        "sigmoid",
        "silu",
        "slice",
        "softmax",
        "softplus",
        "split",
        "split_with_sizes",
        "sqrt",
        "square",
        "sub",
        "tanh",
        "threshold",
    }
)
"""Operations whose results have the dimensions of their operands in the same order."""


def planar_values(program: "ExportedProgram") -> set["FxNode"]:
    """The nodes of the program whose value holds channels in its second dimension."""
    found: set[FxNode] = set()
    todo = []
    for node in program.graph.nodes:
        if _operation(node) in ON_CHANNELS:
            todo += [n for n in (node, *node.all_input_nodes[:1]) if _rank(n) == 3]
        if _rank(node) == 4:
            found.add(node)
    while todo:
        node = todo.pop()
        if node in found:
            continue
        found.add(node)
        neighbours = [user for user in node.users if _operation(user) in KEEPING]
        if _operation(node) in KEEPING:
            neighbours += node.all_input_nodes
        todo += [n for n in neighbours if _rank(n) == 3]
    return found


def _operation(node: "FxNode") -> str:
    if node.op != "call_function":
        return ""
    target = functional_target(node)
    return target.split(".")[1] if target.count(".") > 1 else node.target.__name__  # type: ignore[union-attr]


def _rank(node: "FxNode") -> int:
    value = node.meta.get("val")
    value = value[0] if isinstance(value, tuple | list) and value else value
    shape = getattr(value, "shape", None)
    return -1 if shape is None else len(shape)
