"""Operators that change the element type or the quantisation."""

from dataclasses import dataclass

from mote.ir.ops.operator import F32, S8, S16, U8, Op


@dataclass(frozen=True)
class Quantize(Op):
    """To an integer type, or from one integer quantisation to another."""

    kind = "quantize"
    dtypes = (
        (F32, S8),
        (F32, U8),
        (F32, S16),
        (S8, S8),
        (U8, S8),
        (S8, U8),
        (S8, S16),
        (S16, S8),
        (S16, S16),
    )


@dataclass(frozen=True)
class Dequantize(Op):
    """Integers to the real values they stand for.

    With ``keep_float`` no pass may turn what reads them into its integer form.
    """

    kind = "dequantize"
    dtypes = ((S8, F32), (U8, F32), (S16, F32))
    keep_float: bool = False
