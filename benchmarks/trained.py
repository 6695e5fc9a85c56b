"""What of a trained network's accuracy is left in C? On every test sample of its data set.

    python benchmarks/trained.py RUN DATA [--target cortex-m4] [--emulated 100] [--four-bits]

RUN is a folder of `mote train`, DATA the data set it was trained on. The network is quantised with
the defaults (with --four-bits also to 4-bit weights with adaptive rounding) from 200 training
samples; all test samples are classified by the float network, by the integer reference and by the
C on this machine, the first --emulated of them by the C on the emulated core.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np

import mote
from mote.cli.samples import Samples, load_samples
from mote.ir import Graph
from mote.quantization import LayerPrecision, QuantizationConfig
from mote.quantization.accuracy import Score, integer_inputs, score
from mote.quantization.evaluation import run_outputs
from report import Figure, options, progress, run, show

SAMPLES = 200
PORTABLE = "cortex-m3"
"""Of whose weights in flash the ratio is taken: no layout of pairs, no padding."""

FOUR_BITS = QuantizationConfig(adaround=True, layers={"*": LayerPrecision(weights="int4")})


def figures(
    name: str,
    graph: Graph,
    samples: Samples,
    *,
    target: str,
    emulated: int,
    four_bits: bool,
    least: float | None,
) -> Iterator[Figure]:
    assert samples.test is not None
    assert samples.labels is not None
    before = score(graph, samples.test, samples.labels)
    percent = 100 * before.accuracy
    yield Figure(
        model=name,
        target="float",
        name=f"accuracy on {before.samples:,} test samples, %",
        value=percent,
        bar="" if least is None else ">=",
        bound=least,
    )
    int8 = mote.quantize(graph, samples.calibration)
    yield from _integer(name, "int8", int8, samples, before, 0.5, target, emulated)
    if not four_bits:
        return
    int4 = mote.quantize(graph, samples.calibration, FOUR_BITS)
    yield from _integer(name, "4-bit weights", int4, samples, before, 3.0, target, emulated)
    yield Figure(
        model=name,
        target="4-bit weights",
        name="weights in flash, of those of int8",
        value=_weight_bytes(int4) / _weight_bytes(int8),
        bar="<=",
        bound=0.55,
    )


def _integer(
    name: str,
    kind: str,
    graph: Graph,
    samples: Samples,
    before: Score,
    most: float,
    target: str,
    emulated: int,
) -> Iterator[Figure]:
    assert samples.test is not None
    assert samples.labels is not None
    after = score(graph, samples.test, samples.labels)
    yield Figure(
        model=name, target=kind, name="accuracy of the reference, %", value=100 * after.accuracy
    )
    yield Figure(
        model=name,
        target=kind,
        name="loss against float, pp",
        value=100 * (before.accuracy - after.accuracy),
        bar="<=",
        bound=most,
    )
    (inputs,) = integer_inputs(graph, (samples.test,))
    (expected,) = run_outputs(graph, (inputs,))
    batch = graph.tensors[graph.inputs[0]].shape[0]
    for core, count in (("host", len(inputs)), (target, min(emulated, len(inputs)))):
        build = mote.compile(graph, core)
        portions = [inputs[i : i + batch] for i in range(0, count, batch)]
        shown = progress(portions, f"{name}, {kind}, {core}", len(portions))
        outputs = np.concatenate([y[0] for y in build.run_samples([(x,) for x in shown])])
        yield Figure(
            model=name,
            target=kind,
            name=f"values of C on {core} that differ from the reference, {count:,} samples",
            value=int((outputs != expected[: len(outputs)]).sum()),
            bar="=",
            bound=0,
        )


def _weight_bytes(graph: Graph) -> int:
    build = mote.compile(graph, PORTABLE)
    return int(json.loads(build.files["manifest.json"])["flash_bytes"]["weights"])


@click.command()
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.argument("data")
@click.option("--target", default="cortex-m4", show_default=True, help="Emulated core.")
@click.option("--emulated", default=100, show_default=True, help="Samples on the emulated core.")
@click.option("--four-bits", is_flag=True, help="4-bit weights as well.")
@click.option("--least", type=float, help="Accuracy in percent that the float network must have.")
@options(models=False)
def main(
    folder: Path,
    data: str,
    target: str,
    emulated: int,
    four_bits: bool,
    least: float | None,
    as_json: bool,
    seed: int,
) -> int:
    """Accuracy of a trained network: float, integer reference, C on this machine and on a core."""
    model = folder / "model.pt2"
    graph = mote.load(model)
    samples = load_samples(
        data,
        model,
        graph,
        count=SAMPLES,
        test_count=10**9,
        seed=seed,
        mean=None,
        std=None,
    )
    found = figures(
        folder.name,
        graph,
        samples,
        target=target,
        emulated=emulated,
        four_bits=four_bits,
        least=least,
    )
    return show("trained", found, seed=seed, as_json=as_json)


if __name__ == "__main__":
    run(main)
