"""The C functions of the library: which operator, types and cores each one serves."""

from dataclasses import replace

from mote.ir.ops import (
    Add,
    AveragePool2D,
    Concat,
    Conv2D,
    DepthwiseConv2D,
    Dequantize,
    Embedding,
    FullyConnected,
    LayerNorm,
    LogSoftmax,
    MatMul,
    MaxPool2D,
    Mean,
    Mul,
    Op,
    Pad,
    PRelu,
    Quantize,
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
from mote.lower.kernels_chain import KERNELS_CHAIN
from mote.lower.kernels_f32 import KERNELS_F32
from mote.lower.kernels_strided import with_strided
from mote.lower.step import Kernel

_F32, _I8, _U8 = DType.FLOAT32, DType.INT8, DType.UINT8
_I16, _I32 = DType.INT16, DType.INT32
_S8, _S16 = (_I8, _I8), (_I16, _I16)

_PAIRS, _PAIR_FORMS = "mote_conv_2d_pairs", ("", "_single", "_wide", "_wide_single")
_WINOGRAD = "mote_conv_2d_winograd"
_TAPS = "mote_conv_2d_taps"

SUFFIXES = {_F32: "f32", _I8: "s8", _U8: "u8", _I16: "s16"}
"""The element types in the names of kernels."""


def _dsp(name: str, struct: str, operator: type[Op], *, takes_scratch: bool) -> Kernel:
    return Kernel(
        name,
        struct,
        operator,
        _S8,
        needs_dsp=True,
        takes_scratch=takes_scratch,
        takes_rows=operator in (Conv2D, DepthwiseConv2D),
    )


def _small(kernel: Kernel) -> Kernel:
    return replace(kernel, is_small=True)


def _mve(name: str, struct: str, operator: type[Op]) -> Kernel:
    is_convolution = operator in (Conv2D, DepthwiseConv2D)
    return Kernel(
        name,
        struct,
        operator,
        _S8,
        needs_mve=True,
        takes_scratch=is_convolution,
        takes_rows=is_convolution,
    )


def _global(name: str, struct: str, operator: type[Op], dtypes: tuple[DType, DType]) -> Kernel:
    return Kernel(name, struct, operator, dtypes, takes_state=True)


def _placed(name: str, struct: str, operator: type[Op], dtypes: tuple[DType, DType]) -> Kernel:
    return Kernel(name, struct, operator, dtypes, takes_rows=True, takes_row=True)


KERNELS: dict[str, Kernel] = {
    kernel.name: kernel
    for kernel in with_strided(
        Kernel("mote_conv_2d_s8", "mote_conv_2d_rows", Conv2D, _S8, takes_rows=True),
        Kernel(
            "mote_conv_2d_s8_swar",
            "mote_conv_2d_swar",
            Conv2D,
            _S8,
            needs_swar=True,
            takes_scratch=True,
            takes_rows=True,
        ),
        *(
            _dsp(f"mote_conv_2d_s8_dsp{form}", _PAIRS, Conv2D, takes_scratch=True)
            for form in _PAIR_FORMS
        ),
        *(
            replace(
                _dsp(f"mote_conv_2d_s8_dsp{form}_points", _PAIRS, Conv2D, takes_scratch=True),
                strided=f"mote_conv_2d_s8_dsp{form}_strided",
            )
            for form in _PAIR_FORMS
        ),
        replace(
            _small(
                _dsp("mote_conv_2d_s8_dsp_small", "mote_conv_2d_small", Conv2D, takes_scratch=True)
            ),
            also=(DepthwiseConv2D, FullyConnected),
        ),
        _small(
            _dsp(
                "mote_fully_connected_s8_dsp_small",
                "mote_fully_connected_small",
                FullyConnected,
                takes_scratch=False,
            )
        ),
        _small(
            _global("mote_global_average_pool_s8_small", "mote_global_pool", AveragePool2D, _S8)
        ),
        _mve("mote_conv_2d_s8_mve", "mote_conv_2d_vectors", Conv2D),
        _mve("mote_conv_2d_s8_mve_single", "mote_conv_2d_vectors", Conv2D),
        _mve("mote_depthwise_conv_2d_s8_mve_3x3", "mote_depthwise_vectors", DepthwiseConv2D),
        _mve("mote_depthwise_conv_2d_s8_mve_3x3_single", "mote_depthwise_vectors", DepthwiseConv2D),
        _mve("mote_fully_connected_s8_mve", "mote_fully_connected_vectors", FullyConnected),
        _mve("mote_fully_connected_s8_mve_single", "mote_fully_connected_vectors", FullyConnected),
        *(
            _dsp(f"mote_conv_2d_s8_dsp_winograd_{form}", _WINOGRAD, Conv2D, takes_scratch=True)
            for tile in ("row", "thirds", "row_two", "2", "4_one", "4")
            for form in (tile, f"{tile}_single")
        ),
        *KERNELS_CHAIN,
        replace(
            _dsp("mote_conv_2d_s8_dsp_eight", "mote_conv_2d_eight", Conv2D, takes_scratch=False),
            is_extra=True,
        ),
        Kernel(
            "mote_conv_2d_s16",
            "mote_conv_2d_16x8",
            Conv2D,
            _S16,
            takes_scratch=True,
            takes_rows=True,
        ),
        Kernel(
            "mote_depthwise_conv_2d_s16",
            "mote_conv_2d_16x8",
            DepthwiseConv2D,
            _S16,
            takes_scratch=True,
            takes_rows=True,
        ),
        Kernel(
            "mote_fully_connected_s16",
            "mote_fully_connected_16x8",
            FullyConnected,
            _S16,
            takes_scratch=True,
        ),
        _placed("mote_transposed_conv_2d_s8", "mote_transposed_conv_2d", TransposedConv2D, _S8),
        _placed(
            "mote_transposed_conv_2d_s16", "mote_transposed_conv_2d_16x8", TransposedConv2D, _S16
        ),
        Kernel("mote_mat_mul_s8", "mote_mat_mul", MatMul, _S8),
        Kernel("mote_mat_mul_s16", "mote_mat_mul", MatMul, _S16),
        Kernel(
            "mote_conv_2d_s8_w4",
            "mote_conv_2d_rows",
            Conv2D,
            _S8,
            takes_scratch=True,
            takes_rows=True,
        ),
        _dsp("mote_conv_2d_s8_w4_dsp", "mote_conv_2d_pairs", Conv2D, takes_scratch=True),
        _dsp("mote_conv_2d_s8_w4_dsp_single", "mote_conv_2d_pairs", Conv2D, takes_scratch=True),
        Kernel(
            "mote_depthwise_conv_2d_s8",
            "mote_conv_2d_rows",
            DepthwiseConv2D,
            _S8,
            takes_rows=True,
        ),
        Kernel(
            "mote_depthwise_conv_2d_s8_narrow_3x3",
            "mote_depthwise_narrow_3x3",
            DepthwiseConv2D,
            _S8,
            needs_narrow=True,
            takes_rows=True,
        ),
        Kernel(
            "mote_depthwise_conv_2d_s8_w4",
            "mote_conv_2d_rows",
            DepthwiseConv2D,
            _S8,
            takes_scratch=True,
            takes_rows=True,
        ),
        *(
            _dsp(
                f"mote_depthwise_conv_2d_s8_w4_dsp_3x3{form}",
                "mote_depthwise_3x3",
                DepthwiseConv2D,
                takes_scratch=True,
            )
            for form in ("", "_single")
        ),
        _dsp("mote_depthwise_conv_2d_s8_w4_dsp", _TAPS, DepthwiseConv2D, takes_scratch=True),
        _dsp("mote_depthwise_conv_2d_s8_w4_dsp_single", _TAPS, DepthwiseConv2D, takes_scratch=True),
        _dsp("mote_depthwise_conv_2d_s8_dsp", _TAPS, DepthwiseConv2D, takes_scratch=True),
        _dsp("mote_depthwise_conv_2d_s8_dsp_single", _TAPS, DepthwiseConv2D, takes_scratch=True),
        *(
            _dsp(
                f"mote_depthwise_conv_2d_s8_dsp_{pixels}",
                "mote_depthwise_channels",
                DepthwiseConv2D,
                takes_scratch=False,
            )
            for pixels in (
                *("sixes", "sixes_two", "sixes_three", "sixes_four", "threes", "threes_two"),
                *("row_3", "row_4", "row_5", "row_6"),
            )
        ),
        *(
            _dsp(
                f"mote_depthwise_conv_2d_s8_dsp_slots_{form}",
                "mote_depthwise_slot_channels",
                DepthwiseConv2D,
                takes_scratch=True,
            )
            for form in (
                "3_by_4",
                "3_by_8",
                "3_by_9",
                "5_by_4",
                "5_by_8",
                "7_by_8",
                "7_two_by_4",
                "7_two_by_8",
            )
        ),
        *(
            _dsp(
                f"mote_depthwise_conv_2d_s8_dsp_3x3{form}",
                "mote_depthwise_3x3",
                DepthwiseConv2D,
                takes_scratch=False,
            )
            for form in ("", "_single")
        ),
        Kernel("mote_fully_connected_s8", "mote_fully_connected", FullyConnected, _S8),
        Kernel(
            "mote_fully_connected_s8_swar",
            "mote_fully_connected_swar",
            FullyConnected,
            _S8,
            needs_swar=True,
            takes_scratch=True,
        ),
        Kernel(
            "mote_fully_connected_s8_w4",
            "mote_fully_connected",
            FullyConnected,
            _S8,
            takes_scratch=True,
        ),
        _dsp(
            "mote_fully_connected_s8_w4_dsp",
            "mote_fully_connected",
            FullyConnected,
            takes_scratch=False,
        ),
        _dsp(
            "mote_fully_connected_s8_w4_dsp_single",
            "mote_fully_connected",
            FullyConnected,
            takes_scratch=False,
        ),
        _dsp(
            "mote_fully_connected_s8_dsp",
            "mote_fully_connected",
            FullyConnected,
            takes_scratch=False,
        ),
        _dsp(
            "mote_fully_connected_s8_dsp_single",
            "mote_fully_connected",
            FullyConnected,
            takes_scratch=False,
        ),
        _dsp(
            "mote_fully_connected_s8_dsp_wide",
            "mote_fully_connected",
            FullyConnected,
            takes_scratch=False,
        ),
        _dsp(
            "mote_fully_connected_s8_dsp_wide_single",
            "mote_fully_connected",
            FullyConnected,
            takes_scratch=False,
        ),
        Kernel("mote_add_s8", "mote_add", Add, _S8),
        Kernel("mote_add_broadcast_s8", "mote_add_general", Add, _S8),
        Kernel("mote_add_constant_s8", "mote_add_general", Add, _S8),
        Kernel("mote_add_s16", "mote_arithmetic_s16", Add, _S16),
        Kernel("mote_add_constant_s16", "mote_arithmetic_s16", Add, _S16),
        Kernel("mote_sub_s8", "mote_add", Sub, _S8),
        Kernel("mote_sub_broadcast_s8", "mote_add_general", Sub, _S8),
        Kernel("mote_sub_constant_s8", "mote_add_general", Sub, _S8),
        Kernel("mote_sub_s16", "mote_arithmetic_s16", Sub, _S16),
        Kernel("mote_sub_constant_s16", "mote_arithmetic_s16", Sub, _S16),
        Kernel("mote_mul_s8", "mote_mul", Mul, _S8),
        Kernel("mote_mul_constant_s8", "mote_mul", Mul, _S8),
        Kernel("mote_affine_s8", "mote_affine", Add, _S8, also=(Sub,)),
        Kernel("mote_mul_s16", "mote_arithmetic_s16", Mul, _S16),
        Kernel("mote_mul_constant_s16", "mote_arithmetic_s16", Mul, _S16),
        Kernel("mote_average_pool_2d_s8", "mote_pool_rows", AveragePool2D, _S8, takes_rows=True),
        Kernel("mote_max_pool_2d_s8", "mote_pool_rows", MaxPool2D, _S8, takes_rows=True),
        Kernel("mote_mean_s8", "mote_mean", Mean, _S8),
        _global("mote_global_average_pool_s8", "mote_global_pool", AveragePool2D, _S8),
        _global("mote_global_max_pool_s8", "mote_global_pool", MaxPool2D, _S8),
        _global("mote_global_mean_s8", "mote_global_mean", Mean, _S8),
        Kernel("mote_average_pool_2d_s16", "mote_pool_rows", AveragePool2D, _S16, takes_rows=True),
        Kernel("mote_max_pool_2d_s16", "mote_pool_rows", MaxPool2D, _S16, takes_rows=True),
        Kernel("mote_mean_s16", "mote_mean", Mean, _S16),
        _global("mote_global_average_pool_s16", "mote_global_pool", AveragePool2D, _S16),
        _global("mote_global_max_pool_s16", "mote_global_pool", MaxPool2D, _S16),
        _global("mote_global_mean_s16", "mote_global_mean", Mean, _S16),
        Kernel("mote_pad_s8", "mote_pad", Pad, _S8),
        Kernel("mote_pad_s16", "mote_pad", Pad, _S16),
        Kernel("mote_pad_reflect_s8", "mote_pad_reflect", Pad, _S8),
        Kernel("mote_pad_reflect_s16", "mote_pad_reflect", Pad, _S16),
        Kernel("mote_concat_s8", "mote_concat", Concat, _S8, takes_array=True),
        Kernel("mote_concat_u8", "mote_concat", Concat, (_U8, _U8), takes_array=True),
        Kernel("mote_concat_s16", "mote_concat", Concat, _S16, takes_array=True),
        Kernel("mote_slice_s8", "mote_walk", Slice, _S8),
        Kernel("mote_slice_u8", "mote_walk", Slice, (_U8, _U8)),
        Kernel("mote_slice_s16", "mote_walk", Slice, _S16),
        Kernel("mote_transpose_s8", "mote_walk", Transpose, _S8),
        Kernel("mote_transpose_u8", "mote_walk", Transpose, (_U8, _U8)),
        Kernel("mote_transpose_s16", "mote_walk", Transpose, _S16),
        _placed("mote_resize_nearest_s8", "mote_resize", Resize, _S8),
        _placed("mote_resize_nearest_s16", "mote_resize", Resize, _S16),
        _placed("mote_resize_bilinear_s8", "mote_resize", Resize, _S8),
        _placed("mote_resize_bilinear_s16", "mote_resize", Resize, _S16),
        Kernel("mote_embedding_s8", "mote_embedding", Embedding, (_I32, _I8)),
        Kernel("mote_embedding_s16", "mote_embedding_wide", Embedding, (_I32, _I16)),
        Kernel("mote_softmax_s8", "mote_softmax", Softmax, _S8),
        Kernel("mote_softmax_short_s8", "mote_softmax_short", Softmax, _S8),
        Kernel("mote_softmax_long_s8", "mote_softmax", Softmax, _S8),
        Kernel("mote_softmax_s16", "mote_softmax_int16", Softmax, _S16),
        Kernel("mote_log_softmax_s8", "mote_log_softmax", LogSoftmax, _S8),
        Kernel("mote_layer_norm_s8", "mote_layer_norm", LayerNorm, _S8),
        Kernel("mote_layer_norm_s16", "mote_layer_norm", LayerNorm, _S16),
        Kernel("mote_quantize_f32_s8", "mote_quantize", Quantize, (_F32, _I8)),
        Kernel("mote_quantize_f32_u8", "mote_quantize", Quantize, (_F32, _U8)),
        Kernel("mote_quantize_f32_s16", "mote_quantize", Quantize, (_F32, _I16)),
        Kernel("mote_quantize_s8_s16", "mote_rescale", Quantize, (_I8, _I16)),
        Kernel("mote_quantize_s16_s8", "mote_rescale", Quantize, (_I16, _I8)),
        Kernel("mote_quantize_s16_s16", "mote_rescale", Quantize, _S16),
        Kernel("mote_table_s8", "mote_lookup_s8", Unary, _S8, also=(Quantize, Relu)),
        Kernel("mote_table_s16", "mote_lookup_s16", Unary, _S16),
        Kernel("mote_straight_s16", "mote_straight", Unary, _S16, also=(Relu,)),
        Kernel("mote_sigmoid_s16", "mote_sigmoid", Unary, _S16),
        Kernel("mote_prelu_s8", "mote_prelu", PRelu, _S8),
        Kernel("mote_prelu_s16", "mote_prelu_int16", PRelu, _S16),
        Kernel("mote_quantize_s8_u8", "mote_lookup_u8", Quantize, (_I8, _U8)),
        Kernel("mote_quantize_u8_s8", "mote_lookup_s8", Quantize, (_U8, _I8)),
        Kernel("mote_dequantize_s8_f32", "mote_dequantize", Dequantize, (_I8, _F32)),
        Kernel("mote_dequantize_u8_f32", "mote_dequantize", Dequantize, (_U8, _F32)),
        Kernel("mote_dequantize_s16_f32", "mote_dequantize", Dequantize, (_I16, _F32)),
        *KERNELS_F32,
    )
}
"""Every kernel by name; each is defined in ``mote/kernels/<name>.c``."""
