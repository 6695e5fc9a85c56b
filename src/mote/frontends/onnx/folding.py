"""Computes nodes whose operands are all known, by the reference implementation of ONNX."""

import warnings
from collections.abc import Sequence

import numpy as np

from mote.frontends.onnx.messages import attribute_messages
from mote.frontends.onnx.records import NodeRecord
from mote.frontends.onnx.result_size import check_size
from mote.frontends.onnx.values import Constant, RefusalError, short

_FOLDABLE = """
Abs Add And ArgMax ArgMin BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor Cast CastLike
Ceil Clip Compress Concat Constant ConstantOfShape Cos CumSum DepthToSpace DequantizeLinear
Div Equal Erf Exp Expand EyeLike Flatten Floor Gather GatherElements GatherND Gemm
Greater GreaterOrEqual HardSigmoid Identity IsInf IsNaN Less LessOrEqual Log MatMul Max Mean
Min Mod Mul Neg NonZero Not OneHot Or Pad Pow QuantizeLinear Range Reciprocal ReduceL1
ReduceL2 ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape
Round ScatterElements ScatterND Shape Sigmoid Sign Sin Size Slice Softmax SpaceToDepth Split
Sqrt Squeeze Sub Sum Tan Tanh Tile TopK Transpose Trilu Unsqueeze Where Xor
"""
FOLDABLE = frozenset(_FOLDABLE.split())
"""Operators that may be computed during import: cheap, and without randomness or state."""


def is_foldable(record: NodeRecord, operands: Sequence[Constant | None]) -> bool:
    """True for a node that can be computed now."""
    return not record.domain and record.kind in FOLDABLE


def fold(record: NodeRecord, operands: Sequence[Constant | None]) -> list[Constant]:
    """The results, one for each output.

    Raises:
        RefusalError: They cannot be computed, or would be too large.
    """
    from onnx import helper
    from onnx.reference import ReferenceEvaluator

    check_size(record, operands)
    names = ["" if c is None else f"x{i}" for i, c in enumerate(operands)]
    outputs = [f"y{i}" if name else "" for i, name in enumerate(record.outputs)]
    node = helper.make_node(record.kind, names, outputs)
    node.attribute.extend(attribute_messages(record.attributes))
    feeds = {n: c.array for n, c in zip(names, operands, strict=True) if c is not None}
    opset = helper.make_opsetid("", record.version)
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
