"""How TFLite's tensor names, which may repeat or be empty, become unique names."""

from collections.abc import Iterable


def tensor_names(names: Iterable[str]) -> tuple[str, ...]:
    """The names under which a model's tensors appear in the graph, in the order of their indices.

    The first tensor of a name keeps it; later ones get the suffix ``:<tensor index>``; an empty
    name becomes ``tensor:<tensor index>``. Characters that do not print become ``?``.
    """
    unique: dict[str, None] = {}
    for index, name in enumerate(names):
        candidate = "".join(c if c.isprintable() else "?" for c in name) or f"tensor:{index}"
        while candidate in unique:
            candidate += f":{index}"
        unique[candidate] = None
    return tuple(unique)
