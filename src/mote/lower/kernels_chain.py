"""The C functions of the library for convolutions with several products in an instruction."""

from dataclasses import replace

from mote.ir.ops import Conv2D
from mote.ir.tensor import DType
from mote.lower.step import Kernel


def _chain(form: str, struct: str = "mote_conv_2d_chain", strided: str = "") -> Kernel:
    return Kernel(
        f"mote_conv_2d_s8_dsp_chain{form}",
        struct,
        Conv2D,
        (DType.INT8, DType.INT8),
        needs_dsp=True,
        takes_scratch=True,
        takes_rows=True,
        strided=f"mote_conv_2d_s8_dsp_chain{strided}" if strided else "",
    )


def _line(form: str, strided: str = "") -> Kernel:
    line = _chain(f"_affine{form}", "mote_conv_2d_line", strided)
    return replace(line, takes_state=form != "_slide")


KERNELS_CHAIN = (
    *(
        _chain(f"{split}{form}")
        for split in ("", "_split")
        for form in ("", "_positive", "_single")
    ),
    *(_chain(form) for form in ("_packed", "_packed_double", "_split_affine")),
    _chain("_split_affine_dual", strided="_split_affine_strided"),
    _line(""),
    *(_line(f, "_affine_strided") for f in ("_points", "_slide", "_dual", "_points_dual")),
    *(_line(f, "_affine_wide_strided") for f in ("_points_wide", "_points_wide_dual")),
    replace(_line("_points_one", "_affine_strided"), is_extra=True),
    _line("_points_wide_rest"),
    replace(_line("_wide_strided"), takes_strides=True),
)
"""Each is defined in ``mote/kernels/<name>.c``."""
