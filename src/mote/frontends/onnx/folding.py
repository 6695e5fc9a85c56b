"""Computes nodes whose operands are all known, by the reference implementation of ONNX."""

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mote.frontends.onnx.records import NodeRecord
from mote.frontends.onnx.values import MAX_TENSOR_BYTES, Constant, RefusalError, short

_FOLDABLE = """
Abs Add And ArgMax ArgMin BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor Cast CastLike
Ceil Clip Compress Concat Constant ConstantOfShape Cos CumSum DepthToSpace DequantizeLinear
Div Einsum Equal Erf Exp Expand EyeLike Flatten Floor Gather GatherElements GatherND Gemm
Greater GreaterOrEqual HardSigmoid Identity IsInf IsNaN Less LessOrEqual Log MatMul Max Mean
Min Mod Mul Neg NonZero Not OneHot Or Pad Pow QuantizeLinear Range Reciprocal ReduceL1
ReduceL2 ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape
Round ScatterElements ScatterND Shape Sigmoid Sign Sin Size Slice Softmax SpaceToDepth Split
Sqrt Squeeze Sub Sum Tan Tanh Tile TopK Transpose Trilu Unsqueeze Where Xor
"""
FOLDABLE = frozenset(_FOLDABLE.split())
"""Operators that may be computed during import: cheap, and without randomness or state."""

MAX_PRODUCTS = 2**31
"""Most multiplications of a product of constants."""

SIZE_FOLLOWS = frozenset({"Compress", "NonZero"})
"""The size of these results is known only afterwards, but never far above that of the operand."""


def is_foldable(record: NodeRecord, operands: Sequence[Constant | None]) -> bool:
    """True for a node that can be computed now."""
    return not record.domain and record.kind in FOLDABLE


def fold(record: NodeRecord, operands: Sequence[Constant | None]) -> list[Constant]:
    """The results, one for each output.

    Raises:
        RefusalError: They cannot be computed, or would be too large.
    """
    node, opset, feeds = _message(record, operands)
    _check_size(record, node, opset, feeds)
    from onnx import helper
    from onnx.reference import ReferenceEvaluator

    wanted = [name for name in node.output if name]
    graph = helper.make_graph(
        [node],
        "fold",
        [helper.make_empty_tensor_value_info(name) for name in feeds],
        [helper.make_empty_tensor_value_info(name) for name in wanted],
    )
    model = helper.make_model(graph, opset_imports=[opset], ir_version=10)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            results = ReferenceEvaluator(model).run(None, feeds)
    except Exception as error:  # whatever the evaluator or numpy raise
        reason = short(" ".join(str(error).split()), 120) or type(error).__name__
        raise RefusalError(f"it cannot be computed: {reason}") from error
    by_name = dict(zip(wanted, results, strict=True))
    found = [by_name[name] if name else np.zeros(1) for name in node.output]
    if not all(isinstance(a, np.ndarray | np.generic) for a in found):
        raise RefusalError("its result is no tensor")
    return [Constant(np.asarray(a)) for a in found]


def _message(record: NodeRecord, operands: Sequence[Constant | None]) -> tuple[Any, Any, Any]:
    """The node alone, its operator set, and its operands by name."""
    from onnx import helper

    names = ["" if c is None else f"x{i}" for i, c in enumerate(operands)]
    outputs = [f"y{i}" if name else "" for i, name in enumerate(record.outputs)]
    node = helper.make_node(record.kind, names, outputs)
    node.attribute.extend(attribute_messages(record.attributes))
    feeds = {n: c.array for n, c in zip(names, operands, strict=True) if c is not None}
    return node, helper.make_opsetid("", record.version), feeds


def attribute_messages(attributes: Mapping[str, Any]) -> list[Any]:
    """Attributes as protobuf messages."""
    from onnx import AttributeProto, GraphProto, helper, numpy_helper

    found = []
    for name, value in attributes.items():
        if isinstance(value, Constant):
            found.append(helper.make_attribute(name, numpy_helper.from_array(value.array)))
        elif isinstance(value, AttributeProto):
            found.append(value)
        elif value == ():
            found.append(helper.make_attribute(name, value, attr_type=AttributeProto.INTS))
        else:
            assert isinstance(value, int | float | str | tuple | GraphProto)
            found.append(helper.make_attribute(name, value))
    return found


def _check_size(record: NodeRecord, node: Any, opset: Any, feeds: Mapping[str, Any]) -> None:
    """Refuse what would not fit before it is computed."""
    import onnx
    from onnx import helper, numpy_helper
    from onnx.shape_inference import infer_node_outputs

    if record.kind in SIZE_FOLLOWS or record.kind == "Constant":
        return
    try:
        schema = onnx.defs.get_schema(record.kind, record.version, "")
        types = {
            name: helper.make_tensor_type_proto(
                helper.np_dtype_to_tensor_dtype(array.dtype), array.shape
            )
            for name, array in feeds.items()
        }
        small = {n: numpy_helper.from_array(a, n) for n, a in feeds.items() if a.size <= 2**16}
        results = infer_node_outputs(schema, node, types, small, opset_imports=[opset])
    except Exception as error:  # the C++ inference raises what it likes
        reason = short(" ".join(str(error).split()), 160) or type(error).__name__
        raise RefusalError(f"its operands do not suit it: {reason}") from error
    for result in results.values():
        shape = result.tensor_type.shape
        if not result.tensor_type.HasField("shape"):
            raise RefusalError("the size of its result cannot be told")
        sizes = [d.dim_value if d.HasField("dim_value") else -1 for d in shape.dim]
        if min(sizes, default=0) < 0:
            raise RefusalError("the size of its result cannot be told")
        if math.prod(sizes) * 8 > MAX_TENSOR_BYTES:
            raise RefusalError(f"its result would have shape {short(tuple(sizes))}")
        if record.kind in ("MatMul", "Gemm", "Einsum"):
            depth = max((max(a.shape, default=1) for a in feeds.values()), default=1)
            if math.prod(sizes) * depth > MAX_PRODUCTS:
                raise RefusalError("it multiplies constants that are too large")
