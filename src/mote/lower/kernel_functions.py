"""Functions that kernels share, in bytes; written by scripts/kernel_sizes.py."""

SHARED_FUNCTIONS: dict[str, tuple[str, ...]] = {
    "mote_conv_2d_s8_dsp": (
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_chain": (
        "mote_chain_gather",
        "mote_chain_pack_4",
        "mote_chain_start_row",
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_chain_affine": (
        "mote_chain_lines",
        "mote_copy",
        "mote_fill",
        "mote_line_copy",
        "mote_line_expand",
    ),
    "mote_conv_2d_s8_dsp_chain_affine_dual": (
        "mote_chain_lines_dual",
        "mote_copy",
        "mote_fill",
        "mote_line_copy",
        "mote_line_expand",
    ),
    "mote_conv_2d_s8_dsp_chain_affine_points": (
        "mote_chain_lines",
        "mote_copy",
        "mote_line_expand",
    ),
    "mote_conv_2d_s8_dsp_chain_affine_points_dual": (
        "mote_chain_lines_dual",
        "mote_copy",
        "mote_line_expand",
    ),
    "mote_conv_2d_s8_dsp_chain_affine_slide": (
        "mote_chain_lines",
        "mote_copy",
        "mote_fill",
        "mote_line_copy",
    ),
    "mote_conv_2d_s8_dsp_chain_affine_strided": (
        "mote_chain_lines",
        "mote_copy",
        "mote_fill",
        "mote_line_copy_strided",
        "mote_line_expand",
    ),
    "mote_conv_2d_s8_dsp_chain_packed": (
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_chain_packed_double": (
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_chain_packed_double_strided": (
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_chain_packed_strided": (
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_chain_positive": (
        "mote_chain_gather",
        "mote_chain_pack_4",
        "mote_chain_start_row",
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_chain_positive_strided": (
        "mote_chain_gather_strided",
        "mote_chain_pack_4",
        "mote_chain_start_row",
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_chain_single": (
        "mote_chain_gather",
        "mote_chain_pack_4",
        "mote_chain_start_row",
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_chain_single_strided": (
        "mote_chain_gather_strided",
        "mote_chain_pack_4",
        "mote_chain_start_row",
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_chain_split": (
        "mote_chain_gather",
        "mote_chain_pack_4",
        "mote_chain_start_row",
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_chain_split_affine": (
        "mote_chain_gather",
        "mote_chain_pack_4",
        "mote_chain_start_row",
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_chain_split_affine_dual": (
        "mote_chain_gather",
        "mote_chain_pack_4",
        "mote_chain_start_row",
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_chain_split_affine_strided": (
        "mote_chain_gather_strided",
        "mote_chain_pack_4",
        "mote_chain_start_row",
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_chain_split_positive": (
        "mote_chain_gather",
        "mote_chain_pack_4",
        "mote_chain_start_row",
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_chain_split_positive_strided": (
        "mote_chain_gather_strided",
        "mote_chain_pack_4",
        "mote_chain_start_row",
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_chain_split_single": (
        "mote_chain_gather",
        "mote_chain_pack_4",
        "mote_chain_start_row",
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_chain_split_single_strided": (
        "mote_chain_gather_strided",
        "mote_chain_pack_4",
        "mote_chain_start_row",
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_chain_split_strided": (
        "mote_chain_gather_strided",
        "mote_chain_pack_4",
        "mote_chain_start_row",
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_chain_strided": (
        "mote_chain_gather_strided",
        "mote_chain_pack_4",
        "mote_chain_start_row",
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_points": ("mote_copy",),
    "mote_conv_2d_s8_dsp_single": (
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_single_points": ("mote_copy",),
    "mote_conv_2d_s8_dsp_single_strided": (
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_strided": (
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_wide": (
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_wide_points": ("mote_copy",),
    "mote_conv_2d_s8_dsp_wide_single": (
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_wide_single_points": ("mote_copy",),
    "mote_conv_2d_s8_dsp_wide_single_strided": (
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_wide_strided": (
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_winograd_2": (
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_winograd_2_single": (
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_winograd_2_single_strided": (
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_winograd_2_strided": (
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_winograd_4": (
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_winograd_4_one": (
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_winograd_4_one_single": (
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_winograd_4_one_single_strided": (
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_winograd_4_one_strided": (
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_winograd_4_single": (
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_winograd_4_single_strided": (
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_winograd_4_strided": (
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_winograd_row": (
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_winograd_row_single": (
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_winograd_row_single_strided": (
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_winograd_row_strided": (
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_winograd_row_two": (
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_winograd_row_two_single": (
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_winograd_row_two_single_strided": (
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_winograd_row_two_strided": (
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_winograd_thirds": (
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_winograd_thirds_single": (
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_winograd_thirds_single_strided": (
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_dsp_winograd_thirds_strided": (
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_w4_dsp": (
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_w4_dsp_single": (
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_w4_dsp_single_strided": (
        "mote_copy",
        "mote_fill",
    ),
    "mote_conv_2d_s8_w4_dsp_strided": (
        "mote_copy",
        "mote_fill",
    ),
    "mote_depthwise_conv_2d_s8_dsp": ("mote_fill",),
    "mote_depthwise_conv_2d_s8_dsp_3x3": ("mote_fill",),
    "mote_depthwise_conv_2d_s8_dsp_3x3_single": ("mote_fill",),
    "mote_depthwise_conv_2d_s8_dsp_3x3_single_strided": ("mote_fill",),
    "mote_depthwise_conv_2d_s8_dsp_3x3_strided": ("mote_fill",),
    "mote_depthwise_conv_2d_s8_dsp_row_3": (
        "mote_depthwise_rows",
        "mote_fill",
    ),
    "mote_depthwise_conv_2d_s8_dsp_row_3_strided": (
        "mote_depthwise_rows_strided",
        "mote_fill",
    ),
    "mote_depthwise_conv_2d_s8_dsp_row_4": (
        "mote_depthwise_rows",
        "mote_fill",
    ),
    "mote_depthwise_conv_2d_s8_dsp_row_4_strided": (
        "mote_depthwise_rows_strided",
        "mote_fill",
    ),
    "mote_depthwise_conv_2d_s8_dsp_row_5": (
        "mote_depthwise_rows",
        "mote_fill",
    ),
    "mote_depthwise_conv_2d_s8_dsp_row_5_strided": (
        "mote_depthwise_rows_strided",
        "mote_fill",
    ),
    "mote_depthwise_conv_2d_s8_dsp_row_6": (
        "mote_depthwise_rows",
        "mote_fill",
    ),
    "mote_depthwise_conv_2d_s8_dsp_row_6_strided": (
        "mote_depthwise_rows_strided",
        "mote_fill",
    ),
    "mote_depthwise_conv_2d_s8_dsp_single": ("mote_fill",),
    "mote_depthwise_conv_2d_s8_dsp_single_strided": ("mote_fill",),
    "mote_depthwise_conv_2d_s8_dsp_sixes": (
        "mote_depthwise_rows",
        "mote_fill",
    ),
    "mote_depthwise_conv_2d_s8_dsp_sixes_four": (
        "mote_depthwise_rows",
        "mote_fill",
    ),
    "mote_depthwise_conv_2d_s8_dsp_sixes_four_strided": (
        "mote_depthwise_rows_strided",
        "mote_fill",
    ),
    "mote_depthwise_conv_2d_s8_dsp_sixes_strided": (
        "mote_depthwise_rows_strided",
        "mote_fill",
    ),
    "mote_depthwise_conv_2d_s8_dsp_sixes_three": (
        "mote_depthwise_rows",
        "mote_fill",
    ),
    "mote_depthwise_conv_2d_s8_dsp_sixes_three_strided": (
        "mote_depthwise_rows_strided",
        "mote_fill",
    ),
    "mote_depthwise_conv_2d_s8_dsp_sixes_two": (
        "mote_depthwise_rows",
        "mote_fill",
    ),
    "mote_depthwise_conv_2d_s8_dsp_sixes_two_strided": (
        "mote_depthwise_rows_strided",
        "mote_fill",
    ),
    "mote_depthwise_conv_2d_s8_dsp_strided": ("mote_fill",),
    "mote_depthwise_conv_2d_s8_dsp_threes": (
        "mote_depthwise_rows",
        "mote_fill",
    ),
    "mote_depthwise_conv_2d_s8_dsp_threes_strided": (
        "mote_depthwise_rows_strided",
        "mote_fill",
    ),
    "mote_depthwise_conv_2d_s8_dsp_threes_two": (
        "mote_depthwise_rows",
        "mote_fill",
    ),
    "mote_depthwise_conv_2d_s8_dsp_threes_two_strided": (
        "mote_depthwise_rows_strided",
        "mote_fill",
    ),
    "mote_depthwise_conv_2d_s8_w4_dsp": ("mote_fill",),
    "mote_depthwise_conv_2d_s8_w4_dsp_single": ("mote_fill",),
    "mote_depthwise_conv_2d_s8_w4_dsp_single_strided": ("mote_fill",),
    "mote_depthwise_conv_2d_s8_w4_dsp_strided": ("mote_fill",),
}
"""A program has each of them once."""

SHARED_BYTES = {
    "mote_chain_gather": 364,
    "mote_chain_gather_strided": 364,
    "mote_chain_lines": 1_188,
    "mote_chain_lines_dual": 1_188,
    "mote_chain_pack_4": 132,
    "mote_chain_start_row": 72,
    "mote_copy": 80,
    "mote_depthwise_rows": 564,
    "mote_depthwise_rows_strided": 576,
    "mote_fill": 56,
    "mote_line_copy": 204,
    "mote_line_copy_strided": 292,
    "mote_line_expand": 112,
}
"""Of each of these."""
