"""The C functions of the library that compute in float32."""

from mote.ir.ops import (
    Add,
    AveragePool2D,
    BatchNorm,
    Concat,
    Conv2D,
    DepthwiseConv2D,
    Embedding,
    FullyConnected,
    Function,
    LayerNorm,
    LogSoftmax,
    MatMul,
    MaxPool2D,
    Mean,
    Mul,
    Op,
    Pad,
    PRelu,
    Relu,
    Resize,
    Slice,
    Softmax,
    Sub,
    Transpose,
    TransposedConv2D,
    Unary,
)
from mote.ir.tensor import DType
from mote.lower.step import Kernel

_F32 = (DType.FLOAT32, DType.FLOAT32)


def _kernel(name: str, struct: str, operator: type[Op], *, takes_rows: bool = False) -> Kernel:
    return Kernel(f"mote_{name}_f32", struct, operator, _F32, takes_rows=takes_rows)


def _placed(name: str, struct: str, operator: type[Op]) -> Kernel:
    return Kernel(f"mote_{name}_f32", struct, operator, _F32, takes_rows=True, takes_row=True)


def _unary(function: Function) -> Kernel:
    also = (Relu,) if function is Function.CLIP else ()
    return Kernel(f"mote_{function.value}_f32", "mote_unary_float", Unary, _F32, also=also)


KERNELS_F32: tuple[Kernel, ...] = (
    _kernel("conv_2d", "mote_conv_2d_float", Conv2D, takes_rows=True),
    _kernel("depthwise_conv_2d", "mote_conv_2d_float", DepthwiseConv2D, takes_rows=True),
    _placed("transposed_conv_2d", "mote_transposed_conv_2d_float", TransposedConv2D),
    _kernel("fully_connected", "mote_fully_connected_float", FullyConnected),
    _kernel("mat_mul", "mote_mat_mul_float", MatMul),
    _kernel("mat_mul_constant", "mote_mat_mul_float", MatMul),
    _kernel("add", "mote_binary_float", Add),
    _kernel("add_constant", "mote_binary_float", Add),
    _kernel("sub", "mote_binary_float", Sub),
    _kernel("sub_constant", "mote_binary_float", Sub),
    _kernel("mul", "mote_binary_float", Mul),
    _kernel("mul_constant", "mote_binary_float", Mul),
    _kernel("prelu", "mote_prelu_float", PRelu),
    _kernel("average_pool_2d", "mote_pool_rows_float", AveragePool2D, takes_rows=True),
    _kernel("max_pool_2d", "mote_pool_rows_float", MaxPool2D, takes_rows=True),
    _kernel("mean", "mote_mean_float", Mean),
    Kernel(
        "mote_global_average_pool_f32",
        "mote_global_pool_float",
        AveragePool2D,
        _F32,
        takes_state=True,
        also=(Mean,),
    ),
    Kernel("mote_global_max_pool_f32", "mote_global_pool_float", MaxPool2D, _F32, takes_state=True),
    _kernel("pad", "mote_pad_float", Pad),
    _kernel("pad_reflect", "mote_pad_reflect", Pad),
    Kernel("mote_concat_f32", "mote_concat", Concat, _F32, takes_array=True),
    _kernel("slice", "mote_walk", Slice),
    _kernel("transpose", "mote_walk", Transpose),
    _placed("resize_nearest", "mote_resize", Resize),
    _placed("resize_bilinear", "mote_resize_float", Resize),
    Kernel("mote_embedding_f32", "mote_embedding_float", Embedding, (DType.INT32, DType.FLOAT32)),
    _kernel("softmax", "mote_softmax_float", Softmax),
    _kernel("log_softmax", "mote_softmax_float", LogSoftmax),
    _kernel("layer_norm", "mote_layer_norm_float", LayerNorm),
    _kernel("batch_norm", "mote_batch_norm_float", BatchNorm),
    *(_unary(function) for function in Function),
)
"""Rows of ``KERNELS``; all are portable."""
