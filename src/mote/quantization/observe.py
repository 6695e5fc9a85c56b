"""What a float graph's values are on the samples: histograms, and ranges of channels."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mote.errors import InputError
from mote.ir import DType, Graph, Tensor
from mote.ir.tensor import Array
from mote.quantization.evaluation import batches, own_batch, walk
from mote.quantization.histogram import Histogram

Progress = Callable[[int, int], None]
"""Called with (steps done, steps in all)."""

GREATEST = 2.0**60
"""Bound of activations and constants: far above any trained network, and products fit float32."""


@dataclass(frozen=True)
class ChannelRange:
    """Least and greatest value of every index of a tensor's last axis."""

    low: Array
    high: Array


def observe(
    graph: Graph, samples: Sequence[Array], advance: Callable[[int], None]
) -> dict[str, Histogram]:
    """A histogram of every float activation over all samples.

    Args:
        graph: A float graph.
        samples: For each input, samples stacked along the first axis, as ``checked_samples`` gives.
        advance: Called with the number of samples done since the last call.
    """
    found: dict[str, Histogram] = {}
    unbounded: dict[str, None] = {}
    for name, value in _values(graph, samples, advance):
        if not np.abs(value).max(initial=0) <= GREATEST:
            unbounded[name] = None
        else:
            found.setdefault(name, Histogram()).add(value)
    if unbounded:
        raise InputError(
            f"{graph.name}: calibration",
            f"values are beyond {GREATEST:.3g} or not numbers",
            details=[f"tensor '{name}'" for name in unbounded],
            hint="scale the samples as in training, and check that training converged",
        )
    return found


def observe_channels(
    graph: Graph, samples: Sequence[Array], advance: Callable[[int], None]
) -> dict[str, ChannelRange]:
    """The range of each channel of every float activation; arguments as of ``observe``."""
    found: dict[str, ChannelRange] = {}
    for name, value in _values(graph, samples, advance):
        rows = value.reshape(-1, value.shape[-1] if value.ndim else 1)
        low, high = rows.min(0), rows.max(0)
        if name in found:
            low, high = np.minimum(low, found[name].low), np.maximum(high, found[name].high)
        found[name] = ChannelRange(low, high)
    return found


def _values(
    graph: Graph, samples: Sequence[Array], advance: Callable[[int], None]
) -> Iterator[tuple[str, Array]]:
    """Every float activation of every batch, by name."""
    for larger, portion in batches(graph, samples):
        for name, value in zip(graph.inputs, portion, strict=True):
            if graph.tensors[name].dtype is DType.FLOAT32:
                yield name, value
        with np.errstate(all="ignore"):  # what is not finite is told by tensor
            for node, value in walk(larger, portion):
                if value.dtype == np.float32:
                    yield node.output, value
        advance(own_batch(larger.tensors[larger.inputs[0]]))


def checked_samples(graph: Graph, samples: Sequence[Array]) -> tuple[Array, ...]:
    """The samples in the types of the inputs; refuses what does not fit, all problems at once."""
    where = f"{graph.name}: calibration"
    if len(samples) != len(graph.inputs):
        raise InputError(
            where,
            f"needs samples for {len(graph.inputs)} inputs ({', '.join(graph.inputs)}), "
            f"found {len(samples)}",
        )
    inputs = [graph.tensors[name] for name in graph.inputs]
    problems = [
        f"samples of '{t.name}' {problem}"
        for t, array in zip(inputs, samples, strict=True)
        for problem in _sample_problems(array, t)
    ]
    if not problems:
        counts = {len(a) // own_batch(t) for a, t in zip(samples, inputs, strict=True)}
        if len(counts) > 1:
            problems.append(f"the inputs have different numbers of samples: {sorted(counts)}")
    if problems:
        raise InputError(
            where,
            "the samples do not fit the model",
            details=problems,
            hint="stack float32 samples along the first axis, in the layout [N, H, W, C]",
        )
    return tuple(np.asarray(a, t.dtype.numpy) for a, t in zip(samples, inputs, strict=True))


def _sample_problems(array: Array, tensor: Tensor) -> list[str]:
    own, rest, dtype = own_batch(tensor), tensor.shape[1:], tensor.dtype
    if not isinstance(array, np.ndarray):
        return [f"are a {type(array).__name__}, allowed: a numpy array"]
    found = []
    if array.dtype.kind != dtype.numpy.kind:
        found.append(f"are {array.dtype}, allowed: {dtype.value}")
    if not array.size or array.shape[1:] != rest or not array.shape or len(array) % own:
        allowed = ", ".join((f"multiple of {own}", *map(str, rest)))
        found.append(f"have shape {list(array.shape)}, allowed: [{allowed}]")
    elif not np.isfinite(array).all():
        found.append("contain NaN or infinity")
    return found
