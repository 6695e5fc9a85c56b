"""What do rows save that patches do not? Layer by layer, MCUNetV2's patches, and rows in one table.

    python benchmarks/patches.py [--model vww] [--json]

Patches are the split and tiles with the fewest bytes that `mote.choose_patches` finds, planned
layer by layer (`optimize="time"`); rows are `optimize="ram"`, which computes nothing twice. Bytes
of arena and scratch, the input among them; multiply-accumulates and cycles beside those of layer by
layer. Without the input: patches by MCUNetV2's own analysis, rows fed one by one by the
application. vww is the int8 model of MLPerf Tiny, mbv2-035 MobileNetV2-0.35 at 144 x 144 and
mbv2-100 MobileNetV2-1.0 at 224 x 224, with random weights. "differing": bytes of the outputs of the
C on the emulated core, against the reference.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import click
import numpy as np

import mote
from large import network
from memory import TARGET
from models import MODELS_FOLDER
from mote import reference
from mote.build import Build
from mote.ir import Graph
from mote.passes import optimize
from mote.passes.patches import patch_choices
from mote.run.verify import random_samples
from report import Figure, options, progress, run, show

NETWORKS = ("vww", "mbv2-035", "mbv2-100")


def figures(name: str, folder: Path, seed: int) -> Iterator[Figure]:
    graph = network(name, folder)
    chosen = mote.choose_patches(graph, TARGET)
    layers = mote.compile(graph, TARGET, optimize="time")
    tiled = mote.compile(mote.patch(graph, chosen.split, chosen.tiles), TARGET, optimize="time")
    rows = mote.compile(graph, TARGET, optimize="ram")
    cycles = layers.profile(seed=seed).totals.cycles

    def figure(what: str, value: float, bound: float | None = None, bar: str = "<=") -> Figure:
        is_bar = bar if bound is not None else ""
        return Figure(
            model=name, target=TARGET, name=what, value=value, bar=is_bar, bound=bound, note=note
        )

    note = f"{chosen.tiles} x {chosen.tiles} tiles up to {chosen.split}"
    yield figure("layer by layer: bytes", layers.plan.total_bytes)
    yield figure("patches: tiles in each direction", chosen.tiles)
    yield figure("patches: layers in tiles", position(graph, chosen.split) + 1)
    yield figure("patches: bytes", tiled.plan.total_bytes)
    yield figure("patches: more multiply-accumulates, %", 100 * chosen.overhead)
    yield figure("patches: more cycles, %", more(tiled, cycles, seed))
    yield figure("patches: differing", differing(tiled, graph, seed), 0, "=")
    without = min(choice.peak_bytes for choice in patch_choices(optimize(graph)))
    yield figure("patches, without the input: bytes by analysis", without)
    yield figure("rows: bytes", rows.plan.total_bytes, tiled.plan.total_bytes, "<")
    yield figure(
        "rows: more multiply-accumulates, %", 100 * (macs(rows) / macs(layers) - 1), 0, "="
    )
    yield figure("rows: more cycles, %", more(rows, cycles, seed))
    yield figure("rows: differing", differing(rows, graph, seed), 0, "=")
    fed = mote.compile(graph, TARGET, optimize="ram", feed_rows=True)
    yield figure("rows fed: bytes", fed.plan.total_bytes, without, "<")


def position(graph: Graph, split: str) -> int:
    """Of a node in the graph as it is compiled."""
    return [node.name for node in optimize(graph).nodes].index(split)


def macs(build: Build) -> int:
    """All multiply-accumulates of one inference."""
    return sum(build.graph.macs(node) for node in build.graph.nodes)


def more(build: Build, cycles: int, seed: int) -> float:
    """Cycles beyond some, in percent."""
    return 100 * (build.profile(seed=seed).totals.cycles / cycles - 1)


def differing(build: Build, graph: Graph, seed: int) -> int:
    """Bytes of the outputs that are not those of the reference."""
    sample = next(random_samples(graph, 1, seed))
    expected = reference.run(graph, sample)
    (found,) = build.run_samples([sample])
    pairs = zip(graph.outputs, found, strict=True)
    return sum(int(np.count_nonzero(expected[name] != array)) for name, array in pairs)


@click.command(help=__doc__)
@options(models=False)
@click.option(
    "--model",
    "names",
    type=click.Choice(NETWORKS),
    multiple=True,
    default=NETWORKS,
    help="Only this one; may be repeated.",
)
@click.option("--models", "folder", type=click.Path(path_type=Path), default=MODELS_FOLDER)
def main(names: Sequence[str], folder: Path, seed: int, as_json: bool) -> int:
    measured = (
        figures(name, folder, seed) for name in progress(names, "planning and running", len(names))
    )
    return show("patches", chain.from_iterable(measured), seed=seed, as_json=as_json)


if __name__ == "__main__":
    run(main)
