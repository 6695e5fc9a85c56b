"""Integer graphs that the choice of precisions tries: made and evaluated as they are deployed."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from mote.ir import Graph
from mote.ir.tensor import Array
from mote.quantization.accuracy import classified, integer_inputs
from mote.quantization.config import QuantizationConfig
from mote.quantization.evaluation import run_outputs
from mote.quantization.flash import weight_flash_bytes
from mote.quantization.goal import ROUNDING, Candidate, Goal, Trial
from mote.quantization.post_training import quantize_prepared
from mote.quantization.preparation import Prepared
from mote.quantization.report import sqnr_db
from mote.quantization.scheme import to_reals


@dataclass
class Search:
    """The trials so far.

    Args:
        prepared: The float graph.
        config: What layers are quantised with, types apart.
        goal: What to keep to.
        samples: What trials are evaluated on.
        labels: Their classes.
        adaround: Whether graphs with 4-bit weights are rounded adaptively.
        real: The outputs of the float graph.
        tried: Called with the number of trials.
    """

    prepared: Prepared
    config: QuantizationConfig
    goal: Goal
    samples: Sequence[Array]
    labels: Array | None
    adaround: bool
    real: Sequence[Array]
    tried: Callable[[int], None] = lambda count: None
    trials: list[Trial] = field(default_factory=list)
    graphs: dict[Candidate, Graph] = field(default_factory=dict)

    @property
    def float_correct(self) -> int | None:
        return None if self.labels is None else classified(self.real[0], self.labels).correct

    def config_of(self, candidate: Candidate) -> QuantizationConfig:
        return replace(
            self.config,
            layers={**candidate.layers, **self.config.layers},
            adaround=self.config.adaround or (self.adaround and bool(candidate.int4)),
        )

    def trial(self, candidate: Candidate, layer: str = "") -> Trial:
        """Quantise and evaluate a candidate, once; ``layer`` is what it has more than the last."""
        for known in self.trials:
            if known.candidate == candidate:
                return known
        graph, _ = quantize_prepared(self.prepared, self.config_of(candidate))
        outputs = run_outputs(graph, integer_inputs(graph, self.samples))
        correct = loss = None
        if self.labels is not None:
            correct = classified(outputs[0], self.labels).correct
            assert self.float_correct is not None
            loss = 100 * (self.float_correct - correct) / len(self.labels)
        noise = _least_sqnr(graph, self.real, outputs)
        own = "the layers as configured" if self.config.layers else ""
        changed = str(candidate) if candidate.layers or not own else ""
        name = ", ".join(part for part in (own, changed) if part)
        found = Trial(
            name=f"{name}, with {layer}" if layer else name,
            candidate=candidate,
            bytes=weight_flash_bytes(graph),
            correct=correct,
            loss=loss,
            sqnr_db=noise,
            has_quality=_has_quality(self.goal, loss, noise),
            fits=True,
        )
        if self.goal.max_bytes is not None:
            found = replace(found, fits=found.bytes <= self.goal.max_bytes)
        self.trials.append(found)
        self.graphs[candidate] = graph
        self.tried(len(self.trials))
        return found


def _has_quality(goal: Goal, loss: float | None, noise: float) -> bool:
    if goal.max_loss is not None and (loss is None or loss > goal.max_loss + ROUNDING):
        return False
    return goal.min_sqnr_db is None or noise >= goal.min_sqnr_db


def _least_sqnr(graph: Graph, real: Sequence[Array], outputs: Sequence[Array]) -> float:
    ratios = []
    for name, expected, found in zip(graph.outputs, real, outputs, strict=True):
        tensor = graph.tensors[name]
        reals = found if tensor.quantization is None else to_reals(found, tensor.q)
        ratios.append(sqnr_db(expected, reals))
    return min(ratios, default=math.inf)
