"""What does one inference cost? Instructions, cycles, RAM and flash, beside what peers need.

    python benchmarks/cost.py [--model kws] [--target cortex-m4] [--json]

RAM and flash are in bytes. All is measured on the built firmware (docs/measuring.md). A board adds
what is lost waiting for its flash. Only the Cortex-M4 has bars.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import click

import mote
from models import MODELS
from mote.lower.step import Program
from mote.target import CORES
from report import Figure, options, progress, run, show

WITH_BARS = "cortex-m4"
TARGETS = [*(name for name, core in CORES.items() if core.machine), "nucleo-l4r5zi"]
TFLM = "TFLM + CMSIS-NN"
PUBLISHED = "best published, closed"
MOST_CODE_BYTES = 20_000
REQUANTIZATION = ("multiplier", "shift")
"""Constants that follow from the model's scales. TFLM keeps those scales in the model."""


def figures(name: str, path: Path, target: str, seed: int) -> Iterator[Figure]:
    tflm, published = MODELS[name].tflm, MODELS[name].published
    build = mote.compile(path, target)
    core, totals = build.target.core.name, build.profile(seed=seed).totals

    def figure(
        what: str, value: float, bound: float | None = None, peer: str = "", bar: str = ""
    ) -> Figure:
        return Figure(
            model=name,
            target=target,
            name=what,
            value=value,
            bar=bar if target == WITH_BARS else "",
            bound=bound,
            peer=peer if bound else "",
        )

    cycles = figure(
        f"cycles ({totals.cycle_error})", totals.cycles, published.cycles.get(core), PUBLISHED
    )
    if build.target.board:  # the rest is as on its core
        yield cycles
        return
    yield figure("instructions", totals.instructions, tflm.instructions.get(core), TFLM, "<")
    yield cycles
    if target != WITH_BARS:
        yield figure("RAM: arena + scratch + stack", totals.ram_bytes)
        return
    tflm_ram = tflm.arena_bytes + tflm.stack_bytes
    yield figure("RAM: arena + scratch + stack", totals.ram_bytes, tflm_ram, TFLM, "<")
    working = totals.arena_bytes + totals.scratch_bytes
    yield figure("RAM: arena + scratch", working, published.arena_bytes, PUBLISHED)
    constants = totals.code_bytes + totals.rodata_bytes
    yield figure("flash: code + constants", constants, MOST_CODE_BYTES, bar="<=")
    own = constants - requantization_bytes(build.program)
    yield figure("flash: code + constants, multipliers apart", own, tflm.code_bytes, TFLM)
    yield figure("flash: all", totals.flash_bytes, tflm.code_bytes + tflm.model_bytes, TFLM)


def requantization_bytes(program: Program) -> int:
    """Multipliers and shifts, one of each per channel: derived from the model's scales."""
    return sum(
        constant.table_bytes + constant.array.nbytes * (constant.field in REQUANTIZATION)
        for _, constant in program.arrays
    )


@click.command(help=__doc__)
@options()
@click.option(
    "--target", "targets", multiple=True, default=TARGETS, help="A core or a board; repeatable."
)
def main(
    names: Sequence[str], targets: Sequence[str], folder: Path, seed: int, as_json: bool
) -> int:
    paths = {name: MODELS[name].path(folder) for name in names}
    jobs = [(name, target) for target in targets for name in names]
    measured = (
        figures(name, paths[name], target, seed)
        for name, target in progress(jobs, "profiling", len(jobs))
    )
    return show("cost", chain.from_iterable(measured), seed=seed, as_json=as_json)


if __name__ == "__main__":
    run(main)
