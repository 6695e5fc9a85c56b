"""The C functions of the library: which operator, types and cores each one serves."""

from mote.ir.ops import (
    Add,
    AveragePool2D,
    Conv2D,
    DepthwiseConv2D,
    Dequantize,
    FullyConnected,
    MaxPool2D,
    Mean,
    Mul,
    Op,
    Pad,
    Quantize,
    Softmax,
    Sub,
)
from mote.ir.tensor import DType
from mote.lower.step import Kernel

_F32, _I8, _U8, _I16 = DType.FLOAT32, DType.INT8, DType.UINT8, DType.INT16
_S8, _S16 = (_I8, _I8), (_I16, _I16)


def _dsp(name: str, struct: str, operator: type[Op], *, takes_scratch: bool) -> Kernel:
    return Kernel(name, struct, operator, _S8, needs_dsp=True, takes_scratch=takes_scratch)


KERNELS: dict[str, Kernel] = {
    kernel.name: kernel
    for kernel in (
        Kernel("mote_conv_2d_s8", "mote_conv_2d", Conv2D, _S8),
        _dsp("mote_conv_2d_s8_dsp", "mote_conv_2d_pairs", Conv2D, takes_scratch=True),
        _dsp("mote_conv_2d_s8_dsp_single", "mote_conv_2d_pairs", Conv2D, takes_scratch=True),
        _dsp("mote_conv_2d_s8_dsp_wide", "mote_conv_2d_pairs", Conv2D, takes_scratch=True),
        _dsp("mote_conv_2d_s8_dsp_wide_single", "mote_conv_2d_pairs", Conv2D, takes_scratch=True),
        Kernel("mote_conv_2d_s8_w4", "mote_conv_2d", Conv2D, _S8, takes_scratch=True),
        _dsp("mote_conv_2d_s8_w4_dsp", "mote_conv_2d_pairs", Conv2D, takes_scratch=True),
        _dsp("mote_conv_2d_s8_w4_dsp_single", "mote_conv_2d_pairs", Conv2D, takes_scratch=True),
        Kernel("mote_depthwise_conv_2d_s8", "mote_conv_2d", DepthwiseConv2D, _S8),
        Kernel(
            "mote_depthwise_conv_2d_s8_w4",
            "mote_conv_2d",
            DepthwiseConv2D,
            _S8,
            takes_scratch=True,
        ),
        _dsp(
            "mote_depthwise_conv_2d_s8_w4_dsp_3x3",
            "mote_depthwise_3x3",
            DepthwiseConv2D,
            takes_scratch=True,
        ),
        _dsp(
            "mote_depthwise_conv_2d_s8_w4_dsp_3x3_single",
            "mote_depthwise_3x3",
            DepthwiseConv2D,
            takes_scratch=True,
        ),
        _dsp(
            "mote_depthwise_conv_2d_s8_dsp_3x3",
            "mote_depthwise_3x3",
            DepthwiseConv2D,
            takes_scratch=False,
        ),
        _dsp(
            "mote_depthwise_conv_2d_s8_dsp_3x3_single",
            "mote_depthwise_3x3",
            DepthwiseConv2D,
            takes_scratch=False,
        ),
        Kernel("mote_fully_connected_s8", "mote_fully_connected", FullyConnected, _S8),
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
        Kernel("mote_mul_exact_s8", "mote_mul_general", Mul, _S8),
        Kernel("mote_mul_exact_constant_s8", "mote_mul_general", Mul, _S8),
        Kernel("mote_mul_s16", "mote_arithmetic_s16", Mul, _S16),
        Kernel("mote_mul_constant_s16", "mote_arithmetic_s16", Mul, _S16),
        Kernel("mote_average_pool_2d_s8", "mote_pool_2d", AveragePool2D, _S8),
        Kernel("mote_max_pool_2d_s8", "mote_pool_2d", MaxPool2D, _S8),
        Kernel("mote_mean_s8", "mote_mean", Mean, _S8),
        Kernel("mote_pad_s8", "mote_pad", Pad, _S8),
        Kernel("mote_softmax_s8", "mote_softmax", Softmax, _S8),
        Kernel("mote_quantize_f32_s8", "mote_quantize", Quantize, (_F32, _I8)),
        Kernel("mote_quantize_f32_u8", "mote_quantize", Quantize, (_F32, _U8)),
        Kernel("mote_quantize_s8_s8", "mote_lookup_s8", Quantize, _S8),
        Kernel("mote_quantize_s8_u8", "mote_lookup_u8", Quantize, (_I8, _U8)),
        Kernel("mote_quantize_u8_s8", "mote_lookup_s8", Quantize, (_U8, _I8)),
        Kernel("mote_dequantize_s8_f32", "mote_dequantize", Dequantize, (_I8, _F32)),
        Kernel("mote_dequantize_u8_f32", "mote_dequantize", Dequantize, (_U8, _F32)),
    )
}
"""Every kernel by name; each is defined in ``mote/kernels/<name>.c``."""
