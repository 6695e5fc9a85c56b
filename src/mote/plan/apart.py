"""Finds how far from each other items must lie, where they are needed at the same time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mote.plan.items import Item, Items
from mote.plan.task import Network, Rows

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Over:
    """Pieces that a call may write over pieces of an operand, which die in it.

    Args:
        result, operand: Numbers of the items.
        result_pieces, operand_pieces: Which pieces of each: the first, and the one after the last.
        is_later: True when the kernel has read these operand pieces before it writes these result
            pieces, so that they may lie on each other in any way; otherwise the result must not
            start above the operand.
    """

    result: int
    operand: int
    result_pieces: Rows
    operand_pieces: Rows
    is_later: bool = False


@dataclass(frozen=True)
class Apart:
    """Pairs of items that may not lie anywhere, as columns.

    The base of ``second`` minus the base of ``first`` must be at most ``low`` or at least ``high``.
    Between the two there may be safe displacements; unsafe ones are on either side of them, so
    that a search by halves would be wrong.
    """

    first: Ints
    second: Ints
    low: Ints
    high: Ints


def find_overs(network: Network, items: Items) -> tuple[tuple[Over, ...], ...]:
    """What the result of each call may overwrite."""
    return tuple(
        tuple(_overs(network, items, now)) if network.tasks[position].in_place else ()
        for now, (position, _) in enumerate(items.clock)
    )


def _overs(network: Network, items: Items, now: int) -> Iterator[Over]:
    position, call = items.clock[now]
    task = network.tasks[position]
    result, written = task.writes.strip, range(*task.writes.rows[call])
    for index in task.in_place if written and task.writes.part is None else ():
        strip, read = task.reads[index].strip, range(*task.reads[index].rows[call])
        # A buffer that comes in twice must tolerate it both times, row by row.
        tolerates = all(
            i in task.in_place and access.part is None and range(*access.rows[call]) == read
            for i, access in enumerate(task.reads)
            if access.strip == strip
        )
        if strip == result or not read or not tolerates:
            continue
        x_bytes, y_bytes = (network.strips[name].row_bytes for name in (strip, result))
        xs = [items.pieces[strip, row] for row in read]
        ys = [items.pieces[result, row] for row in written]
        dies = [items.lives[strip, row][1] == now for row in read]
        is_one_piece = xs[0][0] == xs[-1][0] and ys[0][0] == ys[-1][0]
        if is_one_piece and all(dies) and len(ys) * y_bytes <= len(xs) * x_bytes:
            pieces = (ys[0][1], ys[0][1] + len(ys)), (xs[0][1], xs[0][1] + len(xs))
            yield Over(ys[0][0], xs[0][0], *pieces)
        elif len(ys) == len(xs) and y_bytes <= x_bytes:
            for j, (x, x_piece) in enumerate(xs):
                for k in range(j, len(ys)) if dies[j] else ():
                    y, y_piece = ys[k]
                    yield Over(y, x, (y_piece, y_piece + 1), (x_piece, x_piece + 1), k > j)


def find_apart(items: Items, overs: Sequence[Sequence[Over]]) -> Apart:
    """The displacements that every layout must avoid; ``overs`` as from ``find_overs``."""
    shared: dict[tuple[int, int], list[Over]] = {}
    for call in overs:
        for over in call:
            shared.setdefault((over.operand, over.result), []).append(over)
    found = _ordinary_pairs(items.items, shared)
    found += [
        (x, y, *window)
        for (x, y), pair in shared.items()
        if (window := _window(items.items[x], items.items[y], pair))
    ]
    columns = np.array(found, np.int64).reshape(-1, 4).T
    return Apart(*columns)


def _ordinary_pairs(
    items: Sequence[Item], shared: Mapping[tuple[int, int], object]
) -> list[tuple[int, int, int, int]]:
    """Pairs that share no bytes during any call; simple ones, which are most, all at once."""
    except_with: dict[int, set[int]] = {}
    for x, y in shared:
        except_with.setdefault(x, set()).add(y)
        except_with.setdefault(y, set()).add(x)
    is_simple = np.array([len(i.lives) == 1 and i.lives[0][0] == 0 for i in items], bool)
    first = np.array([i.first for i in items], np.int64)
    last = np.array([i.last for i in items], np.int64)
    size = np.array([i.bytes for i in items], np.int64)
    found: list[tuple[int, int, int, int]] = []
    for number, item in enumerate(items):
        meets = (first <= item.last) & (last >= item.first)
        meets[list(except_with.get(number, ()))] = False
        if is_simple[number]:
            simple = np.flatnonzero(meets[:number] & is_simple[:number])
            found += [(o, number, -item.bytes, items[o].bytes) for o in simple.tolist()]
            continue
        piece, birth, death = np.array(item.lives, np.int64).T
        simple = np.flatnonzero(meets & is_simple)
        together = (birth[:, None] <= last[simple]) & (death[:, None] >= first[simple])
        simple, together = simple[together.any(axis=0)], together[:, together.any(axis=0)]
        low = piece[together.argmax(axis=0)] * item.piece_bytes - size[simple]
        high = (piece[::-1][together[::-1].argmax(axis=0)] + 1) * item.piece_bytes
        columns = simple.tolist(), low.tolist(), high.tolist()
        found += [(number, *row) for row in zip(*columns, strict=True)]
        for other in (number + 1 + np.flatnonzero((meets & ~is_simple)[number + 1 :])).tolist():
            window = _window(item, items[other], ())
            if window:
                found.append((number, other, *window))
    return found


def _window(x: Item, y: Item, overs: Sequence[Over]) -> tuple[int, int] | None:
    """The lowest and the highest displacement of ``y`` from ``x`` around all unsafe ones."""
    x_piece, x_birth, x_death = np.array(x.lives, np.int64).T
    y_piece, y_birth, y_death = np.array(y.lives, np.int64).T
    together = (x_birth[:, None] <= y_death) & (x_death[:, None] >= y_birth)
    lows, highs = [], []
    for over in overs:
        operand = (x_piece >= over.operand_pieces[0]) & (x_piece < over.operand_pieces[1])
        result = (y_piece >= over.result_pieces[0]) & (y_piece < over.result_pieces[1])
        together[np.ix_(operand, result)] = False
        if not over.is_later:
            start = over.operand_pieces[0] * x.piece_bytes - over.result_pieces[0] * y.piece_bytes
            lows.append(start)
            highs.append(
                over.operand_pieces[1] * x.piece_bytes - over.result_pieces[0] * y.piece_bytes
            )
    meets = together.any(axis=1)
    if meets.any():
        rows, pieces = together[meets], x_piece[meets]
        y_first = y_piece[rows.argmax(axis=1)]
        y_last = y_piece[::-1][rows[:, ::-1].argmax(axis=1)]
        lows.append(int((pieces * x.piece_bytes - (y_last + 1) * y.piece_bytes).min()))
        highs.append(int(((pieces + 1) * x.piece_bytes - y_first * y.piece_bytes).max()))
    if not lows or max(highs) - min(lows) < 2:
        return None
    return min(lows), max(highs)
