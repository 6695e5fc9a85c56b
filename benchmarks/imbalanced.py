"""Does a network keep its accuracy whose channels differ by orders of magnitude?

    python benchmarks/imbalanced.py RUN DATA [--strength 16] [--json]

RUN is a folder of `mote train` with a network that follows convolutions by ReLU, such as
benchmarks/networks.py:small_mobilenet_v2; DATA is what it was trained on. Channels between
consecutive layers are multiplied by random powers of two and divided again by the next layer
(``imbalance.py``): the float network computes the same bits, but one scale per tensor no longer
suits its weights and activations.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click
import torch

import mote
from imbalance import unbalance
from mote.cli.samples import Samples, load_samples
from mote.quantization import QuantizationConfig
from mote.quantization.accuracy import score
from mote.training.data_settings import load_dataset
from mote.training.network import make_network
from mote.training.request import Request, read_settings
from report import Figure, options, run, show

SAMPLES = 200
PLAIN = QuantizationConfig(
    calibration="min-max", search_weight_scales=False, equalize=False, correct_bias=False
)
CONFIGS = {
    "per tensor, min-max, to nearest": replace(PLAIN, granularity="per-tensor"),
    "per channel, min-max, to nearest": PLAIN,
    "the default": QuantizationConfig(),
}
BARS = {"per tensor, min-max, to nearest": (">=", 10.0), "the default": ("<=", 1.0)}


def figures(
    name: str, module: torch.nn.Module, samples: Samples, strength: float, seed: int
) -> Iterator[Figure]:
    assert samples.test is not None
    assert samples.labels is not None
    batch, height, width, channels = (1, *samples.test.shape[1:])
    example = torch.zeros(batch, channels, height, width)
    for target, network in (
        ("as trained", module),
        (f"channels x {1 / strength:g}..{strength:g}", unbalance(module, seed, strength)),
    ):
        graph = mote.from_torch(network, example, name)
        before = score(graph, samples.test, samples.labels)
        yield Figure(
            model=name,
            target=target,
            name=f"float, accuracy on {before.samples:,} test samples, %",
            value=100 * before.accuracy,
        )
        for what, config in CONFIGS.items():
            after = score(
                mote.quantize(graph, samples.calibration, config), samples.test, samples.labels
            )
            bar, bound = BARS.get(what, ("", None)) if network is not module else ("", None)
            yield Figure(
                model=name,
                target=target,
                name=f"int8, {what}: loss, pp",
                value=100 * (before.accuracy - after.accuracy),
                bar=bar,
                bound=bound,
            )


@click.command()
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.argument("data")
@click.option("--strength", default=16.0, show_default=True, help="Largest factor on a channel.")
@click.option("--test-samples", default=2000, show_default=True, help="How many are classified.")
@options(models=False)
def main(
    folder: Path, data: str, strength: float, test_samples: int, as_json: bool, seed: int
) -> int:
    """Loss of int8 on a network before and after its channels are brought out of balance."""
    request = Request.from_mapping({**read_settings(folder / "config.json"), "data": data})
    module = make_network(request.model, request.model_arguments, load_dataset(request), 0)
    trained = torch.load(folder / "best.pt", weights_only=True)
    module.load_state_dict(trained["module"])
    module.eval()
    model = folder / "model.pt2"
    samples = load_samples(
        data,
        model,
        mote.load(model),
        count=SAMPLES,
        test_count=test_samples,
        seed=seed,
        mean=None,
        std=None,
    )
    found = figures(folder.name, module, samples, strength, seed)
    return show("imbalanced", found, seed=seed, as_json=as_json)


if __name__ == "__main__":
    run(main)
