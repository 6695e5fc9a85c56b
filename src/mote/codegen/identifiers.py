"""Names in the generated C: valid, readable, without collisions."""

import re
import unicodedata

from mote.lower.step import Program, Step
from mote.plan.plan import Plan

RESERVED = frozenset(
    {"mote", "all", "clean", "edit_cache", "help", "install", "package", "rebuild_cache", "test"}
)
"""The library's own prefix, and what no CMake target may be called. Keywords of C do no harm: in
C a name always goes on after the prefix, as in ``int_run``."""

MAX_CHARACTERS = 48
"""C99 promises 31 significant characters for external names; every compiler of today keeps all."""


def c_identifier(name: str) -> str:
    """A lower-case identifier that resembles ``name``, to start a model's C names with.

    Accents fall away, every other foreign character becomes an underscore, and ``model_`` goes in
    front where the result would start with a digit, be empty, or be reserved.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:MAX_CHARACTERS].rstrip("_")
    if not words:
        return "model"
    if words[0].isdigit() or words in RESERVED or words.startswith("mote_"):
        return f"model_{words}"
    return words


def layer_number(program: Program, index: int) -> str:
    """``03``: as many digits as the last layer needs, at least two."""
    return str(index).zfill(max(2, len(str(len(program.steps) - 1))))


def layer_function(program: Program, index: int) -> str:
    """``layer_03_conv_2d``: the C function of a step, which profiles name it by."""
    return f"layer_{layer_number(program, index)}_{program.steps[index].node.op.label}"


def constant_name(program: Program, index: int, field: str) -> str:
    """``kws_layer_03_weights``: an array in flash, named after the first layer that reads it."""
    index, field = program.owners[index, field]
    prefix = c_identifier(program.graph.name)
    return f"{prefix}_layer_{layer_number(program, index)}_{field}"


def offset(program: Program, plan: Plan, tensor: str) -> int:
    """Where a tensor lies in the arena."""
    buffer, start = program.place(tensor)
    return plan.offset(buffer) + start


def activations(program: Program, step: Step) -> tuple[str, ...]:
    """The operands of a step that lie in the arena, in the order of the call."""
    return tuple(t for t in step.node.inputs if not program.graph.tensors[t].is_constant)
