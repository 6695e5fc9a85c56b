"""What forms of a layer lose to the wait states of a board's flash: how often each reads weights.

Stalls of everything else, code included, are about the same for all forms, and left out.
"""

from dataclasses import replace

from mote.ir.graph import Graph
from mote.lower.split import row_shape
from mote.lower.step import Step
from mote.target.flash import Flash

PIXELS_OF_CHAIN = 3
"""For which chains read their weights once."""
PIXELS_OF_EIGHT = 2
"""For which the kernel of eight inputs does."""


def with_flash_stalls(step: Step, graph: Graph, flash: Flash) -> Step:
    """The step, its cycles and those of its other forms with the stalls of loads of weights.

    Args:
        step: Its cycles are those without wait states.
        graph: The graph of the step.
        flash: Its caches and wait states are known.
    """
    if step.split is None:
        return step
    lost = stalls(step, graph, flash)
    images, height, _ = row_shape(graph.result(step.node))
    split = replace(step.split, row_cycles=step.split.row_cycles + lost / (images * height))
    if step.frugal is None:
        return replace(step, split=split)
    more = stalls(step.frugal, graph, flash) - lost
    return replace(
        step,
        split=split,
        frugal=with_flash_stalls(step.frugal, graph, flash),
        frugal_cycles=round(step.frugal_cycles + more),
    )


def stalls(step: Step, graph: Graph, flash: Flash) -> float:
    """Cycles that a layer waits for its weights, in calls of as many rows as it likes."""
    cache = flash.data_cache or flash.instruction_cache
    assert cache is not None
    assert flash.wait_states is not None
    size = sum(constant.array.nbytes for constant in step.constants if constant.is_weights)
    if size <= cache.line_bytes * cache.lines:
        return 0.0
    y = graph.result(step.node)
    passes = max(1.0, y.elements / y.shape[-1] / pixels) if (pixels := _pixels(step)) else 1.0
    return flash.wait_states * size / cache.line_bytes * passes


def _pixels(step: Step) -> int:
    """For which a layer reads all of its weights once; 0: for all pixels, or for many."""
    name = step.kernel.name
    if step.state_bytes:  # which holds the weights
        return 0
    if "_chain" in name:
        return PIXELS_OF_CHAIN
    if "_eight" in name:
        return PIXELS_OF_EIGHT
    pixels = dict(step.parameters).get("pixels", 0)
    assert isinstance(pixels, int)
    return pixels
