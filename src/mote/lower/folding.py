"""Dimensions that can be walked as one: fewer, longer loops for the kernels that take any shape."""

from collections.abc import Sequence
from dataclasses import dataclass

from mote.ir.ops import Shape


@dataclass(frozen=True)
class Dimension:
    """A loop: how often, and how far each tensor's element moves per turn (0: it repeats)."""

    size: int
    steps: tuple[int, ...]


def contiguous_steps(shape: Shape) -> tuple[int, ...]:
    """Elements from one index to the next along every dimension of a dense tensor."""
    steps = [1] * len(shape)
    for i in range(len(shape) - 1, 0, -1):
        steps[i - 1] = steps[i] * shape[i]
    return tuple(steps)


def broadcast_steps(shape: Shape, over: Shape) -> tuple[int, ...]:
    """Steps of a dense tensor that numpy's rules repeat over a larger shape."""
    padded = (1,) * (len(over) - len(shape)) + shape
    steps = contiguous_steps(padded)
    return tuple(s if n == m else 0 for s, n, m in zip(steps, padded, over, strict=True))


def fold(dimensions: Sequence[Dimension]) -> list[Dimension]:
    """The same walk in as few loops as possible: no loop of one turn, none that another extends."""
    folded: list[Dimension] = []
    for inner in dimensions:
        if inner.size == 1:
            continue
        extended = tuple(step * inner.size for step in inner.steps)
        if folded and folded[-1].steps == extended:
            inner = Dimension(folded.pop().size * inner.size, inner.steps)
        folded.append(inner)
    return folded


def padded(dimensions: Sequence[Dimension], count: int, tensors: int) -> list[Dimension]:
    """``count`` loops, those missing in front turning once."""
    assert len(dimensions) <= count
    return [Dimension(1, (0,) * tensors)] * (count - len(dimensions)) + list(dimensions)
