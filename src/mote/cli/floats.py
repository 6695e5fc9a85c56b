"""How the command line says which layers compute in float32: always, where one does."""

from collections.abc import Sequence

SHOWN = 12


def float_rows(names: Sequence[str]) -> list[str]:
    """One line, or none; a long list is cut."""
    if not names:
        return []
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    layers = "1 layer computes" if len(names) == 1 else f"{len(names)} layers compute"
    return [f"{layers} in float32: {', '.join(names[:SHOWN])}{more}"]
