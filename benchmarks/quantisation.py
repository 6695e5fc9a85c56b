"""What does each part of quantisation gain? Accuracy and noise of int8 forms of float models.

    python benchmarks/quantisation.py [--model vww] [--json]

Float models of MLPerf Tiny, quantised on 200 calibration samples and scored on the recorded
inputs, of which the samples are every fifth: kws and vww. "imbalanced" is vww with the channels of
consecutive layers rescaled by random factors, which leaves the float function as it is. "loud-2"
and "loud-4" are kws with the first of the 200 calibration samples that many times as large. "ic" is
ResNet-8 on every fifth test image of the CIFAR-10 archive (JPEG). SQNR is that of the values before
the softmax, on the inputs that were no calibration samples.
"""

import io
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import click
import numpy as np

import mote
from models import DATA_FOLDER, MODELS_FOLDER
from mote.errors import InputError, ModelFileError, ToolError
from mote.ir import Graph
from mote.ir.ops import Softmax
from mote.ir.tensor import Array
from mote.passes import optimize
from mote.quantization import LayerPrecision, QuantizationConfig, to_reals
from mote.quantization.accuracy import integer_inputs, score
from mote.quantization.equalize import rescaled, tied_sets
from mote.quantization.evaluation import run_outputs
from report import Figure, options, progress, run, show

SAMPLES = 200
SPREAD = 5.0
"""Factors of the imbalanced model are from 2**-5 to 2**5."""

FOUR_BITS = {"*": LayerPrecision(weights="int4")}
WIDE = {"*": LayerPrecision(activations="int16")}


PLAIN = QuantizationConfig(
    calibration="min-max", search_weight_scales=False, equalize=False, correct_bias=False
)
"""Min-max ranges and rounding to nearest."""

CONFIGS: Mapping[str, QuantizationConfig] = {
    "plain: min-max, to nearest": PLAIN,
    "plain + mse ranges": replace(PLAIN, calibration="mse"),
    "plain + percentile ranges": replace(PLAIN, calibration="percentile"),
    "plain + kl ranges": replace(PLAIN, calibration="kl"),
    "plain + weight scale search": replace(PLAIN, search_weight_scales=True),
    "plain + equalisation": replace(PLAIN, equalize=True),
    "plain + bias correction": replace(PLAIN, correct_bias=True),
    "plain + adaround": replace(PLAIN, adaround=True),
    "default": QuantizationConfig(),
    "default, min-max ranges": QuantizationConfig(calibration="min-max"),
    "default, no weight scale search": QuantizationConfig(search_weight_scales=False),
    "default, no equalisation": QuantizationConfig(equalize=False),
    "default, no bias correction": QuantizationConfig(correct_bias=False),
    "default + adaround": QuantizationConfig(adaround=True),
    "default, symmetric activations": QuantizationConfig(activations="symmetric"),
    "default, full-range activations": QuantizationConfig(activations="full-range"),
    "default, fixed point (Qm.n)": QuantizationConfig(
        activations="fixed-point", weights="fixed-point"
    ),
    "default, fixed point, floor": QuantizationConfig(
        activations="fixed-point", weights="fixed-point-floor"
    ),
    "per tensor, plain": replace(PLAIN, granularity="per-tensor"),
    "per tensor + equalisation": replace(PLAIN, granularity="per-tensor", equalize=True),
    "per tensor, default": QuantizationConfig(granularity="per-tensor"),
    "4-bit weights, plain": replace(PLAIN, layers=FOUR_BITS),
    "4-bit weights, default": QuantizationConfig(layers=FOUR_BITS),
    "4-bit weights, default + adaround": QuantizationConfig(layers=FOUR_BITS, adaround=True),
    "int16 activations, default": QuantizationConfig(layers=WIDE),
}

ALLOWED_LOSS: Mapping[tuple[str, str], float] = {
    ("kws", "default"): 0.5,
    ("vww", "default"): 1.0,
    ("imbalanced", "default"): 1.0,
    ("ic", "default"): 0.5,
    ("ic", "4-bit weights, default + adaround"): 3.0,
}
"""Percentage points below the yardstick, by model and configuration."""


@dataclass(frozen=True)
class Subject:
    """A float model with data.

    Args:
        graph: The model.
        calibration: Samples of its input.
        x, y: Inputs and labels to score.
        unseen: Those of the inputs that are no calibration samples.
        peer: Whose accuracy is the yardstick.
        yardstick: That accuracy, in percent.
    """

    graph: Graph
    calibration: Array
    x: Array
    y: Array
    unseen: Array
    peer: str
    yardstick: float


def recorded(models: Path, data: Path, name: str) -> Subject:
    """A model beside its int8 form by the authors, whose input scale makes reals of the data."""
    float_file, int8_file, data_file, offset = {
        "kws": ("kws_ref_model_float32.tflite", "kws_ref_model.tflite", "kws01.npz", 0),
        "vww": ("vww_96_float.tflite", "vww_96_int8.tflite", "vww01.npz", -128),
    }[name]
    reference = load(models / int8_file)
    integers, y = arrays(data / data_file)
    q = reference.tensors[reference.inputs[0]].q
    x = to_reals((integers.astype(np.int16) + offset).astype(np.int8), q)
    accuracy = 100 * score(reference, x, y).accuracy
    is_sample = np.arange(len(x)) % (len(x) // SAMPLES) == 0
    graph = load(models / float_file)
    return Subject(graph, x[is_sample], x, y, x[~is_sample], "its authors' int8", accuracy)


def imbalanced(models: Path, data: Path, seed: int) -> Subject:
    """vww with other weights, the same function, and channels of very different ranges."""
    same = recorded(models, data, "vww")
    graph, random = optimize(same.graph), np.random.default_rng(seed)
    for tied in tied_sets(graph):
        graph = rescaled(graph, tied, np.exp2(random.uniform(-SPREAD, SPREAD, tied.channels)))
    accuracy = 100 * score(graph, same.x, same.y).accuracy
    return replace(same, graph=graph, peer="float", yardstick=accuracy)


def loud(models: Path, data: Path, factor: float) -> Subject:
    """kws with one calibration sample unlike all others."""
    same = recorded(models, data, "kws")
    calibration = same.calibration.copy()
    calibration[0] *= factor
    return replace(same, calibration=calibration)


def resnet(models: Path, archive: Path) -> Subject:
    graph = load(models / "pretrainedResnet.tflite")
    x, y = images(archive, "test/", 5)
    calibration, _ = images(archive, "train/", 50_000 // SAMPLES)
    return Subject(graph, calibration, x, y, x, "float", 100 * score(graph, x, y).accuracy)


def images(archive: Path, part: str, every: int) -> tuple[Array, Array]:
    """Each so-manieth image of a zip of ``<part>/<class>/*.jpg``, float32, and their classes."""
    try:
        from PIL import Image
    except ImportError:
        raise ToolError("PIL", "is not installed", hint="pip install pillow") from None
    try:
        with zipfile.ZipFile(archive) as file:
            names = sorted(n for n in file.namelist() if part in n and n.endswith(".jpg"))[::every]
            classes = sorted({n.split("/")[-2] for n in names})
            pixels = [Image.open(io.BytesIO(file.read(n))).convert("RGB") for n in names]
    except (OSError, zipfile.BadZipFile) as error:
        raise InputError(str(archive), f"cannot be read: {error}") from error
    return (
        np.stack([np.asarray(image, np.float32) for image in pixels]),
        np.array([classes.index(n.split("/")[-2]) for n in names]),
    )


def load(path: Path) -> Graph:
    if not path.is_file():
        hint = "--models names the folder that holds the MLPerf Tiny models"
        raise ModelFileError(str(path), "there is no such file", hint=hint)
    return mote.load(path)


def arrays(path: Path) -> tuple[Array, Array]:
    try:
        with np.load(path, allow_pickle=False) as data:
            return data["x"], data["y"]
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        hint = "--data names the folder that holds the recorded inputs"
        raise InputError(str(path), "does not hold the arrays x and y", hint=hint) from error


SUBJECTS: Mapping[str, Callable[[Path, Path, int], Subject]] = {
    "kws": lambda models, data, seed: recorded(models, data, "kws"),
    "vww": lambda models, data, seed: recorded(models, data, "vww"),
    "imbalanced": imbalanced,
    "loud-2": lambda models, data, seed: loud(models, data, 2),
    "loud-4": lambda models, data, seed: loud(models, data, 4),
    "ic": lambda models, data, seed: resnet(models, data.parent / "cifar10/cifar10-images.zip"),
}


def figures(
    name: str, configs: Sequence[str], models: Path, data: Path, seed: int
) -> Iterator[Figure]:
    subject = SUBJECTS[name](models, data, seed)
    floats = 100 * score(subject.graph, subject.x, subject.y).accuracy
    wanted = scores(subject.graph, subject.unseen)
    yield Figure(model=name, target="accuracy, %", name="float", value=round(floats, 2))
    if subject.peer != "float":
        value = round(subject.yardstick, 2)
        yield Figure(model=name, target="accuracy, %", name=subject.peer, value=value)
    for chosen in progress(configs, f"Quantising {name}", len(configs)):
        start = time.process_time()
        graph = mote.quantize(subject.graph, subject.calibration, CONFIGS[chosen])
        seconds = time.process_time() - start
        accuracy = 100 * score(graph, subject.x, subject.y).accuracy
        allowed = ALLOWED_LOSS.get((name, chosen))
        yield Figure(
            model=name,
            target="accuracy, %",
            name=chosen,
            value=round(accuracy, 2),
            bar=">=" if allowed is not None else "",
            bound=None if allowed is None else round(subject.yardstick - allowed, 2),
        )
        found = sqnr_db(wanted, scores(graph, subject.unseen))
        yield Figure(model=name, target="SQNR, dB", name=chosen, value=round(found, 1))
        yield Figure(model=name, target="CPU seconds", name=chosen, value=round(seconds, 1))


def scores(graph: Graph, x: Array) -> Array:
    """The real values that the last softmax reads."""
    (name,) = [node.inputs[0] for node in graph.nodes if isinstance(node.op, Softmax)][-1:]
    (values,) = run_outputs(replace(graph, outputs=(name,)), integer_inputs(graph, (x,)))
    tensor = graph.tensors[name]
    return values if tensor.quantization is None else to_reals(values, tensor.q)


def sqnr_db(wanted: Array, found: Array) -> float:
    """Energy of the signal over that of its error."""
    error = found.astype(np.float64) - wanted
    return float(10 * np.log10(np.square(wanted, dtype=np.float64).sum() / np.square(error).sum()))


@click.command(help=__doc__)
@options(models=False)
@click.option(
    "--model",
    "names",
    type=click.Choice(list(SUBJECTS)),
    multiple=True,
    default=list(SUBJECTS),
    help="Only this one; may be repeated.",
)
@click.option(
    "--config",
    "configs",
    type=click.Choice(list(CONFIGS)),
    multiple=True,
    default=list(CONFIGS),
    help="Only this one; may be repeated.",
)
@click.option("--models", "folder", type=click.Path(path_type=Path), default=MODELS_FOLDER)
@click.option("--data", type=click.Path(path_type=Path), default=DATA_FOLDER)
def main(
    names: Sequence[str],
    configs: Sequence[str],
    folder: Path,
    data: Path,
    seed: int,
    as_json: bool,
) -> int:
    parts = (figures(name, configs, folder, data, seed) for name in names)
    return show("quantisation", chain.from_iterable(parts), seed=seed, as_json=as_json)


if __name__ == "__main__":
    run(main)
