"""Measures the forms of a program's steps on the emulated core, where lowering only estimates."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, partial
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

from mote.codegen import generate
from mote.codegen.library import kernel_files
from mote.errors import TargetError
from mote.lower.step import Program, Step
from mote.plan import Options, make_plan, spare_scratch
from mote.plan.forms import flash_bytes, forms
from mote.run.cache import content_key, stored
from mote.run.profile import profile
from mote.run.toolchain import version
from mote.run.verify import random_samples
from mote.target import Target


def tuned(program: Program, target: Target) -> Program:
    """The same program, its steps' forms in the order of the cycles that they were measured at.

    Forms that cost more cycles than another one and spare nothing are left out. Whole layers are
    measured, alone in the order of the network; what more and smaller calls cost stays estimated.
    Each figure is kept under everything that it depends on, and never measured again.

    Args:
        program: With the forms of its steps, which all compute the same.
        target: Of which the emulated core, and the board's flash, count.

    Raises:
        TargetError: The target is the host.
        ToolError: The compiler or the emulator is missing.
    """
    if target.is_host:
        raise TargetError("host", "counts no cycles: emulated cores are measured to tune a build")
    found = [forms(step) for step in program.steps]
    if all(len(each) == 1 for each in found):
        return program
    tools = version(target.core.tools.compiler), _model(), _board(target)
    keys = [[_key(program, form, tools) for form in each] for each in found]
    measured: dict[str, int] = {}
    for level in range(max(len(each) for each in found)):
        chosen = [min(level, len(each) - 1) for each in found]
        wanted = [k for k, each in enumerate(found) if len(each) > max(level, 1)]
        measure = partial(_measure, program, chosen, target)
        measured |= _kept({keys[k][level]: k for k in wanted}, measure)
    steps = [
        _ranked(program, step, [measured[key] for key in each]) if step.frugal else step
        for step, each in zip(program.steps, keys, strict=True)
    ]
    return replace(program, steps=tuple(steps))


def _kept(wanted: dict[str, int], measure: Callable[[], list[int]]) -> dict[str, int]:
    """The cycles of steps by key: from the cache, or measured all at once when one is missing."""
    cycles: list[int] = []

    def write(step: int, path: Path) -> None:
        if not cycles:
            cycles.extend(measure())
        path.write_text(str(cycles[step]))

    kept = {key: stored(f"tuned/{key}", partial(write, step)) for key, step in wanted.items()}
    return {key: int(path.read_text()) for key, path in kept.items()}


def _measure(program: Program, chosen: Sequence[int], target: Target) -> list[int]:
    """Cycles of every step, each in one of its forms."""
    steps = spare_scratch(program, chosen).steps
    alone = replace(program, steps=tuple(replace(s, frugal=None) for s in steps))
    plan = make_plan(alone, Options(optimize="time"))
    sample = next(random_samples(program.graph, 1, 0))
    found = profile(generate(alone, plan, target), alone, plan, target, [sample])
    return [layer.cycles for layer in found.layers]


def _ranked(program: Program, step: Step, cycles: Sequence[int]) -> Step:
    """The fastest form, with the others that spare something as its frugal ones."""
    ranked = sorted(zip(cycles, forms(step), strict=True), key=lambda pair: pair[0])
    if _is_shared(program, step):  # steps that share weights have their forms in common
        ranked = list(zip(cycles, forms(step), strict=True))
    else:
        ranked = [
            (count, form)
            for k, (count, form) in enumerate(ranked)
            if not any(_spares_all(other, form) for _, other in ranked[:k])
        ]
    differences = [after[0] - before[0] for before, after in pairwise(ranked)]
    best = replace(ranked[-1][1], frugal=None, frugal_cycles=0)
    for (_, form), more in zip(ranked[-2::-1], reversed(differences), strict=True):
        best = replace(form, frugal=best, frugal_cycles=more)
    return best


def _spares_all(form: Step, other: Step) -> bool:
    """True when the other form takes no less of anything."""
    return form.scratch_bytes <= other.scratch_bytes and flash_bytes(form) <= flash_bytes(other)


def _is_shared(program: Program, step: Step) -> bool:
    weights = step.node.inputs[1:]
    return sum(other.node.inputs[1:] == weights for other in program.steps) > 1


@cache
def _model() -> str:
    """What counts cycles, as text: an older one's figures must not be taken for its own."""
    folders = (files("mote.run.cycles"), files("mote.run.plugin"))
    texts = {p.name: p for folder in folders for p in folder.iterdir() if p.is_file()}
    return "".join(texts[name].read_text(encoding="utf-8") for name in sorted(texts))


def _board(target: Target) -> str:
    """What of a board changes cycles."""
    return f"{target.core.name} {target.board.flash if target.board else ''}"


def _key(program: Program, step: Step, tools: Sequence[str]) -> str:
    """Everything that the cycles of a step depend on."""
    graph = program.graph
    tensors = [graph.tensors[name] for name in (*step.node.inputs, step.node.output)]
    shapes = [(t.shape, t.dtype.value) for t in tensors]
    constants = [(c.field, c.array.dtype.str, c.array.tobytes().hex()) for c in step.constants]
    code = kernel_files(replace(program, steps=(step,)))
    parts = step.kernel.name, step.parameters, shapes, constants, sorted(code.items())
    return content_key(*tools, *map(repr, parts))
