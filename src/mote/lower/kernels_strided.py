"""Which kernels have a form whose operands and results may be some channels of larger tensors."""

from collections.abc import Iterator
from dataclasses import replace

from mote.lower.step import Kernel

STRIDED = (
    "mote_add_s8",
    "mote_average_pool_2d_s8",
    "mote_conv_2d_s8",
    "mote_conv_2d_s8_dsp",
    "mote_conv_2d_s8_dsp_chain",
    "mote_conv_2d_s8_dsp_chain_affine",
    "mote_conv_2d_s8_dsp_chain_packed",
    "mote_conv_2d_s8_dsp_chain_packed_double",
    "mote_conv_2d_s8_dsp_chain_positive",
    "mote_conv_2d_s8_dsp_chain_single",
    "mote_conv_2d_s8_dsp_chain_split",
    "mote_conv_2d_s8_dsp_chain_split_affine",
    "mote_conv_2d_s8_dsp_chain_split_positive",
    "mote_conv_2d_s8_dsp_chain_split_single",
    "mote_conv_2d_s8_dsp_eight",
    "mote_conv_2d_s8_dsp_single",
    "mote_conv_2d_s8_dsp_wide",
    "mote_conv_2d_s8_dsp_wide_single",
    "mote_conv_2d_s8_dsp_winograd_2",
    "mote_conv_2d_s8_dsp_winograd_2_single",
    "mote_conv_2d_s8_dsp_winograd_4",
    "mote_conv_2d_s8_dsp_winograd_4_one",
    "mote_conv_2d_s8_dsp_winograd_4_one_single",
    "mote_conv_2d_s8_dsp_winograd_4_single",
    "mote_conv_2d_s8_dsp_winograd_row",
    "mote_conv_2d_s8_dsp_winograd_row_single",
    "mote_conv_2d_s8_dsp_winograd_row_two",
    "mote_conv_2d_s8_dsp_winograd_row_two_single",
    "mote_conv_2d_s8_dsp_winograd_thirds",
    "mote_conv_2d_s8_dsp_winograd_thirds_single",
    "mote_conv_2d_s8_swar",
    "mote_conv_2d_s8_w4",
    "mote_conv_2d_s8_w4_dsp",
    "mote_conv_2d_s8_w4_dsp_single",
    "mote_depthwise_conv_2d_s8",
    "mote_depthwise_conv_2d_s8_dsp",
    "mote_depthwise_conv_2d_s8_dsp_3x3",
    "mote_depthwise_conv_2d_s8_dsp_3x3_single",
    "mote_depthwise_conv_2d_s8_dsp_single",
    "mote_depthwise_conv_2d_s8_narrow_3x3",
    "mote_depthwise_conv_2d_s8_dsp_sixes",
    *(f"mote_depthwise_conv_2d_s8_dsp_sixes_{over}" for over in ("two", "three", "four")),
    "mote_depthwise_conv_2d_s8_dsp_threes",
    "mote_depthwise_conv_2d_s8_dsp_threes_two",
    *(f"mote_depthwise_conv_2d_s8_dsp_row_{width}" for width in (3, 4, 5, 6)),
    *(
        f"mote_depthwise_conv_2d_s8_dsp_slots_{form}"
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
    "mote_depthwise_conv_2d_s8_w4",
    "mote_depthwise_conv_2d_s8_w4_dsp",
    "mote_depthwise_conv_2d_s8_w4_dsp_3x3",
    "mote_depthwise_conv_2d_s8_w4_dsp_3x3_single",
    "mote_depthwise_conv_2d_s8_w4_dsp_single",
    "mote_max_pool_2d_s8",
    "mote_slice_s8",
    "mote_sub_s8",
    "mote_table_s8",
)
"""Kernels beside which ``kernels/<name>_strided.c`` stands; it is linked where it is called."""


def with_strided(*kernels: Kernel) -> Iterator[Kernel]:
    """All kernels, and the strided forms behind those that have one."""
    for kernel in kernels:
        if kernel.name not in STRIDED:
            yield kernel
            continue
        strided = f"{kernel.name}_strided"
        yield replace(kernel, strided=strided)
        yield replace(kernel, name=strided, takes_strides=True)
