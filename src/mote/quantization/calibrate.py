"""The ranges of a float graph's values on sample inputs."""

from collections.abc import Callable, Sequence

import numpy as np

from mote import reference
from mote.errors import InputError
from mote.ir import Graph
from mote.ir.ops import Shape
from mote.ir.tensor import Array

Range = tuple[float, float]
Progress = Callable[[int, int], None]

GREATEST = 2.0**60
"""Bound of activations and constants: far above any trained network, and products fit float32."""


def calibrate(graph: Graph, samples: Sequence[Array], progress: Progress) -> dict[str, Range]:
    """Least and greatest value of every activation over all samples.

    Args:
        graph: A float graph.
        samples: For each input, samples stacked along the first axis.
        progress: Called with (batches done, batches in all).
    """
    batches = _batches(graph, samples)
    ranges: dict[str, Range] = {}
    for done, batch in enumerate(batches):
        with np.errstate(over="ignore", invalid="ignore"):  # told below, by tensor
            values = reference.run(graph, batch)
        for name, value in values.items():
            low, high = float(value.min()), float(value.max())
            known = ranges.get(name, (low, high))
            ranges[name] = (min(low, known[0]), max(high, known[1]))
        progress(done + 1, len(batches))
    unbounded = [name for name, bounds in ranges.items() if not (np.abs(bounds) <= GREATEST).all()]
    if unbounded:
        raise InputError(
            f"{graph.name}: calibration",
            f"values are beyond {GREATEST:.3g} or not numbers",
            details=[f"tensor '{name}'" for name in unbounded],
            hint="scale the samples as in training, and check that training converged",
        )
    return ranges


def _batches(graph: Graph, samples: Sequence[Array]) -> list[tuple[Array, ...]]:
    """The samples in portions of the graph's batch size."""
    where = f"{graph.name}: calibration"
    if len(samples) != len(graph.inputs):
        raise InputError(
            where,
            f"needs samples for {len(graph.inputs)} inputs ({', '.join(graph.inputs)}), "
            f"found {len(samples)}",
        )
    shapes = [graph.tensors[name].shape for name in graph.inputs]
    problems = [
        f"samples of '{name}' {problem}"
        for name, array, shape in zip(graph.inputs, samples, shapes, strict=True)
        for problem in _sample_problems(array, shape)
    ]
    if not problems:
        counts = sorted({len(a) // shape[0] for a, shape in zip(samples, shapes, strict=True)})
        if len(counts) > 1:
            problems.append(f"the inputs have different numbers of samples: {counts}")
    if problems:
        raise InputError(
            where,
            "the samples do not fit the model",
            details=problems,
            hint="stack float32 samples along the first axis, in the layout [N, H, W, C]",
        )
    floats = [np.asarray(array, np.float32) for array in samples]
    return [
        tuple(a[i * shape[0] :][: shape[0]] for a, shape in zip(floats, shapes, strict=True))
        for i in range(counts[0])
    ]


def _sample_problems(array: Array, shape: Shape) -> list[str]:
    if not isinstance(array, np.ndarray):
        return [f"are a {type(array).__name__}, allowed: a numpy array"]
    found = []
    if array.dtype.kind != "f":
        found.append(f"are {array.dtype}, allowed: float32")
    if not array.size or array.shape[1:] != shape[1:] or len(array) % shape[0]:
        found.append(
            f"have shape {list(array.shape)}, "
            f"allowed: [multiple of {shape[0]}, {', '.join(map(str, shape[1:]))}]"
        )
    elif not np.isfinite(array).all():
        found.append("contain NaN or infinity")
    return found
