"""Measures one inference on an emulated core: instructions, cycles, RAM and flash, by layer."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from mote.codegen.identifiers import constant_name, layer_function, layer_number
from mote.ir.tensor import Array
from mote.lower.step import Program
from mote.passes.dead_channels import NOTHING_DEAD, DeadChannels
from mote.plan.plan import Plan
from mote.run.count import RUN_ROW, Caches
from mote.run.cycles import Cost, disassemble, estimate
from mote.run.elf import Sizes, read_image, sizes, window
from mote.run.firmware import build
from mote.run.interface import interface
from mote.run.machine import MACHINES
from mote.run.qemu import run
from mote.run.stack import model_stack
from mote.target import Core, Target
from mote.target.flash import Flash

REFERENCE_CLOCK_HZ = 100_000_000
"""Clock at which times are given when the target is a core without a board."""


@dataclass(frozen=True, kw_only=True)
class Totals:
    """The whole model.

    Args:
        macs: Multiply-accumulates of one inference, padding taps included.
        network_macs: Those of the network as it was given, with the channels that are dead.
        instructions: Executed by one call of ``<prefix>_run``; exact.
        cycles: Estimated; flash stalls included when they are known.
        flash_stall_cycles: Of these, cycles lost waiting for flash; 0 for a core without a board,
            None for a board whose flash is not modelled.
        cycles_per_mac: None when the model has no multiply-accumulates.
        cycle_error: What is known of the error of ``cycles``, and what it leaves out.
        clock_hz: The board's clock, or ``REFERENCE_CLOCK_HZ``.
        ms: Milliseconds for one inference at that clock.
        ram_bytes: arena + scratch + stack + variables.
        arena_bytes: Activations.
        scratch_bytes: What working memory of single layers adds to the arena.
        stack_bytes: Most stack written below the caller's.
        stack_bound_bytes: Most stack that any input can make it need, from its machine code.
        variables_bytes: Variables outside the arena.
        region_bytes: Where the arena is divided among regions of RAM, what lies in each.
        flash_bytes: code + rodata + weights: every byte of the image.
        code_bytes: Instructions, startup included.
        startup_bytes: Of these, the vector table and the measuring harness.
        rodata_bytes: Constants that are not learnt.
        weights_bytes: Weights and biases.
    """

    macs: int
    network_macs: int
    instructions: int
    cycles: int
    flash_stall_cycles: int | None
    cycles_per_mac: float | None
    cycle_error: str
    clock_hz: int
    ms: float
    ram_bytes: int
    arena_bytes: int
    scratch_bytes: int
    stack_bytes: int
    stack_bound_bytes: int
    variables_bytes: int
    flash_bytes: int
    code_bytes: int
    startup_bytes: int
    rodata_bytes: int
    weights_bytes: int
    region_bytes: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One step.

    Args:
        index: Its number, as in the generated C.
        name, op, kernel: Node, operator kind, C function.
        type: What it computes on: ``int8``, or ``float32 to int8`` for a conversion.
        macs, instructions, cycles, flash_stall_cycles, cycles_per_mac: As in ``Totals``.
        ram_live_bytes: Bytes of the arena that hold something during the step, scratch included.
        weights_bytes, rodata_bytes: Its constants in flash; those that an earlier layer reads too
            are counted there.
    """

    index: int
    name: str
    op: str
    kernel: str
    type: str
    macs: int
    instructions: int
    cycles: int
    flash_stall_cycles: int | None
    cycles_per_mac: float | None
    ram_live_bytes: int
    weights_bytes: int
    rodata_bytes: int


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A measured model.

    Args:
        model, target: Their names.
        totals: The whole.
        layers: Every step; instructions and cycles of these and of ``run`` add up to the totals.
        float_layers: Names of the layers that compute in float32.
        run: What ``<prefix>_run`` itself executes around the layers.
        stack_path: The functions that are active where the stack may be deepest.
    """

    model: str
    target: str
    totals: Totals
    layers: tuple[Layer, ...]
    float_layers: tuple[str, ...]
    run: Cost
    stack_path: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """A dictionary that ``json.dumps`` takes."""
        return asdict(self)


def profile(
    project: Mapping[str, str],
    program: Program,
    plan: Plan,
    target: Target,
    samples: Sequence[Sequence[Array]],
    dead: DeadChannels = NOTHING_DEAD,
) -> Profile:
    """Build a generated project for a target's core, run it emulated, and measure.

    Args:
        project: What ``codegen.generate`` returned.
        program, plan: What it was generated from.
        target: A core, or a board.
        samples: At least one; the first is counted, the stack is the most that any of them used.
        dead: What the program lost of the network that was given.
    """
    core, face, steps = target.core, interface(program, plan), range(len(program.steps))
    flash = target.slow_flash
    waits = (flash.wait_states or 0) if flash else 0
    with tempfile.TemporaryDirectory(prefix="mote-") as directory:
        firmware = build(project, face, core, Path(directory))
        image = read_image(firmware.elf)
        functions = [layer_function(program, index) for index in steps]
        watched = replace(window(image, face.prefix, functions), caches=_caches(flash, core))
        execution = run(firmware, samples, window=watched)
        code = disassemble(firmware.elf, core)
        stack = model_stack(image, code, program)
        rows = estimate(execution.counts, code, core, wait_states=waits)
    weights = {
        constant_name(program, index, constant.field)
        for index, constant in program.arrays
        if constant.is_weights
    }
    tables = sum(c.array.nbytes - c.learnt_bytes for _, c in program.arrays if c.is_weights)
    parts = sizes(image, weights, tables)
    layers = tuple(
        _layer(program, plan, target, index, rows.get(index + 1, Cost()), parts) for index in steps
    )
    return Profile(
        model=program.graph.name,
        target=target.name,
        totals=_totals(
            target,
            plan,
            parts,
            macs=sum(layer.macs for layer in layers),
            saved_macs=dead.macs[0] - dead.macs[1],
            cost=sum(rows.values(), Cost()),
            stack_bytes=execution.stack_bytes,
            stack_bound_bytes=stack.bytes,
        ),
        layers=layers,
        float_layers=program.float_layers,
        run=rows.get(RUN_ROW, Cost()),
        stack_path=stack.path,
    )


def beside_arena(
    project: Mapping[str, str], program: Program, plan: Plan, target: Target
) -> tuple[int, int]:
    """Most stack that any input can make a model need, and its variables outside the arena.

    The program is built, not run; arguments as ``profile``.
    """
    with tempfile.TemporaryDirectory(prefix="mote-") as directory:
        elf = build(project, interface(program, plan), target.core, Path(directory)).elf
        image, code = read_image(elf), disassemble(elf, target.core)
    return model_stack(image, code, program).bytes, sizes(image, ()).variables_bytes


def _caches(flash: Flash | None, core: Core) -> Caches | None:
    """What to simulate; nothing where no cycle is lost, since it costs time."""
    if flash is None:
        return None
    machine = MACHINES[core.machine]
    assert flash.instruction_cache is not None
    area = (machine.flash, machine.flash + machine.flash_bytes)
    return Caches(area, flash.instruction_cache, flash.data_cache)


def _stalls(target: Target, cost: Cost) -> int | None:
    known = target.board is None or target.board.flash.is_modelled
    return cost.flash_stall_cycles if known else None


def _totals(
    target: Target,
    plan: Plan,
    parts: Sizes,
    *,
    macs: int,
    saved_macs: int,
    cost: Cost,
    stack_bytes: int,
    stack_bound_bytes: int,
) -> Totals:
    clock_hz = target.board.clock_hz if target.board else REFERENCE_CLOCK_HZ
    return Totals(
        macs=macs,
        network_macs=macs + saved_macs,
        instructions=cost.instructions,
        cycles=cost.cycles,
        flash_stall_cycles=_stalls(target, cost),
        cycles_per_mac=_ratio(cost.cycles, macs),
        cycle_error=target.cycle_error,
        clock_hz=clock_hz,
        ms=1000 * cost.cycles / clock_hz,
        ram_bytes=plan.total_bytes + stack_bytes + parts.variables_bytes,
        arena_bytes=plan.arena_bytes,
        scratch_bytes=plan.scratch_bytes,
        stack_bytes=stack_bytes,
        stack_bound_bytes=stack_bound_bytes,
        variables_bytes=parts.variables_bytes,
        flash_bytes=parts.flash_bytes,
        code_bytes=parts.code_bytes,
        startup_bytes=parts.startup_bytes,
        rodata_bytes=parts.rodata_bytes,
        weights_bytes=parts.weights_bytes,
        region_bytes={b.name: b.bytes for b in plan.blocks} if plan.regions else {},
    )


def _layer(
    program: Program, plan: Plan, target: Target, index: int, cost: Cost, parts: Sizes
) -> Layer:
    step = program.steps[index]
    macs = program.graph.macs(step.node)
    owned = [constant for owner, constant in program.arrays if owner == index]
    names = [constant_name(program, index, constant.field) for constant in owned]
    names.append(f"layer_{layer_number(program, index)}")  # the parameter struct
    learnt = sum(constant.learnt_bytes for constant in owned)
    return Layer(
        index=index,
        name=step.node.name,
        op=step.node.op.label,
        kernel=step.kernel.name,
        type=step.kernel.type,
        macs=macs,
        instructions=cost.instructions,
        cycles=cost.cycles,
        flash_stall_cycles=_stalls(target, cost),
        cycles_per_mac=_ratio(cost.cycles, macs),
        ram_live_bytes=_live_bytes(plan, index),
        weights_bytes=learnt,
        rodata_bytes=sum(parts.constants.get(name, 0) for name in names) - learnt,
    )


def _live_bytes(plan: Plan, index: int) -> int:
    """Bytes under at least one buffer that is alive during a step; in-place pairs count once."""
    spans = sorted((b.start, b.end) for b in plan.buffers if b.first <= index <= b.last)
    live = end = 0
    for start, stop in spans:
        live += max(0, stop - max(start, end))
        end = max(end, stop)
    return live


def _ratio(cycles: int, macs: int) -> float | None:
    return cycles / macs if macs else None
