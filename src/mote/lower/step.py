"""What a graph becomes before memory is planned: one kernel call per node, with its constants."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mote.ir.graph import Graph, Node
from mote.ir.ops import Dequantize, Op, Quantize
from mote.ir.tensor import Array, DType
from mote.lower.split import Split, pixel_size, row_bytes
from mote.target.target import Core


@dataclass(frozen=True)
class Constant:
    """An array in flash.

    Args:
        field: Field of the kernel's parameter struct that points to it, for example ``weights``.
        array: The values in the order in which the kernel reads them.
        is_weights: True for what the model learnt (weights, biases), False for tables and
            requantisation parameters.
        table_bytes: Of an array of weights, how much is of the other kind all the same.
    """

    field: str
    array: Array
    is_weights: bool
    table_bytes: int = 0

    @property
    def learnt_bytes(self) -> int:
        """What the model learnt."""
        return self.array.nbytes - self.table_bytes if self.is_weights else 0


@dataclass(frozen=True)
class Kernel:
    """A C function of the library: ``void name(const struct *, x..., y[, scratch])``.

    Args:
        name: Function; defined in ``kernels/<name>.c``, declared in ``mote_kernels.h``.
        struct: Type of its parameter struct, declared there too.
        operator: The operator that it computes.
        also: Other operators that it computes.
        dtypes: (first input, result) element types that it serves.
        needs_dsp: True when it is faster only on cores with the DSP extension. It still runs
            everywhere, through the portable definitions in ``mote_dsp.h``.
        needs_mve: True when it is faster only on cores with MVE; it still runs everywhere, too.
        needs_swar: True when it is faster only on cores for which two sums in a word pay.
        needs_narrow: True when it is faster only on cores without a wide multiplication.
        is_small: True when all that speaks for it is how few bytes of code and constants it takes.
        is_extra: True when it only spares cycles of few layers that kernels with more uses compute,
            too: it is not weighed against them where flash counts. Such a form is never the last.
        takes_scratch: True when its last argument is a scratch pointer.
        takes_array: True when it reads any number of operands, through an array of pointers with
            nulls for constants.
        takes_rows: True when it reads its only activation through an array of pointers to the rows
            that it needs, with nulls for rows outside the image.
        takes_row: True when its last argument is the number, in its image, of the first row of the
            result that it computes.
        takes_state: True when its last arguments are a pointer to what it keeps from call to call,
            and the number of the call.
        takes_strides: True when its last argument says how far pixels of operands and result lie
            from each other, where these are some channels of larger tensors.
        strided: Name of the kernel that computes the same and takes strides; none if empty.
    """

    name: str
    struct: str
    operator: type[Op]
    dtypes: tuple[DType, DType]
    needs_dsp: bool = False
    needs_mve: bool = False
    needs_swar: bool = False
    needs_narrow: bool = False
    is_small: bool = False
    is_extra: bool = False
    takes_scratch: bool = False
    takes_array: bool = False
    takes_rows: bool = False
    takes_row: bool = False
    takes_state: bool = False
    takes_strides: bool = False
    strided: str = ""
    also: tuple[type[Op], ...] = ()

    def computes(self, operator: type[Op]) -> bool:
        """True when steps of that operator may call it."""
        return operator is self.operator or operator in self.also

    @property
    def header(self) -> str:
        """The file that declares it."""
        if self.takes_strides:
            return "mote_kernels_strided.h"
        return "mote_kernels_f32.h" if self.is_float else "mote_kernels.h"

    @property
    def is_float(self) -> bool:
        """True when it computes on real numbers; conversions to and from them do not."""
        return self.dtypes in (
            (DType.FLOAT32, DType.FLOAT32),
            (DType.INT32, DType.FLOAT32),  # a table of reals, looked up
        )

    @property
    def type(self) -> str:
        """What it computes on, for people: ``int8``, or ``float32 to int8`` for a conversion."""
        x, y = (dtype.value for dtype in self.dtypes)
        converts = x != y and self.operator in (Quantize, Dequantize)
        return f"{x} to {y}" if converts else y


@dataclass(frozen=True)
class Step:
    """One kernel call.

    Args:
        node: The node that it computes; operands and result are the call's pointers, constants
            excluded, in the node's order.
        kernel: The C function to call.
        parameters: Scalar fields of the struct, and short arrays in it, by name. Floats print as C
            float literals.
        constants: Array fields of the struct.
        scratch_bytes: Working memory during the call, 4-byte aligned; 0 when none.
        in_place: Indices of the activations (constants not counted) whose bytes the result may
            overwrite: it starts where the operand does, or below.
        constant_operands: Indices of the operands that are constants, for a kernel that takes an
            array of operands.
        split: How it divides into calls; None when one call must compute all of it. Without a
            split, parameters are those of the one call.
        frugal: The same step with less scratch, in more cycles; None when there is none.
        frugal_cycles: Estimate of how many more, for the whole layer.
        state_bytes: Memory that it keeps from its first call to its last, 4-byte aligned.
        ample: The same step with more scratch, in fewer cycles, from the same parameters and
            constants, for those of its calls that the plan has room for; None where it has none.
    """

    node: Node
    kernel: Kernel
    parameters: tuple[tuple[str, int | float | tuple[int, ...]], ...] = ()
    constants: tuple[Constant, ...] = ()
    scratch_bytes: int = 0
    in_place: tuple[int, ...] = ()
    constant_operands: tuple[int, ...] = ()
    split: Split | None = None
    state_bytes: int = 0
    frugal: "Step | None" = None
    frugal_cycles: int = 0
    ample: "Step | None" = None

    @property
    def kernels(self) -> tuple[Kernel, ...]:
        """The C functions that its calls call."""
        return (self.kernel, self.ample.kernel) if self.ample else (self.kernel,)

    @cached_property
    def layout(self) -> bytes:
        """Of the weights: equal for steps for which flash holds them once."""
        weights = [c.array for c in self.constants if c.field == "weights"]
        return hashlib.sha256(b"".join(map(np.ndarray.tobytes, weights))).digest()

    @property
    def working_bytes(self) -> int:
        """Memory besides operands and result; what a layer adds up between calls is its result."""
        adds_up = self.split is not None and self.split.accumulates
        return self.scratch_bytes + (0 if adds_up else self.state_bytes)

    def call_parameters(self, calls: int) -> tuple[tuple[str, int | float | tuple[int, ...]], ...]:
        """The parameters of each call, when that many equal ones compute the layer."""
        scaled = self.split.scaled if self.split else ()
        return tuple(
            (name, _share(value, calls) if name in scaled else value)
            for name, value in self.parameters
        )


def _share(value: int | float | tuple[int, ...], calls: int) -> int | float | tuple[int, ...]:
    """One call's part of a number of elements, or of the outermost loop that turns."""
    if isinstance(value, tuple):
        outer = next((i for i, size in enumerate(value) if size > 1), 0)
        return (*value[:outer], value[outer] // calls, *value[outer + 1 :])
    assert isinstance(value, int)
    assert value % calls == 0, "calls are equal"
    return value // calls


Lowering = Callable[[Graph, Node, Core], Step]
"""How a node becomes a kernel call."""


@dataclass(frozen=True)
class Alias:
    """A tensor whose bytes lie inside those of another one, which may itself be an alias.

    The result of a reshape, rows or channels that a slice takes, and what a concatenation puts
    together.

    Args:
        name: The tensor.
        of: In whose bytes it lies.
        offset: Where it starts there, in bytes.
        pixel_bytes: From one of its pixels to the next, where it is some channels of each pixel;
            0 when its bytes lie one behind the other.
    """

    name: str
    of: str
    offset: int = 0
    pixel_bytes: int = 0


@dataclass(frozen=True)
class Program:
    """Kernel calls in execution order.

    Args:
        graph: The graph that the steps compute.
        steps: The calls. Nodes whose result only names bytes that are there need none.
        aliases: The tensors that lie in other ones.
    """

    graph: Graph
    steps: tuple[Step, ...]
    aliases: tuple[Alias, ...] = ()

    @cached_property
    def owners(self) -> Mapping[tuple[int, str], tuple[int, str]]:
        """(step, field) of every constant -> those of the first one with equal values and type.

        Flash holds an array once, under the name of its owner; the tiles of a layer share theirs.
        """
        first: dict[tuple[str, bool, bytes], tuple[int, str]] = {}
        found = {}
        for index, step in enumerate(self.steps):
            for c in step.constants:
                digest = hashlib.sha256(np.ascontiguousarray(c.array).tobytes()).digest()
                key = (c.array.dtype.str, c.is_weights, digest)
                found[index, c.field] = first.setdefault(key, (index, c.field))
        return found

    @property
    def arrays(self) -> tuple[tuple[int, Constant], ...]:
        """What flash holds: every array with the step that owns it, in execution order."""
        return tuple(
            (index, constant)
            for index, step in enumerate(self.steps)
            for constant in step.constants
            if self.owners[index, constant.field] == (index, constant.field)
        )

    @property
    def float_layers(self) -> tuple[str, ...]:
        """Names of the nodes that compute in float32; conversions are not among them."""
        return tuple(step.node.name for step in self.steps if step.kernel.is_float)

    def buffer(self, tensor: str) -> str:
        """The name under which a tensor's bytes are planned."""
        return self.place(tensor)[0]

    def place(self, tensor: str) -> tuple[str, int]:
        """The buffer in which a tensor lies, and the byte at which it starts there."""
        start = 0
        while tensor in self._names:
            alias = self._names[tensor]
            start += alias.offset
            tensor = alias.of
        return tensor, start

    def pixel_bytes(self, tensor: str) -> int:
        """From one pixel of a tensor to the next, where it is some channels of a buffer's pixels;
        0 when its bytes lie one behind the other."""
        found = 0
        while tensor in self._names:
            alias = self._names[tensor]
            found = alias.pixel_bytes or found
            tensor = alias.of
        return found

    def row_bytes(self, tensor: str) -> int:
        """From one row of a tensor to the next."""
        found, size = self.graph.tensors[tensor], self.pixel_bytes(tensor)
        return row_bytes(found) // pixel_size(found) * (size or pixel_size(found))

    @cached_property
    def pixels(self) -> Mapping[str, int]:
        """Size of the pixels of each buffer of which tensors are some channels."""
        parts = [alias.name for alias in self.aliases if alias.pixel_bytes]
        return {self.buffer(name): self.pixel_bytes(name) for name in parts}

    @cached_property
    def _names(self) -> Mapping[str, Alias]:
        return {alias.name: alias for alias in self.aliases}
