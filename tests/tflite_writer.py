"""Writes a graph as a TFLite model, so that LiteRT can run graphs that tests make up."""

from collections.abc import Sequence
from typing import Any

import flatbuffers
import numpy as np
import tflite

from mote.ir import DType, Graph, Node, Tensor
from mote.ir.ops import (
    Activation,
    Add,
    AveragePool2D,
    Concat,
    Conv2D,
    DepthwiseConv2D,
    Dequantize,
    Embedding,
    FullyConnected,
    Function,
    LogSoftmax,
    MatMul,
    MaxPool2D,
    Mean,
    Mul,
    Op,
    Pad,
    Padding,
    PadMode,
    PRelu,
    Quantize,
    Relu,
    Reshape,
    Resize,
    ResizeMethod,
    Slice,
    Softmax,
    Sub,
    Transpose,
    Unary,
    same_padding,
)

BIASES = (DType.INT32, DType.INT64)
TENSOR_TYPES = {
    DType.FLOAT32: tflite.TensorType.FLOAT32,
    DType.INT8: tflite.TensorType.INT8,
    DType.UINT8: tflite.TensorType.UINT8,
    DType.INT16: tflite.TensorType.INT16,
    DType.INT32: tflite.TensorType.INT32,
    DType.INT64: tflite.TensorType.INT64,
}
ACTIVATIONS = {
    Activation.NONE: tflite.ActivationFunctionType.NONE,
    Activation.RELU: tflite.ActivationFunctionType.RELU,
    Activation.RELU6: tflite.ActivationFunctionType.RELU6,
    Activation.RELU_N1_TO_1: tflite.ActivationFunctionType.RELU_N1_TO_1,
}
CODES: dict[type[Op], tuple[int, int]] = {  # operator -> (builtin code, version with int8)
    Add: (tflite.BuiltinOperator.ADD, 2),
    AveragePool2D: (tflite.BuiltinOperator.AVERAGE_POOL_2D, 2),
    Concat: (tflite.BuiltinOperator.CONCATENATION, 2),
    Conv2D: (tflite.BuiltinOperator.CONV_2D, 3),
    Dequantize: (tflite.BuiltinOperator.DEQUANTIZE, 2),
    DepthwiseConv2D: (tflite.BuiltinOperator.DEPTHWISE_CONV_2D, 3),
    Embedding: (tflite.BuiltinOperator.GATHER, 2),
    FullyConnected: (tflite.BuiltinOperator.FULLY_CONNECTED, 4),
    LogSoftmax: (tflite.BuiltinOperator.LOG_SOFTMAX, 2),
    MatMul: (tflite.BuiltinOperator.BATCH_MATMUL, 4),
    MaxPool2D: (tflite.BuiltinOperator.MAX_POOL_2D, 2),
    Mean: (tflite.BuiltinOperator.MEAN, 2),
    Mul: (tflite.BuiltinOperator.MUL, 2),
    PRelu: (tflite.BuiltinOperator.PRELU, 1),
    Pad: (tflite.BuiltinOperator.PAD, 2),
    Quantize: (tflite.BuiltinOperator.QUANTIZE, 2),
    Reshape: (tflite.BuiltinOperator.RESHAPE, 1),
    Slice: (tflite.BuiltinOperator.STRIDED_SLICE, 2),
    Softmax: (tflite.BuiltinOperator.SOFTMAX, 2),
    Sub: (tflite.BuiltinOperator.SUB, 2),
    Transpose: (tflite.BuiltinOperator.TRANSPOSE, 2),
}
RESIZE_CODES = {
    ResizeMethod.NEAREST: (tflite.BuiltinOperator.RESIZE_NEAREST_NEIGHBOR, 2),
    ResizeMethod.BILINEAR: (tflite.BuiltinOperator.RESIZE_BILINEAR, 2),
}
FUNCTION_CODES = {
    Function.ABS: (tflite.BuiltinOperator.ABS, 2),
    Function.ELU: (tflite.BuiltinOperator.ELU, 1),
    Function.EXP: (tflite.BuiltinOperator.EXP, 2),
    Function.GELU: (tflite.BuiltinOperator.GELU, 2),
    Function.GELU_TANH: (tflite.BuiltinOperator.GELU, 2),
    Function.HARD_SWISH: (tflite.BuiltinOperator.HARD_SWISH, 1),
    Function.LEAKY_RELU: (tflite.BuiltinOperator.LEAKY_RELU, 2),
    Function.LOG: (tflite.BuiltinOperator.LOG, 2),
    Function.NEGATE: (tflite.BuiltinOperator.NEG, 1),
    Function.RSQRT: (tflite.BuiltinOperator.RSQRT, 2),
    Function.SIGMOID: (tflite.BuiltinOperator.LOGISTIC, 2),
    Function.SQRT: (tflite.BuiltinOperator.SQRT, 1),
    Function.SQUARE: (tflite.BuiltinOperator.SQUARE, 1),
    Function.TANH: (tflite.BuiltinOperator.TANH, 2),
}
FUNCTION_OPTIONS = {
    Function.ABS: "AbsOptions",
    Function.EXP: "ExpOptions",
    Function.HARD_SWISH: "HardSwishOptions",
    Function.NEGATE: "NegOptions",
    Function.SQUARE: "SquareOptions",
}
RELU_CODES = {
    Activation.RELU: (tflite.BuiltinOperator.RELU, 2),
    Activation.RELU6: (tflite.BuiltinOperator.RELU6, 2),
    Activation.RELU_N1_TO_1: (tflite.BuiltinOperator.RELU_N1_TO_1, 1),
}


def _code(op: Op) -> tuple[int, int]:
    """(builtin code, version)."""
    match op:
        case Pad(mode=PadMode.REFLECT):
            return tflite.BuiltinOperator.MIRROR_PAD, 1
        case Pad(value=value) if value:
            return tflite.BuiltinOperator.PADV2, 2
        case Resize(method=method):
            return RESIZE_CODES[method]
        case Unary(function=function):
            return FUNCTION_CODES[function]
        case Relu(activation=activation):
            return RELU_CODES[activation]
    return CODES[type(op)]


def write_tflite(graph: Graph) -> bytes:
    """The graph as a FlatBuffer; tensors keep their names. Padding must be SAME or VALID."""
    tensors = list(graph.tensors.values())
    operators = []
    for node in graph.nodes:
        extra = _attribute_operands(graph, node)
        tensors += extra
        # TFLite's lookup takes the table first.
        names = node.inputs[::-1] if isinstance(node.op, Embedding) else node.inputs
        operators.append((node, (*names, *(t.name for t in extra))))
    biases = {
        n.inputs[2]: n for n in graph.nodes if len(n.inputs) == 3 and not isinstance(n.op, Concat)
    }
    index = {t.name: i for i, t in enumerate(tensors)}

    b = flatbuffers.Builder(1 << 16)
    buffers = [_table(b, "Buffer")]
    written = []
    for tensor in tensors:
        if tensor.is_constant:
            data = _vector(b, tensor.array.tobytes(), align=16)
            buffers.append(_table(b, "Buffer", Data=data))
        scales, zeros, axis = _quantization(graph, tensor, biases.get(tensor.name))
        quantization = _table(
            b,
            "QuantizationParameters",
            Scale=_vector(b, np.array(scales, "<f4").tobytes(), 4),
            ZeroPoint=_vector(b, np.array(zeros, "<i8").tobytes(), 8),
            QuantizedDimension=axis,
        )
        written.append(
            _table(
                b,
                "Tensor",
                Shape=_ints(b, tensor.shape),
                Type=TENSOR_TYPES[tensor.dtype],
                Buffer=len(buffers) - 1 if tensor.is_constant else 0,
                Name=b.CreateString(tensor.name),
                **({"Quantization": quantization} if scales else {}),
            )
        )
    kinds = list(dict.fromkeys(_code(node.op) for node in graph.nodes))
    codes = [
        _table(
            b,
            "OperatorCode",
            DeprecatedBuiltinCode=min(code, 127),
            BuiltinCode=code,
            Version=version,
        )
        for code, version in kinds
    ]
    ops = []
    for node, inputs in operators:
        options_type, options = _options(b, graph, node)
        ops.append(
            _table(
                b,
                "Operator",
                OpcodeIndex=kinds.index(_code(node.op)),
                Inputs=_ints(b, [index[name] for name in inputs]),
                Outputs=_ints(b, [index[node.output]]),
                **(
                    {"BuiltinOptionsType": options_type, "BuiltinOptions": options}
                    if options_type
                    else {}
                ),
            )
        )
    subgraph = _table(
        b,
        "SubGraph",
        Tensors=_offsets(b, written),
        Inputs=_ints(b, [index[name] for name in graph.inputs]),
        Outputs=_ints(b, [index[name] for name in graph.outputs]),
        Operators=_offsets(b, ops),
        Name=b.CreateString(graph.name),
    )
    model = _table(
        b,
        "Model",
        Version=3,
        OperatorCodes=_offsets(b, codes),
        Subgraphs=_offsets(b, [subgraph]),
        Description=b.CreateString("mote test"),
        Buffers=_offsets(b, buffers),
    )
    b.Finish(model, file_identifier=b"TFL3")
    return bytes(b.Output())


def _quantization(
    graph: Graph, tensor: Tensor, reader: Node | None
) -> tuple[tuple[float, ...], tuple[int, ...], int]:
    """(scales, zero points, axis); an integer bias has x_scale * weight_scale."""
    if reader is not None and tensor.dtype in BIASES and tensor.quantization is None:
        x, weight = (graph.tensors[name].q for name in reader.inputs[:2])
        scales = tuple(x.scale * s for s in weight.scales)
        return scales, (0,) * len(scales), 0
    if tensor.quantization is None:
        return (), (), 0
    q = tensor.quantization
    return q.scales, q.zero_points, q.axis or 0


def _attribute_operands(graph: Graph, node: Node) -> list[Tensor]:
    """The constant operands in which TFLite holds what is an attribute here."""
    match node.op:
        case Mean(axes=axes):
            values = [axes]
        case Pad(paddings=paddings, mode=PadMode.CONSTANT, value=value) if value:
            return [_integers(node, 0, paddings), _border(graph, node, value)]
        case Pad(paddings=paddings):
            values = [paddings]
        case Reshape(to=to) | Resize(to=to):
            values = [to]
        case Slice(begins=begins, ends=ends, strides=strides):
            values = [begins, ends, strides]
        case Transpose(permutation=permutation):
            values = [permutation]
        case _:
            return []
    return [_integers(node, i, value) for i, value in enumerate(values)]


def _integers(node: Node, index: int, value: Any) -> Tensor:
    array = np.array(value, np.int32)
    return Tensor(f"{node.name}/indices{index}", array.shape, DType.INT32, None, array)


def _border(graph: Graph, node: Node, value: float) -> Tensor:
    """The value of a PADV2, in the type and quantisation of the result."""
    y = graph.result(node)
    array = np.array([value], np.float32)
    if y.quantization is not None:
        whole = np.round(value / y.q.scale) + y.q.zero_point
        array = np.clip([whole], *y.dtype.range).astype(y.dtype.numpy)
    return Tensor(f"{node.name}/value", (1,), y.dtype, y.quantization, array)


def _options(b: flatbuffers.Builder, graph: Graph, node: Node) -> tuple[int, int]:
    op = node.op
    shapes = [t.shape for t in graph.operands(node)]
    if isinstance(op, Conv2D | DepthwiseConv2D | AveragePool2D | MaxPool2D):
        pooling = isinstance(op, AveragePool2D | MaxPool2D)
        kernel = op.kernel if pooling else shapes[1][1:3]
        dilation = (1, 1) if pooling else op.dilation
        fields: dict[str, Any] = {
            "Padding": _padding(op.padding, shapes[0], kernel, op.stride, dilation),
            "StrideH": op.stride[0],
            "StrideW": op.stride[1],
            "FusedActivationFunction": ACTIVATIONS[op.activation],
        }
        if pooling:
            fields |= {"FilterHeight": kernel[0], "FilterWidth": kernel[1]}
            return tflite.BuiltinOptions.Pool2DOptions, _table(b, "Pool2DOptions", **fields)
        fields |= {"DilationHFactor": dilation[0], "DilationWFactor": dilation[1]}
        if isinstance(op, Conv2D):
            return tflite.BuiltinOptions.Conv2DOptions, _table(b, "Conv2DOptions", **fields)
        fields |= {"DepthMultiplier": shapes[1][3] // shapes[0][3]}
        name = "DepthwiseConv2DOptions"
        return tflite.BuiltinOptions.DepthwiseConv2DOptions, _table(b, name, **fields)
    match op:
        case FullyConnected(activation=a) | Mul(activation=a):
            name = "FullyConnectedOptions" if isinstance(op, FullyConnected) else "MulOptions"
            fields = {"FusedActivationFunction": ACTIVATIONS[a]}
        case Add(activation=a) | Sub(activation=a):
            name = "AddOptions" if isinstance(op, Add) else "SubOptions"
            fields = {"FusedActivationFunction": ACTIVATIONS[a], "PotScaleInt16": False}
        case MatMul(transpose_x1=transpose):
            name, fields = "BatchMatMulOptions", {"AdjX": False, "AdjY": transpose}
        case Concat(axis=axis):
            name, fields = "ConcatenationOptions", {"Axis": axis}
        case Embedding():
            name, fields = "GatherOptions", {}
        case Mean(keep_dims=keep):
            name, fields = "ReducerOptions", {"KeepDims": keep}
        case Reshape(to=to):
            name, fields = "ReshapeOptions", {"NewShape": _ints(b, to)}
        case Softmax(beta=beta):
            name, fields = "SoftmaxOptions", {"Beta": beta}
        case Pad(mode=PadMode.REFLECT):
            name, fields = "MirrorPadOptions", {"Mode": tflite.MirrorPadMode.REFLECT}
        case Pad(value=value):
            name, fields = "PadV2Options" if value else "PadOptions", {}
        case Resize(align_corners=corners, half_pixel_centers=centers):
            nearest = op.method is ResizeMethod.NEAREST
            name = "ResizeNearestNeighborOptions" if nearest else "ResizeBilinearOptions"
            fields = {"AlignCorners": corners, "HalfPixelCenters": centers}
        case Slice():
            name, fields = "StridedSliceOptions", {}
        case Transpose():
            name, fields = "TransposeOptions", {}
        case LogSoftmax():
            name, fields = "LogSoftmaxOptions", {}
        case Unary(function=Function.LEAKY_RELU, alpha=alpha):
            name, fields = "LeakyReluOptions", {"Alpha": alpha}
        case Unary(function=Function.GELU | Function.GELU_TANH as function):
            name, fields = "GeluOptions", {"Approximate": function is Function.GELU_TANH}
        case Unary(function=function) if function in FUNCTION_OPTIONS:
            name, fields = FUNCTION_OPTIONS[function], {}
        case Unary() | PRelu() | Relu():
            return tflite.BuiltinOptions.NONE, 0
        case Quantize():
            name, fields = "QuantizeOptions", {}
        case Dequantize():
            name, fields = "DequantizeOptions", {}
        case _:
            raise AssertionError(f"{op.kind} has no TFLite form")
    return getattr(tflite.BuiltinOptions, name), _table(b, name, **fields)


def _padding(
    p: Padding,
    x: Sequence[int],
    kernel: Sequence[int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
) -> int:
    if p == Padding():
        return tflite.Padding.VALID
    top, bottom = same_padding(x[1], kernel[0], stride[0], dilation[0])
    left, right = same_padding(x[2], kernel[1], stride[1], dilation[1])
    assert p == Padding(top, bottom, left, right), f"{p} is neither SAME nor VALID"
    return tflite.Padding.SAME


def _table(b: flatbuffers.Builder, kind: str, **fields: Any) -> int:
    getattr(tflite, f"{kind}Start")(b)
    for name, value in fields.items():
        getattr(tflite, f"{kind}Add{name}")(b, value)
    return int(getattr(tflite, f"{kind}End")(b))


def _vector(b: flatbuffers.Builder, data: bytes, align: int) -> int:
    """A vector of elements of ``align`` bytes, or of bytes aligned to 16."""
    if align != 16:
        return int(b.CreateNumpyVector(np.frombuffer(data, {4: "<f4", 8: "<i8"}[align])))
    b.StartVector(1, len(data), 16)
    b.head = b.head - len(data)
    b.Bytes[b.head : b.head + len(data)] = data
    return int(b.EndVector())


def _ints(b: flatbuffers.Builder, values: Sequence[int]) -> int:
    return int(b.CreateNumpyVector(np.array(values, "<i4")))


def _offsets(b: flatbuffers.Builder, values: Sequence[int]) -> int:
    b.StartVector(4, len(values), 4)
    for value in reversed(values):
        b.PrependUOffsetTRelative(value)
    return int(b.EndVector())
