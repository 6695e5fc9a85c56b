"""How a logical tensor lies in a stored one: factors of its dimensions, and their order."""

import itertools
import math
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mote.ir.ops import Shape
from mote.ir.tensor import Array

Positions = tuple[int, ...]
"""Places of atoms in the stored order."""


@dataclass(frozen=True)
class View:
    """A tensor of the graph as it was, seen in a tensor of the graph as it becomes.

    The elements of the stored tensor are counted by *atoms*, factors of its extent, outermost
    first. Each logical dimension is the product of some of them, outermost first. A transpose
    reorders the dimensions of a view and a reshape splits and regroups its atoms; neither moves an
    element.

    Args:
        tensor: The stored tensor.
        atoms: Sizes in stored order, all greater than one; their product is the tensor's size.
        dims: For each logical dimension the positions of its atoms; every atom occurs once.
    """

    tensor: str
    atoms: Shape
    dims: tuple[Positions, ...]

    def __post_init__(self) -> None:
        assert sorted(self.order) == list(range(len(self.atoms))), self
        assert all(n > 1 for n in self.atoms), self

    @property
    def order(self) -> Positions:
        """The atoms in logical order."""
        return tuple(p for dim in self.dims for p in dim)

    @property
    def shape(self) -> Shape:
        """The logical shape."""
        return tuple(self.extent(dim) for dim in self.dims)

    @property
    def elements(self) -> int:
        return math.prod(self.atoms)

    def extent(self, positions: Iterable[int]) -> int:
        return math.prod(self.atoms[p] for p in positions)

    @property
    def in_order(self) -> bool:
        """True when the elements are stored in logical order."""
        return self.order == tuple(range(len(self.atoms)))


def identity(tensor: str, shape: Shape) -> View:
    """A tensor seen as it is stored."""
    dims: list[Positions] = []
    for n in shape:
        place = sum(map(len, dims))
        dims.append((place,) if n > 1 else ())
    return View(tensor, tuple(n for n in shape if n > 1), tuple(dims))


def transposed(view: View, permutation: Sequence[int]) -> View:
    return replace(view, dims=tuple(view.dims[i] for i in permutation))


def reshaped(view: View, shape: Shape) -> View | None:
    """The view under another shape of as many elements; None when elements would have to move."""
    view = joined(replace(view, dims=(view.order,)))
    parts: dict[int, list[int]] = {p: [] for p in range(len(view.atoms))}
    dims: list[list[tuple[int, int]]] = []
    rest = [(p, view.atoms[p]) for p in reversed(view.order)]  # outermost last
    for n in shape:
        dims.append([])
        while n > 1:
            position, size = rest.pop()
            taken = min(n, size)
            if max(n, size) % taken:
                return None
            n //= taken
            dims[-1].append((position, len(parts[position])))
            parts[position].append(taken)
            if size > taken:
                rest.append((position, size // taken))
    places = _places(parts, len(view.atoms))
    atoms = tuple(n for p in range(len(view.atoms)) for n in parts[p])
    return View(view.tensor, atoms, tuple(tuple(places[a] for a in dim) for dim in dims))


def joined(view: View, within: Collection[int] | None = None) -> View:
    """Atoms that follow each other both in memory and in one of the dimensions become one."""
    chosen = [dim for d, dim in enumerate(view.dims) if within is None or d in within]
    follows = {b for dim in chosen for a, b in itertools.pairwise(dim) if b == a + 1}
    heads = [p for p in range(len(view.atoms)) if p not in follows]
    place = {p: i for i, p in enumerate(heads)}
    ends = [*heads[1:], len(view.atoms)][: len(heads)]
    atoms = tuple(math.prod(view.atoms[a:b]) for a, b in zip(heads, ends, strict=True))
    dims = tuple(tuple(place[p] for p in dim if p in place) for dim in view.dims)
    return View(view.tensor, atoms, dims)


def split(view: View, parts: Mapping[int, Shape]) -> View:
    """The same view with some atoms, by position, written as several."""
    sizes = {p: list(parts.get(p, (n,))) for p, n in enumerate(view.atoms)}
    assert all(math.prod(sizes[p]) == n for p, n in enumerate(view.atoms))
    places = _places(sizes, len(view.atoms))
    return View(
        view.tensor,
        tuple(n for p in range(len(view.atoms)) for n in sizes[p]),
        tuple(tuple(places[p, i] for p in dim for i in range(len(sizes[p]))) for dim in view.dims),
    )


def split_dimension(view: View, dimension: int, shape: Shape) -> View | None:
    """One dimension written as several, outermost first; None when elements would have to move."""
    sizes = refinement([view.atoms[p] for p in view.dims[dimension]], [n for n in shape if n > 1])
    if sizes is None:
        return None
    view = split(view, dict(zip(view.dims[dimension], sizes[0], strict=True)))
    atoms = list(view.dims[dimension])
    counts = iter(sizes[1])
    dims = [tuple(atoms.pop(0) for _ in next(counts)) if n > 1 else () for n in shape]
    return replace(view, dims=(*view.dims[:dimension], *dims, *view.dims[dimension + 1 :]))


def refinement(
    first: Sequence[int], second: Sequence[int]
) -> tuple[list[Shape], list[Shape]] | None:
    """The factors that split two factorisations of one number into the same sizes, if any do."""
    a, b = list(first), list(second)
    found: tuple[list[list[int]], list[list[int]]] = ([[] for _ in a], [[] for _ in b])
    i = j = 0
    while i < len(a) and j < len(b):
        n = min(a[i], b[j])
        if max(a[i], b[j]) % n:
            return None
        found[0][i].append(n)
        found[1][j].append(n)
        a[i], b[j] = a[i] // n, b[j] // n
        i, j = i + (a[i] == 1), j + (b[j] == 1)
    return [tuple(x) for x in found[0]], [tuple(x) for x in found[1]]


def stored_indices(view: View, dims: Sequence[int]) -> Array:
    """For each element along the given dimensions, in stored order, its logical index.

    ``array[..., stored_indices(view, dims)]`` is a constant of these dimensions, laid out as the
    view's tensor is.
    """
    atoms = [p for d in dims for p in view.dims[d]]
    logical = np.arange(view.extent(atoms)).reshape([view.atoms[p] for p in atoms])
    return logical.transpose(np.argsort(atoms)).reshape(-1)


def partitioned(view: View, shape: Shape) -> tuple[View, list[Positions]] | None:
    """The atoms of each dimension of a stored shape, after splitting them at its boundaries."""
    parts = refinement(view.atoms, [n for n in shape if n > 1])
    if parts is None:
        return None
    view = split(view, dict(enumerate(parts[0])))
    groups: list[Positions] = []
    sizes = iter(parts[1])
    for n in shape:
        place = sum(map(len, groups))
        groups.append(tuple(range(place, place + len(next(sizes)))) if n > 1 else ())
    return view, groups


Keyed = Sequence[tuple[Hashable, int]]
"""Atoms as (name, size), outermost first."""


def keyed(view: View, dimension: int) -> list[tuple[int, int]]:
    """The atoms of a dimension, named by their positions."""
    return [(p, view.atoms[p]) for p in view.dims[dimension]]


def composed(tensor: str, dims: Sequence[Keyed], stored: Iterable[Hashable]) -> View:
    """A view of named atoms; those of size one may be named and are dropped."""
    sizes = {key: n for dim in dims for key, n in dim if n > 1}
    order = [key for key in stored if key in sizes]
    place = {key: i for i, key in enumerate(order)}
    return joined(
        View(
            tensor,
            tuple(sizes[key] for key in order),
            tuple(tuple(place[key] for key, n in dim if n > 1) for dim in dims),
        )
    )


def _places(parts: Mapping[int, Sequence[int]], count: int) -> dict[tuple[int, int], int]:
    """New positions of the (old position, part) pairs."""
    pairs = [(p, i) for p in range(count) for i in range(len(parts[p]))]
    return {pair: place for place, pair in enumerate(pairs)}
