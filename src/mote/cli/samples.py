"""The samples that a command shows to a model: calibration and labelled tests from a data set."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mote.cli.console import working
from mote.errors import InputError
from mote.ir import Graph
from mote.ir.tensor import Array
from mote.training.data_settings import DataSettings, load_dataset
from mote.training.request import read_settings
from mote.training.run_folder import CONFIG

if TYPE_CHECKING:
    from mote.data import Dataset, Split


@dataclass(frozen=True)
class Samples:
    """What a model sees.

    Args:
        calibration: Float32, stacked along the first axis, as the model's input takes them.
        test: Labelled samples of the same form, or None.
        labels: Class of each, or None.
        source: What they are, in a line.
        held_out: Labelled samples to decide by, of which no test knows: of the validation split,
            or of the training split where there is none; or None.
        held_out_labels: Class of each, or None.
    """

    calibration: Array
    test: Array | None
    labels: Array | None
    source: str
    held_out: Array | None = None
    held_out_labels: Array | None = None


def load_samples(
    source: str,
    model: Path,
    graph: Graph,
    *,
    count: int,
    test_count: int,
    seed: int,
    mean: tuple[float, ...] | None,
    std: tuple[float, ...] | None,
) -> Samples:
    """Samples for a model with one input.

    A ``.npy`` file holds calibration samples as they are. Anything else is read as a data set:
    beside a model that `mote train` wrote, with the settings of that run.

    Raises:
        InputError: They do not suit the model; DataError: the data cannot be read.
    """
    if len(graph.inputs) != 1:
        raise InputError(
            str(model),
            f"has {len(graph.inputs)} inputs; samples from a data set fill one",
            hint="quantise it in Python: mote.quantize(graph, (samples_0, samples_1))",
        )
    shape = graph.tensors[graph.inputs[0]].shape
    if Path(source).suffix == ".npy":
        if mean is not None or std is not None:
            raise InputError(
                source, "holds samples as the model sees them, without --mean or --std"
            )
        return Samples(_fitted(_read_array(source)[:count], shape, source), None, None, source)
    with working(f"Reading {source}"):
        dataset = _dataset(source, model, shape)
    if mean is not None or std is not None:
        dataset = dataset.with_normalisation(_constant(mean, 0.0), _constant(std, 1.0))
    calibration = _fitted(dataset.calibration(count, seed), shape, source)
    test = _part(dataset.test, test_count, seed)
    held_out = _part(dataset.validation or dataset.train, test_count, seed)
    if not len(test):
        return Samples(calibration, None, None, dataset.name)
    _check_classes(len(dataset.classes), graph, source)
    x, held_x = (_fitted(dataset.normalised(s), shape, source) for s in (test, held_out))
    labels, held_labels = test.y[: len(x)], held_out.y[: len(held_x)]
    return Samples(calibration, x, labels, dataset.name, held_x, held_labels)


def _check_classes(count: int, graph: Graph, source: str) -> None:
    scores = graph.tensors[graph.outputs[0]].shape
    found = scores[-1] if scores else 1
    if count > found:
        raise InputError(
            source,
            f"has {count} classes, the model gives {found} score{'s' * (found > 1)}",
            hint="--test-samples 0 takes scales from the samples and classifies none",
        )


def _part(split: "Split", count: int, seed: int) -> "Split":
    chosen = np.random.default_rng(seed).permutation(len(split))[:count]
    return split.take(np.sort(chosen))


def _dataset(source: str, model: Path, shape: tuple[int, ...]) -> "Dataset":
    """Read as the run did that wrote the model, else with images in the size of its input."""
    config = model.parent / CONFIG
    settings = read_settings(config) if config.exists() else {}
    if settings.keys() >= {"model", "data", "epochs"}:  # other programs call their files so, too
        return load_dataset(DataSettings.of_run(settings, source), as_fits=True)
    from mote.data.pictures import MAX_EDGE

    is_image = len(shape) == 4 and max(shape[1:3]) <= MAX_EDGE
    size = (shape[1], shape[2]) if is_image else None
    return load_dataset(DataSettings(data=source, image_size=size), as_fits=True)


def _constant(values: tuple[float, ...] | None, default: float) -> "Array | float":
    if values is None:
        return default
    return values[0] if len(values) == 1 else np.array(values, np.float32)


def _read_array(source: str) -> Array:
    try:
        array: Array = np.load(source, allow_pickle=False)
    except FileNotFoundError:
        raise InputError(source, "there is no such file") from None
    except (OSError, ValueError) as error:
        raise InputError(source, f"is no numpy array: {error}") from None
    if not isinstance(array, np.ndarray) or not array.ndim:
        raise InputError(source, "holds no stack of samples, allowed: one array of float32")
    if array.dtype.kind != "f":
        raise InputError(
            source, f"holds {array.dtype}, allowed: float32 samples as the model sees them"
        )
    return array.astype(np.float32)


def _fitted(x: Array, shape: tuple[int, ...], source: str) -> Array:
    """Samples in the shape of the input, a multiple of its batch; rows of pixels may be one row."""
    batch = shape[0] if shape else 1
    whole = len(x) // batch * batch
    x = x[:whole]
    own, wanted = x.shape[1:], shape[1:]
    moves_nothing = own and (own[-1] == 1 or 1 in own) and np.prod(own) == np.prod(wanted)
    if own != wanted and not moves_nothing:
        raise InputError(
            source,
            f"its samples are {list(own)}, the model takes {list(wanted)}",
            hint="the data set must be the one that the model was trained on, read as then",
        )
    if not whole:
        raise InputError(source, f"has no {batch} samples, which one inference takes")
    return np.ascontiguousarray(x.reshape(whole, *wanted))
