"""Numpy's broadcasting rule on shapes."""

from mote.ir.ops.operator import Shape


def broadcasts(*shapes: Shape) -> bool:
    """True when the shapes broadcast against each other."""
    rank = max(map(len, shapes))
    columns = zip(*((1,) * (rank - len(s)) + s for s in shapes), strict=True)
    return all(len({n for n in column if n != 1}) <= 1 for column in columns)


def broadcast_shape(*shapes: Shape) -> Shape:
    """The common shape of shapes that broadcast."""
    rank = max(map(len, shapes))
    columns = zip(*((1,) * (rank - len(s)) + s for s in shapes), strict=True)
    return tuple(next((n for n in column if n != 1), 1) for column in columns)
