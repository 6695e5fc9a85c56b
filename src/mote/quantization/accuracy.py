"""How well a graph classifies, float or integer, from the same float samples."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mote.ir import DType, Graph
from mote.ir.tensor import Array
from mote.quantization.evaluation import run_outputs
from mote.quantization.scheme import to_integers


@dataclass(frozen=True)
class Score:
    """Classification of some samples.

    Args:
        correct: How many samples have the greatest score at their label.
        samples: How many there are.
        predictions: The class of the greatest score of each sample, ``[N]``.
    """

    correct: int
    samples: int
    predictions: Array

    @property
    def accuracy(self) -> float:
        """Share of the samples, 0 to 1."""
        return self.correct / self.samples


def score(graph: Graph, samples: Array | Sequence[Array], labels: Array) -> Score:
    """Classify samples with the first output of a graph; its last axis holds the classes.

    Args:
        graph: Float, or integer: then the samples are brought to the input's integers first.
        samples: As for ``quantize``.
        labels: Class of each sample, ``[N]``.
    """
    arrays = samples if isinstance(samples, tuple | list) else (samples,)
    return classified(run_outputs(graph, integer_inputs(graph, arrays))[0], labels)


def classified(scores: Array, labels: Array) -> Score:
    """Of scores, samples first and classes last; what stands between is summed up."""
    classes = scores.shape[-1] if scores.ndim > 1 else 1
    predictions = scores.reshape(len(labels), -1, classes).sum(1).argmax(-1)
    return Score(int((predictions == labels).sum()), len(labels), predictions)


def integer_inputs(graph: Graph, samples: Sequence[Array]) -> tuple[Array, ...]:
    """Float samples as the inputs of a graph take them."""
    inputs = [graph.tensors[name] for name in graph.inputs]
    return tuple(
        x if t.dtype in (DType.FLOAT32, DType.INT32) else to_integers(x, t.q, t.dtype)
        for x, t in zip((np.asarray(s) for s in samples), inputs, strict=True)
    )
