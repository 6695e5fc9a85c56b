"""What does each layer cost, and what is saved by choosing its type? On a trained classifier.

    python benchmarks/precision.py RUN DATA [--max-loss 1] [--max-flash 50kB] [--held-out 2000]

RUN is a folder of `mote train`, DATA the data set it was trained on. Prints what each layer alone
loses in every precision, then what is chosen for each goal: types are chosen on held-out training
samples with scales from 200 others; the accuracy is that of all test samples. --json also prints
every graph that was tried.
"""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import click

import mote
from mote.cli.precision_report import print_choice, print_sensitivity, sensitivity_as_json
from mote.cli.samples import Samples, load_samples
from mote.cli.sizes import size_in_bytes
from mote.ir import Graph
from mote.quantization import LayerPrecision, QuantizationConfig
from mote.quantization.accuracy import Score, score
from mote.quantization.automatic import choose_precision
from mote.quantization.goal import Goal
from mote.quantization.sensitivity import sensitivity
from report import Figure, options, run, show

SAMPLES = 200
PORTABLE = "cortex-m3"
"""Whose weights in flash are counted: no layout of pairs, no padding."""

FIXED: Mapping[str, QuantizationConfig] = {
    "int8": QuantizationConfig(),
    "4-bit weights, AdaRound": QuantizationConfig(
        adaround=True, layers={"*": LayerPrecision(weights="int4")}
    ),
    "int16 values": QuantizationConfig(layers={"*": LayerPrecision(activations="int16")}),
}


def figures(
    name: str, graph: Graph, shown: Samples, goals: Mapping[str, Goal], *, as_json: bool
) -> Iterator[Figure]:
    assert shown.test is not None
    assert shown.labels is not None
    before = score(graph, shown.test, shown.labels)
    yield Figure(model=name, target="float", name="test accuracy, %", value=_percent(before))
    for kind, config in FIXED.items():
        made = mote.quantize(graph, shown.calibration, config)
        yield from _graph(name, kind, made, shown)
    for kind, goal in goals.items():
        start = time.process_time()
        choice = choose_precision(
            graph, shown.calibration, None, goal, tests=shown.held_out, labels=shown.held_out_labels
        )
        seconds = time.process_time() - start
        if as_json:
            for trial in choice.trials:
                print(
                    json.dumps(
                        {
                            "goal": kind,
                            "tried": trial.name,
                            "bytes": trial.bytes,
                            "loss": trial.loss,
                            "sqnr_db": trial.sqnr_db,
                        }
                    )
                )
        else:
            print_choice(choice)
        yield from _graph(name, kind, choice.graph, shown)
        for what, value in {
            "loss on held-out samples, pp": choice.best.loss or 0.0,
            "graphs evaluated": len(choice.trials),
            "processor seconds": round(seconds, 1),
        }.items():
            yield Figure(model=name, target=kind, name=what, value=value)


def _graph(name: str, kind: str, graph: Graph, shown: Samples) -> Iterator[Figure]:
    assert shown.test is not None
    assert shown.labels is not None
    files = mote.compile(graph, PORTABLE).files
    weights = json.loads(files["manifest.json"])["flash_bytes"]["weights"]
    after = score(graph, shown.test, shown.labels)
    yield Figure(model=name, target=kind, name="weights in flash, B", value=weights)
    yield Figure(model=name, target=kind, name="test accuracy, %", value=_percent(after))


def _percent(found: Score) -> float:
    return round(100 * found.accuracy, 2)


@click.command(help=__doc__)
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.argument("data")
@click.option("--max-loss", default=1.0, show_default=True, help="Percentage points.")
@click.option("--max-flash", default="50kB", show_default=True, help="Of weights.")
@click.option("--held-out", default=2000, show_default=True, help="Samples to choose on.")
@options(models=False)
def main(
    folder: Path,
    data: str,
    max_loss: float,
    max_flash: str,
    held_out: int,
    as_json: bool,
    seed: int,
) -> int:
    model = folder / "model.pt2"
    graph = mote.load(model)
    size = size_in_bytes("--max-flash", max_flash)

    def read(count: int) -> Samples:
        return load_samples(
            data, model, graph, count=SAMPLES, test_count=count, seed=seed, mean=None, std=None
        )

    some = read(held_out)
    shown = replace(read(10**9), held_out=some.held_out, held_out_labels=some.held_out_labels)
    start = time.process_time()
    report = sensitivity(
        graph, shown.calibration, tests=shown.held_out, labels=shown.held_out_labels
    )
    seconds = time.process_time() - start
    if as_json:
        print(json.dumps({"sensitivity": sensitivity_as_json(report)}))
    else:
        print_sensitivity(report)
    spent = Figure(
        model=folder.name, target="sensitivity", name="processor seconds", value=round(seconds, 1)
    )
    goals = {
        f"at most {max_loss:g} pp lost": Goal(max_loss=max_loss),
        f"at most {size:,} B": Goal(max_bytes=size),
    }
    made = [spent, *figures(folder.name, graph, shown, goals, as_json=as_json)]
    return show("precision", made, seed=seed, as_json=as_json)


if __name__ == "__main__":
    run(main)
