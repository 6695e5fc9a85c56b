"""How many rows a call of a layer with windows computes, and what calls of one row cost instead."""

from collections.abc import Callable

from mote.lower.split import Ranges, Split, Window

MOST_POINTERS = 32
"""To rows; a call holds them on the stack, 4 bytes each."""
NEAR = 1.01
"""Times the cycles of the best number of rows: as good."""


def split_windows(
    height: int,
    window: Window | Ranges,
    cycles: Callable[[int], float],
    uneven_cycles: int = 0,
) -> Split:
    """The fewest rows that run at full speed.

    Args:
        height: Rows of the result in one image.
        window: What one of them reads.
        cycles: Estimate for a call that computes some rows.
        uneven_cycles: How many more for one row, where it reads rows at odd distances.
    """
    fitting = [
        rows
        for rows in range(1, height + 1)
        if height % rows == 0 and (rows == 1 or window.span(rows) <= MOST_POINTERS)
    ]
    best = min(cycles(rows) / rows for rows in fitting)
    rows = next(rows for rows in fitting if cycles(rows) / rows <= NEAR * best)
    row = cycles(rows) / rows
    lost = tuple((n, max(1, round(cycles(n) - n * row))) for n in fitting if n < rows)
    return Split(
        (window,),
        scaled=("y_height",),
        rows=rows,
        call_cycles=max(round(cycles(1) - row), 1),
        uneven_cycles=uneven_cycles,
        lost=lost,
        row_cycles=row,
    )
