"""Counts the bytes that no layout of a schedule can do without."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import gcd

import numpy as np
from numpy.typing import NDArray

from mote.plan.apart import Over
from mote.plan.items import Item, Items, Life

Bytes = NDArray[np.int64]


def alive_bytes(items: Items, overs: Sequence[Sequence[Over]]) -> Bytes:
    """What is alive before the first call, during each one, and after the last.

    A result and the operand that it overwrites count once.
    """
    lives = [(i.piece_bytes, birth, death) for i in items.items for _, birth, death in i.lives]
    alive = _over_time(items, lives)
    for now, call in enumerate(overs):
        for result, (first, last) in _written_over(call):
            alive[now + 1] -= (last - first) * items.items[result].piece_bytes
    return alive


def least_bytes(items: Items, overs: Sequence[Sequence[Over]]) -> int:
    """A size of the arena that no layout can fall below.

    Besides the bytes that are alive it counts those that alignment wastes: where items start at
    multiples of a word, each but the highest one takes whole words. Rows of a linear strip need
    not fill words; they are counted where there is only one such strip.
    """
    word = gcd(*(item.alignment for item in items.items)) if items.items else 1
    words: list[Life] = []
    ragged: list[Life] = []
    for item in items.items:
        if item.lives[-1][0] == 0 or item.piece_bytes % word == 0:
            size = -(-item.piece_bytes // word) * word
            words += [(size, birth, death) for _, birth, death in item.lives]
        else:
            # Two of them may share words, and so may two rows of one that are smaller than a word.
            ragged.append((2 if item.piece_bytes < word else 1, item.first, item.last))
            words += _words_of_rows(item, word)
    whole = _over_time(items, words)
    for now, call in enumerate(overs):
        for result, (first, last) in _written_over(call):
            size = (last - first) * items.items[result].piece_bytes
            whole[now + 1] -= -(-size // word) * word + (word if size % word else 0)
    whole -= word - 1 if ragged else max((-item.bytes % word for item in items.items), default=0)
    whole[_over_time(items, ragged) > 1] = 0
    return int(np.maximum(whole, alive_bytes(items, overs)).max())


def _written_over(call: Sequence[Over]) -> set[tuple[int, tuple[int, int]]]:
    """Items and pieces of the result that share their bytes with an operand."""
    return {(over.result, over.result_pieces) for over in call if not over.is_later}


def _words_of_rows(item: Item, word: int) -> Iterable[Life]:
    """Bytes of words that the rows of a strip touch; what two neighbours share counts once."""
    size = item.piece_bytes
    for piece, birth, death in item.lives:
        words = -(-(piece + 1) * size // word) - piece * size // word
        yield words * word, birth, death
    for (piece, birth, death), (after, after_birth, after_death) in pairwise(item.lives):
        first, last = max(birth, after_birth), min(death, after_death)
        if after == piece + 1 and after * size % word and first <= last:
            yield -word, first, last


def _over_time(items: Items, amounts: Iterable[Life]) -> Bytes:
    """Sum of amounts, each of which counts from one call to another."""
    change = np.zeros(len(items.clock) + 3, np.int64)
    for amount, birth, death in amounts:
        change[birth + 1] += amount
        change[death + 2] -= amount
    return np.cumsum(change)[:-1]
