"""What a call of the DSP depthwise kernels costs that go row by row, or take windows of any size.

Figures as in ``convolution_cycles.py``.
"""

from collections.abc import Callable

from mote.lower.convolution_cycles import CALL, Cycles

ROW_OF_CHANNEL = {3: 109.0, 4: 88.0, 5: 100.5, 6: 131.0}
"""Cycles of a row of so many pixels, for each channel, where the kernel is made for that width."""


def depthwise_row_cycles(pixels: int, channels: int, at_once: str) -> Cycles:
    """Depthwise convolution of all channels of a row, with loads; ``pixels``: of a row.

    ``at_once``: how many of them the kernel's name says.
    """
    groups = {
        "sixes": 19.5 * pixels + 57,
        "sixes_two": 19 * pixels + 57,
        "sixes_three": 19 * pixels + 57,
        "sixes_four": 19 * pixels + 57,
        "threes": 28 * pixels + 82,
        "threes_two": 28 * pixels + 82,
    }
    row = groups[at_once] if at_once in groups else ROW_OF_CHANNEL[pixels]
    return lambda rows: CALL + rows * (150 + channels * row)


def depthwise_taps_cycles(
    blocks: int, pair_rows: int, taps: int, words: Callable[[int], int], weights: int
) -> Callable[[int, int], Cycles]:
    """Depthwise convolution of any window one channel at a time, with loads.

    Args:
        blocks: Of four results, in a row.
        pair_rows: Twice as many rows of the window meet a block.
        taps: Columns of the window.
        words: Of two values of x, gathered for so many rows of the result.
        weights: Words of them.
    """
    row = blocks * (pair_rows * (6.5 * taps + 9.5) + 65)

    def of_rows_at_once(channels: int, at_once: int) -> Cycles:
        def cycles(rows: int) -> float:
            whole, rest = divmod(rows, at_once)
            found = CALL + 0.0
            for count, times in ((at_once, whole), (rest, 1)):
                if count:
                    gathered = 150 + 7 * weights + 7 * words(count)
                    found += times * (500 + channels * (gathered + count * row))
            return found

        return cycles

    return of_rows_at_once


def depthwise_slots_cycles(
    blocks: int, window: int, results: int, words: Callable[[int], int], channels: int
) -> Cycles:
    """Depthwise convolution with three sums in 64 bits, one channel at a time, with loads.

    Args:
        blocks: Of results, in a row.
        window: Cycles of a whole one, of a block.
        results: Of a block.
        words: Of x, gathered for so many rows of the result.
        channels: Of a row.
    """
    block = window + 40 + 5 * results

    def cycles(rows: int) -> float:
        return CALL + 200 + channels * (120 + 8 * words(rows) + 0.9 * rows * blocks * block)

    return cycles
