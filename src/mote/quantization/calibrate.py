"""The ranges of a float graph's values on sample inputs."""

from collections.abc import Callable, Sequence

import numpy as np

from mote import reference
from mote.errors import InputError
from mote.ir import Graph
from mote.ir.tensor import Array

Range = tuple[float, float]
Progress = Callable[[int, int], None]


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
        for name, value in reference.run(graph, batch).items():
            low, high = float(value.min()), float(value.max())
            known = ranges.get(name, (low, high))
            ranges[name] = (min(low, known[0]), max(high, known[1]))
        progress(done + 1, len(batches))
    unbounded = [name for name, bounds in ranges.items() if not np.isfinite(bounds).all()]
    if unbounded:
        raise InputError(
            f"{graph.name}: calibration",
            "values overflow float32 or are not numbers",
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
    problems = []
    for name, array in zip(graph.inputs, samples, strict=True):
        shape = graph.tensors[name].shape
        if array.dtype.kind != "f":
            problems.append(f"samples of '{name}' are {array.dtype}, allowed: float32")
        if array.shape[1:] != shape[1:] or not len(array) or len(array) % shape[0]:
            problems.append(
                f"samples of '{name}' have shape {list(array.shape)}, "
                f"allowed: [multiple of {shape[0]}, {', '.join(map(str, shape[1:]))}]"
            )
        elif not np.isfinite(array).all():
            problems.append(f"samples of '{name}' contain NaN or infinity")
    sizes = [graph.tensors[name].shape[0] for name in graph.inputs]
    counts = {len(a) // n for a, n in zip(samples, sizes, strict=True)}
    if not problems and len(counts) > 1:
        problems.append(f"the inputs have different numbers of samples: {sorted(counts)}")
    if problems:
        raise InputError(
            where,
            "the samples do not fit the model",
            details=problems,
            hint="stack float32 samples along the first axis, in the layout [N, H, W, C]",
        )
    return [
        tuple(
            np.asarray(a[i * n : (i + 1) * n], np.float32)
            for a, n in zip(samples, sizes, strict=True)
        )
        for i in range(counts.pop())
    ]
