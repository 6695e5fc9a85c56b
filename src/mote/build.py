"""The Python API: load a model, compile it for a target, run it, measure it, save the project."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any

import numpy as np

from mote.codegen import generate
from mote.errors import FitError, InputError, TargetError, ToolError, UnsupportedModelError
from mote.frontends import native, onnx, tflite
from mote.frontends import torch as pytorch
from mote.ir import Graph
from mote.ir.tensor import Array
from mote.lower.aliases import with_aliases
from mote.lower.float32 import computes_in_float
from mote.lower.join_channels import join_channels
from mote.lower.lower import lower
from mote.lower.step import Program
from mote.passes import optimize as optimized
from mote.passes.dead_channels import NOTHING_DEAD, DeadChannels, remove_dead_channels
from mote.passes.remove_transposes import remove_transposes
from mote.passes.turn_sequences import turn_sequences
from mote.plan import (
    MOST_FLASH,
    SLOWDOWN,
    Budget,
    Options,
    Plan,
    check_fit,
    choose_plan,
    place_in_regions,
    spare_scratch,
)
from mote.reference import check_inputs, quantise_hint
from mote.run import save as output
from mote.run.interface import Interface, interface
from mote.target import Region, Target, resolve

if TYPE_CHECKING:
    from mote.frontends.torch.importer import Exportable
    from mote.run.host import HostModel
    from mote.run.profile import Profile

Inputs = Array | Sequence[Array]
"""One array, or a list or tuple with one for each input of the graph."""

LOADERS: dict[str, Callable[[Path], Graph]] = {
    ".mote": native.load,
    ".onnx": onnx.load,
    ".pt2": lambda path: remove_transposes(pytorch.load(path), rename_moved=False),
    ".tflite": tflite.load,
}
"""Front end by the file's suffix."""


@dataclass(frozen=True)
class Build:
    """A compiled model.

    Args:
        graph: The network after all rewrites: what the C computes.
        program: Its kernel calls.
        plan: Where its buffers lie.
        target: What it was compiled for.
        files: The generated project: text by relative path.
        dead: The channels that ``graph`` lost, as no output depends on them.
        candidates: ``program`` with its steps in their fastest forms, and behind each the others
            (``Step.frugal``) among which the plan chose.
        planner_seconds: How long the processor was busy with choosing the plan; of no concern to
            what was built.
    """

    graph: Graph
    program: Program
    plan: Plan
    target: Target
    files: Mapping[str, str]
    dead: DeadChannels = NOTHING_DEAD
    candidates: Program | None = None
    planner_seconds: float = field(default=0.0, compare=False)

    def run(self, inputs: Inputs) -> Any:
        """The output for one sample; a tuple when the graph has several outputs.

        On the host the C runs in this process, for another core in the emulator.
        """
        (outputs,) = self.run_samples([_sample(inputs)])
        return outputs[0] if len(outputs) == 1 else outputs

    def run_samples(self, samples: Sequence[Inputs]) -> list[tuple[Array, ...]]:
        """The outputs for each of many samples, in one go."""
        checked = [self._checked(_sample(inputs)) for inputs in samples]
        if self.target.is_host:
            return [self._host.run(sample) for sample in checked]
        return list(self._emulate(checked, trace=False)[0])

    def trace(self, inputs: Inputs) -> dict[str, Array]:
        """Every activation of ``graph`` by name, as the target computes it for one sample."""
        return next(self.trace_samples([inputs]))

    def trace_samples(self, samples: Sequence[Inputs]) -> Iterator[dict[str, Array]]:
        """The activations for each of many samples; an emulated core runs them in one go."""
        checked = [self._checked(_sample(inputs)) for inputs in samples]
        if self.target.is_host:
            traces: Iterable[dict[str, Array]] = map(self._tracing_host.trace, checked)
        else:
            traces = self._emulate(checked, trace=True)[1]
        for sample, results in zip(checked, traces, strict=True):
            values = {**dict(zip(self.graph.inputs, sample, strict=True)), **results}
            yield with_aliases(self.program, values)

    def profile(self, inputs: Inputs | None = None, *, seed: int = 0) -> "Profile":
        """Instructions, cycles, RAM and flash, by layer; without inputs, on random ones."""
        from mote.run.profile import profile
        from mote.run.verify import random_samples

        if inputs is None:
            sample = next(random_samples(self.graph, 1, seed))
        else:
            sample = self._checked(_sample(inputs))
        return profile(self.files, self.program, self.plan, self.target, [sample], self.dead)

    @property
    def float_layers(self) -> tuple[str, ...]:
        """The layers that compute in float32, which ``allow_float`` let pass."""
        return self.program.float_layers

    def save(self, directory: str | Path) -> None:
        """Write the project; it appears whole or not at all."""
        output.save(self.files, Path(directory))

    @property
    def interface(self) -> Interface:
        """Where inputs, outputs and results lie in the arena."""
        return interface(self.program, self.plan)

    @cached_property
    def _host(self) -> "HostModel":
        from mote.run.host import load

        return load(self.files, self.interface)

    @cached_property
    def _tracing_host(self) -> "HostModel":
        from mote.run.host import load

        return load(self.files, self.interface, trace=True)

    def _emulate(
        self, samples: Sequence[Sequence[Array]], *, trace: bool
    ) -> tuple[tuple[tuple[Array, ...], ...], tuple[dict[str, Array], ...]]:
        from mote.run import firmware, qemu

        with tempfile.TemporaryDirectory(prefix="mote-") as directory:
            built = firmware.build(
                self.files, self.interface, self.target.core, Path(directory), trace=trace
            )
            execution = qemu.run(built, samples)
        return execution.outputs, execution.traces

    def _checked(self, inputs: Sequence[Any]) -> list[Array]:
        arrays = [np.asarray(x) for x in inputs]
        try:
            check_inputs(self.graph, arrays)
        except InputError as error:
            hint = quantise_hint(self.graph, arrays)
            raise InputError(error.where, error.found, details=error.details, hint=hint) from None
        return arrays


def _sample(inputs: Inputs) -> Sequence[Any]:
    return inputs if isinstance(inputs, list | tuple) else (inputs,)


def load(path: str | Path) -> Graph:
    """Read a model file.

    Raises:
        ModelFileError: It is missing, damaged or of no known format.
        UnsupportedModelError: It uses what Mote does not implement; lists every such thing.
    """
    # The TFLite reader says what a file of another format is.
    return LOADERS.get(Path(path).suffix.lower(), tflite.load)(Path(path))


def from_torch(module: "Exportable", example_inputs: Any = (), name: str = "model") -> Graph:
    """Convert a PyTorch module to a float graph; ``mote.frontends.torch.from_torch`` says how.

    No transposes are left in it but those that it needs.

    Args:
        module: The trained module, or an exported program.
        example_inputs: A tensor, or a tuple of them, with the shapes of deployment.
        name: Name of the graph; the base of C identifiers.

    Raises:
        InputError: The module or its inputs are no such things.
        UnsupportedModelError: It cannot be traced, or uses what has no equal; lists all of it.
    """
    graph = pytorch.from_torch(module, example_inputs, name)
    return remove_transposes(graph, rename_moved=False)


def save(graph: Graph, path: str | Path) -> None:
    """Write a graph as a ``.mote`` file, which ``load`` reads back bit for bit.

    Raises:
        OutputError: The file cannot be written; nothing of it is left behind.
    """
    output.save_file(native.to_bytes(graph), Path(path))


def compile(
    model: Graph | str | Path,
    target: str | Target,
    *,
    optimize: str = "balanced",
    slowdown: float = SLOWDOWN,
    ram: int | None = None,
    feed_rows: bool = False,
    allow_float: bool = False,
    regions: Sequence[Region] | None = None,
    plan_effort: float = 1.0,
    plan_seed: int = 1,
    tune: bool = False,
) -> Build:
    """Turn an int8 model into a C project for a core or a board.

    Channels that no input changes, or that nothing reads, are left out: ``Build.dead`` counts them.

    Args:
        model: A graph, or the path of a model file.
        target: As ``mote targets`` lists them; ``host`` is this machine.
        optimize: What the plan of the memory spares: ``ram`` (layers run interleaved, row by row,
            with the fewest bytes that ``slowdown`` allows), ``flash`` (the fewest bytes of
            constants and code), ``time`` (layer by layer), or ``balanced`` (the least product of
            RAM, flash and the square of cycles).
        slowdown: How many times the estimated cycles of ``time`` ``balanced`` and ``ram`` may take.
            ``math.inf``: no limit.
        ram: Most bytes of RAM, the most stack that any input can need included, except on the host
            and without its compiler; of the plans that keep to it, ``optimize`` chooses.
        feed_rows: The application delivers the input row by row while the network runs, with
            ``<prefix>_feed_row``, so that the input as a whole needs no memory.
        allow_float: Let layers compute in float32, which takes several times the cycles and four
            times the memory of int8; ``Build.float_layers`` names them.
        regions: Of RAM, where its parts differ in speed; the board's if not given. A plan that
            the fastest does not hold is divided: the C functions then take a block in each.
        plan_effort: How long the planner searches for a smaller arena, as a multiple of the usual:
            of states, pairs of buffers and steps of the solver, not of seconds, so that every
            machine finds the same plan. 0 takes what is found at once.
        plan_seed: Of the choices that it makes by chance.
        tune: Measure the kernels among which each layer has a choice on the emulated core, where
            they are estimated otherwise. The cycles are kept in the user's cache.

    Raises:
        MoteError: The model cannot be read, is not quantised, uses what has no kernel, or does
            not fit the board; nothing is written.
    """
    target = resolve(target) if isinstance(target, str) else target
    options = Options(
        optimize=optimize,
        slowdown=slowdown,
        ram_bytes=ram,
        flash_bytes=target.board.flash_bytes if target.board else MOST_FLASH,
        feed_rows=feed_rows,
        cycles_per_mac=2.0 if target.core.dsp else 8.0,
        budget=Budget(effort=plan_effort, seed=plan_seed),
    )
    graph = optimized(load(model) if isinstance(model, str | Path) else model)
    if not allow_float:
        _refuse_float(graph)
    _refuse_constant_outputs(graph)
    if feed_rows:
        _refuse_several_inputs(graph)
    graph, dead = remove_dead_channels(graph)
    if regions is None:
        regions = target.board.regions if target.board else ()
    turned = turn_sequences(graph)  # streams sequences too, for more cycles
    if optimize == "ram" or feed_rows:
        graph = turned
    try:
        build = _fitting(graph, target, options, regions, tune)
    except FitError:
        if ram is None or turned is graph:
            raise
        build = _fitting(turned, target, options, regions, tune)
    return replace(build, dead=dead)


def _fitting(
    graph: Graph,
    target: Target,
    options: Options,
    regions: Sequence[Region],
    tune: bool,
) -> Build:
    """The build that keeps to the limit of RAM, stack included."""
    program = lower(graph, target.core, target.slow_flash)
    joined = join_channels(program)
    programs = [program] if joined is program else [program, joined]
    if tune:
        from mote.run.tune import tuned

        programs = [tuned(each, target) for each in programs]
    limit, beside, seconds = options.ram_bytes, 0, 0.0
    while True:
        build = _planned(graph, programs, target, options, regions, beside)
        seconds += build.planner_seconds
        needed = beside_arena(build) if limit is not None else 0
        if limit is None or build.plan.total_bytes + needed <= limit:
            return replace(build, planner_seconds=seconds)
        if build.plan.total_bytes + beside > limit:  # although it is the smallest
            check_fit(build.program, build.plan, target, ram_bytes=limit, beside_bytes=needed)
        beside = needed  # more than it was, since the arena has left room for that


def _planned(
    graph: Graph,
    programs: Sequence[Program],
    target: Target,
    options: Options,
    regions: Sequence[Region],
    beside: int,
) -> Build:
    """The build whose arena leaves so many bytes of the limit of RAM."""
    limit = options.ram_bytes
    within = options if limit is None else replace(options, ram_bytes=max(0, limit - beside))
    start = process_time()
    candidates, plan = choose_plan(programs, within)
    plan = place_in_regions(plan, regions, options.budget)
    seconds = process_time() - start
    program = spare_scratch(candidates, plan.frugal, plan.ample)
    check_fit(program, plan, target, regions=regions)
    files = generate(program, plan, target)
    return Build(
        graph, program, plan, target, files, candidates=candidates, planner_seconds=seconds
    )


def beside_arena(build: Build) -> int:
    """Stack and variables beside the arena; 0 where nothing can be built that has them."""
    from mote.run.profile import beside_arena as examined
    from mote.run.toolchain import find

    if build.target.is_host:
        return 0
    try:
        find(build.target.core.tools.compiler)
        return sum(examined(build.files, build.program, build.plan, build.target))
    except TargetError:  # larger than any emulated machine, for which programs are linked
        return 0
    except ToolError as error:
        if error.where != build.target.core.tools.compiler or "not found" not in error.found:
            raise
        return 0


def _refuse_float(graph: Graph) -> None:
    """Float tensors may stand at the ends, before quantize and behind dequantize nodes."""
    problems = [
        f"node '{node.name}': {node.op.label} computes in float32"
        for node in graph.nodes
        if computes_in_float(graph, node)
    ]
    if problems:
        raise UnsupportedModelError(
            graph.name,
            f"{len(problems)} of {len(graph.nodes)} layers compute in float32; int8 is needed",
            details=problems,
            hint="`mote quantize` (mote.quantize in Python) makes them int8; so does a converter "
            "with full integer quantisation; --allow-float (allow_float=True) computes them in "
            "float32, which costs time and memory",
        )


def _refuse_constant_outputs(graph: Graph) -> None:
    names = [f"output '{t}'" for t in graph.outputs if graph.tensors[t].is_constant]
    if names:
        raise UnsupportedModelError(
            graph.name, "some outputs are constants, which need no model", details=names
        )


def _refuse_several_inputs(graph: Graph) -> None:
    if len(graph.inputs) > 1:
        raise UnsupportedModelError(
            graph.name,
            f"has {len(graph.inputs)} inputs; the rows of one can be delivered one by one",
            hint="compile it without --feed-rows (feed_rows=True)",
        )
