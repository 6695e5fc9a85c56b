"""The way from data to a measured firmware, and the comparison at its end."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import mote
from mote import reference
from mote.data import Dataset
from mote.demo.digits import load_digits
from mote.demo.network import train_network
from mote.errors import TargetError, ToolError
from mote.ir import Graph
from mote.ir.tensor import Array
from mote.quantization import to_integers
from mote.run.profile import Profile
from mote.run.save import check_directory
from mote.run.toolchain import find
from mote.target import Target, resolve

if TYPE_CHECKING:
    from torch import nn

CALIBRATION_IMAGES = 256
PACKAGES = {"torch": "PyTorch", "sklearn": "scikit-learn"}

Advance = Callable[[int], None]
Stage = Callable[[str, int], AbstractContextManager[Advance]]
"""Opens a stage of the work: its name and number of steps; yields what to call with those done."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the user can choose.

    Args:
        target: Board or core to run on.
        seed: Decides the split, the training and nothing else.
        epochs: Passes over the training images.
        output: Where to keep the generated project; None to keep nothing.
    """

    target: str = "nucleo-l4r5zi"
    seed: int = 0
    epochs: int = 40
    output: Path | None = None


@dataclass(frozen=True)
class Difference:
    """The first output value in which the target and the reference disagree."""

    image: int
    score: int
    reference: int
    target: int


@dataclass(frozen=True, kw_only=True)
class Result:
    """What the demo found.

    Args:
        target: What the model ran on.
        images: Number of held-out images.
        float_correct, reference_correct, target_correct: How many of them were recognised by
            PyTorch, by the int8 reference, and by the compiled model on the target.
        difference: None when every byte of every output was the same.
        parameters: Weights and biases.
        profile: Cost of one inference.
    """

    target: Target
    images: int
    float_correct: int
    reference_correct: int
    target_correct: int
    difference: Difference | None
    parameters: int
    profile: Profile


def run(settings: Settings, stage: Stage) -> Result:
    """Train, quantise, compile, run every held-out image on the target, measure."""
    target = resolve(settings.target)
    require(target, settings.output)
    digits = load_digits(settings.seed)
    with stage("train with PyTorch", settings.epochs) as advance:
        trained = train_network(
            digits, seed=settings.seed, epochs=settings.epochs, epoch_done=advance
        )
    graph = _quantize(trained.module, digits, stage)
    (x,) = (graph.tensors[name] for name in graph.inputs)
    samples = [(image[None],) for image in to_integers(digits.normalised(digits.test), x.q)]
    expected = _reference(graph, samples, stage)
    with stage(f"compile and run on an emulated {target.core.name}", 2) as advance:
        build = mote.compile(graph, target=target)
        advance(1)
        found = np.concatenate([outputs[0] for outputs in build.run_samples(samples)])
    with stage("profile one inference", 1):
        profile = build.profile(*samples[0])
    if settings.output:
        build.save(settings.output)
    labels = digits.test.y
    assert trained.test.confusion is not None
    return Result(
        target=target,
        images=len(labels),
        float_correct=int(trained.test.confusion.trace()),
        reference_correct=int((expected.argmax(axis=1) == labels).sum()),
        target_correct=int((found.argmax(axis=1) == labels).sum()),
        difference=first_difference(expected, found),
        parameters=sum(t.elements for t in graph.tensors.values() if t.is_constant),
        profile=profile,
    )


def require(target: Target, output: Path | None) -> None:
    """Say what is missing or in the way before any work is done."""
    missing = [title for name, title in PACKAGES.items() if not importable(name)]
    if missing:
        raise ToolError("demo", f"needs {' and '.join(missing)}", hint="pip install 'mote[demo]'")
    if target.is_host:
        raise TargetError(
            "host",
            "has no profile: instructions are counted on emulated cores",
            hint="choose a board or a core from `mote targets`",
        )
    for tool in (target.core.tools.compiler, target.core.tools.emulator):
        find(tool)
    if output:
        check_directory(output)


def importable(name: str) -> bool:
    """True when a package can be imported; only trying tells whether it is whole."""
    try:
        import_module(name)
    except ImportError:
        return False
    return True


def _quantize(network: "nn.Module", digits: Dataset, stage: Stage) -> Graph:
    import torch

    graph = mote.from_torch(network, torch.zeros(1, 1, 8, 8), name="digits")
    samples = digits.calibration(CALIBRATION_IMAGES)
    with stage("quantise to int8", len(samples)) as advance:
        return mote.quantize(graph, samples, progress=lambda done, total: advance(done))


def _reference(graph: Graph, samples: Sequence[tuple[Array]], stage: Stage) -> Array:
    """The outputs that the numerics demand, one row per sample."""
    rows = []
    with stage("int8 reference", len(samples)) as advance:
        for done, sample in enumerate(samples):
            rows.append(reference.run(graph, sample)[graph.outputs[0]])
            advance(done + 1)
    return np.concatenate(rows)


def first_difference(expected: Array, found: Array) -> Difference | None:
    """The first place where two outputs differ, image by image."""
    places = np.argwhere(expected != found)
    if not len(places):
        return None
    image, score = (int(i) for i in places[0])
    return Difference(image, score, int(expected[image, score]), int(found[image, score]))
