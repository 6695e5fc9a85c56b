"""What Mote supports: operator x element types x core, read from the operators and the kernels."""

import enum
from dataclasses import dataclass

from mote.ir.ops import OPS, Op, Reshape
from mote.ir.tensor import DType
from mote.lower.kernels import KERNELS
from mote.target.cores import CORES
from mote.target.target import Core


class Support(enum.Enum):
    """How an operator with certain element types is computed on a core."""

    MVE = "mve"
    DSP = "dsp"
    PORTABLE = "portable"
    FREE = "free"
    FLOAT = "float"

    @property
    def meaning(self) -> str:
        """One sentence for the legend of a table."""
        return {
            "mve": "a kernel for the vector extension MVE, beside the next two",
            "dsp": "a kernel for the DSP extension, and a portable one with the same bytes out",
            "portable": "a kernel in portable C",
            "free": "needs no code: the result is another name for the same bytes",
            "float": "a kernel in portable C, compiled only with --allow-float",
        }[self.value]


@dataclass(frozen=True)
class SupportRow:
    """One operator with one combination of element types.

    Args:
        kind: The operator.
        summary: What it computes, in one line.
        dtypes: Types of the first operand and of the result.
        cores: How each core computes it, by the core's name.
    """

    kind: str
    summary: str
    dtypes: tuple[DType, DType]
    cores: dict[str, Support]


def support_table() -> tuple[SupportRow, ...]:
    """Every operator with each of its element types, in the operators' order."""
    return tuple(
        SupportRow(
            op.kind,
            (op.__doc__ or "").partition("\n")[0],
            dtypes,
            {core.name: _support(op, dtypes, core) for core in CORES.values()},
        )
        for op in OPS
        for dtypes in op.dtypes
    )


def _support(op: type[Op], dtypes: tuple[DType, DType], core: Core) -> Support:
    kernels = [k for k in KERNELS.values() if k.computes(op) and k.dtypes == dtypes]
    if op is Reshape:
        return Support.FREE
    assert kernels, (op, dtypes)
    if any(kernel.is_float for kernel in kernels):
        return Support.FLOAT
    if any(kernel.needs_mve for kernel in kernels) and core.mve:
        return Support.MVE
    if any(kernel.needs_dsp for kernel in kernels) and core.dsp:
        return Support.DSP
    return Support.PORTABLE
