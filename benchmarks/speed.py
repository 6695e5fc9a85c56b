"""How many cycles does the fastest plan take on each core, and how much flash beside the weights?

    python benchmarks/speed.py [--model kws] [--target cortex-m4] [--json]

Cycles of `--optimize time`, of the Cortex-M55 instructions, beside what is aimed at; on the
Cortex-M4 also the code and constants of the other modes. mbv2-035 is MobileNetV2-0.35 at 144 x 144,
mcunet MCUNetV3's mcunet-5fps, both with random weights; these run on the Cortex-M4 alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

import click

import mote
from large import network
from models import MODELS, MODELS_FOLDER
from report import Figure, options, progress, run, show

CYCLES: Mapping[str, Mapping[str, float]] = {
    "cortex-m4": {"vww": 5.6e6, "ic": 10e6, "kws": 3.3e6, "ad": 0.40e6},
    "nucleo-l4r5zi": {"vww": 6.2e6, "ic": 12e6, "kws": 3.7e6, "ad": 0.46e6},
    "cortex-m33": {"vww": 6e6, "ic": 11e6, "kws": 3.6e6, "ad": 0.42e6},
    "cortex-m7": {"vww": 4e6, "ic": 7e6, "kws": 2e6, "ad": 0.25e6},
    "cortex-m0plus": {"vww": 45e6, "ic": 50e6, "kws": 15e6, "ad": 1.3e6},
}
"""At most so many."""

INSTRUCTIONS: Mapping[str, Mapping[str, float]] = {
    "cortex-m55": {"vww": 2.5e6, "ic": 3.3e6, "kws": 1.0e6, "ad": 0.11e6},
}
CYCLES_PER_MAC = {"mbv2-035": 1.2, "mcunet": 1.2}
FLASH_TARGET = "cortex-m4"
BESIDE_WEIGHTS = {"balanced": 16_000, "flash": 8_000}
"""Code and constants in bytes, by mode."""
TARGETS = (*CYCLES, *INSTRUCTIONS)


def figures(name: str, folder: Path, targets: Sequence[str], seed: int) -> Iterator[Figure]:
    """Of one model on each target that it is measured on."""
    graph = network(name, folder)
    for target in targets:
        if name in CYCLES_PER_MAC and target != FLASH_TARGET:
            continue
        totals = mote.compile(graph, target, optimize="time").profile(seed=seed).totals

        def figure(what: str, value: float, bound: float, target: str = target) -> Figure:
            return Figure(
                model=name,
                target=target,
                name=what,
                value=value,
                bar="<=",
                bound=bound,
                peer="aimed at",
            )

        if name in CYCLES_PER_MAC:
            assert totals.cycles_per_mac is not None
            bound = CYCLES_PER_MAC[name]
            yield figure("time: cycles per multiply-accumulate", totals.cycles_per_mac, bound)
            continue
        if target in CYCLES:
            yield figure("time: cycles", totals.cycles, CYCLES[target][name])
        if target in INSTRUCTIONS:
            yield figure("time: instructions", totals.instructions, INSTRUCTIONS[target][name])
        if target == FLASH_TARGET:
            for mode, bound in BESIDE_WEIGHTS.items():
                totals = mote.compile(graph, target, optimize=mode).profile(seed=seed).totals
                beside = totals.code_bytes + totals.rodata_bytes
                yield figure(f"{mode}: code + constants, bytes", beside, bound)


@click.command(help=__doc__)
@options(models=False)
@click.option(
    "--model",
    "names",
    type=click.Choice([*MODELS, *CYCLES_PER_MAC]),
    multiple=True,
    default=[*MODELS, *CYCLES_PER_MAC],
    help="Only this one; may be repeated.",
)
@click.option("--models", "folder", type=click.Path(path_type=Path), default=MODELS_FOLDER)
@click.option("--target", "targets", type=click.Choice(TARGETS), multiple=True, default=TARGETS)
def main(
    names: Sequence[str], folder: Path, targets: Sequence[str], seed: int, as_json: bool
) -> int:
    measured = (
        figures(name, folder, targets, seed)
        for name in progress(names, "compiling and running", len(names))
    )
    return show("speed", chain.from_iterable(measured), seed=seed, as_json=as_json)


if __name__ == "__main__":
    run(main)
