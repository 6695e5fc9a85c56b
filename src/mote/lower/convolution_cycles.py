"""What a call of the convolution kernels costs, estimated: enough to choose how many rows it has.

Figures are instructions counted on the emulated cores, as cycles without waiting for memory.
"""

from collections.abc import Callable
from dataclasses import dataclass

from mote.ir.graph import Graph
from mote.lower.split import row_shape
from mote.lower.step import Step

Cycles = Callable[[int], float]
"""Of a call that computes some rows."""

CALL = 150
"""Of any call, with the array of pointers to rows."""
LEFT_OVER = 400
"""What a group of fewer than three pixels costs a chain with lines more than one of three."""

UNPACK = 6
"""A 4-bit weight; every call unpacks all of them."""


def of_layer(step: Step, graph: Graph, cycles: Cycles) -> float:
    """Of all calls of a layer, at full speed."""
    assert step.split is not None
    images, height, _ = row_shape(graph.result(step.node))
    return images * height // step.split.rows * cycles(step.split.rows)


def portable_cycles(
    pixels: int, channels: int, taps: int, unpacked: int, kernel_height: int = 1
) -> Cycles:
    """``pixels``, ``channels``: of a row of the result; ``unpacked``: weights of 4 bits."""
    row = pixels * channels * (3.7 * taps + 20 * kernel_height + 100)
    return lambda rows: CALL + UNPACK * unpacked + rows * row


def portable_uneven_cycles(pixels: int, channels: int, kernel_height: int) -> int:
    """What a row costs more that is computed from rows at odd distances: these are read by twos."""
    return 30 * ((kernel_height - 1) // 2) * pixels * channels


def cycles_of_4(pairs: int, taps: int) -> float:
    """All channels of a group of four pixels."""
    return pairs * (6 * taps + 90)


def cycles_of_2(pairs: int, taps: int) -> float:
    """All channels of two pixels."""
    return pairs * (3.5 * taps + 50)


def cycles_of_1(pairs: int, taps: int) -> float:
    """All channels of one pixel."""
    return pairs * (2.25 * taps + 40)


def dsp_cycles(pixels: int, pairs: int, taps: int, kernel_height: int) -> Cycles:
    """Convolution in groups of 4 pixels that run over the rows of a call; ``pairs``: of channels.

    One or two pixels that are over cost less than a group.
    """
    four = cycles_of_4(pairs, taps)
    left = (0, cycles_of_1(pairs, taps), cycles_of_2(pairs, taps), four)
    patch = 2 * taps + 12 * kernel_height + 30

    def cycles(rows: int) -> float:
        count = rows * pixels
        return CALL + count * patch + count // 4 * four + left[count % 4]

    return cycles


def swar_cycles(
    pixels: int,
    channels: int,
    taps: int,
    kernel_height: int,
    flush: float,
    at_once: int,
    *,
    is_pointwise: bool,
) -> Cycles:
    """Convolution of two pixels with one multiplication, in groups that run over a call's rows.

    ``flush``: blocks in four taps; ``at_once``: pixels of a group, of which two may be over, and
    one costs less where windows are pixels.
    """

    def group(words: int) -> float:
        patch = words * (10.5 * taps + 60 * kernel_height) + 150
        sums = taps * (2.4 + words * (3.5 + 0.75 * flush))
        return patch + channels * (sums + 70 + 50 * words)

    def cycles(rows: int) -> float:
        count = rows * pixels
        left = count % at_once
        last = group((left + 1) // 2) * (left > 0)
        if left == 1 and is_pointwise:
            last = channels * (4.75 * taps + 90)
        return CALL + count // at_once * group(at_once // 2) + last

    return cycles


def mve_cycles(pixels: int, channels: int, taps: int, kernel_height: int) -> Cycles:
    """Convolution with MVE, pixel by pixel; ``channels``: that are computed."""
    vectors = -(-taps // 16)
    patch = 3 * vectors + 12 * kernel_height if kernel_height > 1 else 0
    pixel = 50 + patch + -(-channels // 4) * (22 + 10 * vectors)
    return lambda rows: CALL + rows * pixels * pixel


def mve_pixel_cycles(pixels: int, channels: int, taps: int) -> Cycles:
    """The same, two pixels at a time, where a window is a pixel and rows lie one behind another."""
    vectors, blocks = -(-taps // 16), -(-channels // 4)
    alone = mve_cycles(pixels, channels, taps, 1)

    def cycles(rows: int) -> float:
        count = rows * pixels
        if count < 4:
            return alone(rows)
        pairs = blocks * (25 + count // 2 * (34 + 14 * vectors))
        return alone(1) / pixels * (count % 2) + CALL + 170 + pairs

    return cycles


def depthwise_3x3_cycles(pixels: int, channels: int, stride: int, unpacked: int) -> Cycles:
    """Depthwise convolution one channel at a time; ``pixels``: of a row of the result."""
    row = 57 + pixels * (17.5 + 10.3 * stride)
    return lambda rows: CALL + UNPACK * unpacked + channels * (94 + rows * row)


def narrow_depthwise_3x3_cycles(pixels: int, channels: int, stride: int) -> Cycles:
    """Depthwise convolution one channel at a time, without a wide multiplication.

    ``pixels``: of a row of the result.
    """
    row = 70 + pixels * (69 + 7 * stride)
    return lambda rows: CALL + 200 + channels * (125 + rows * row)


def chain_cycles(
    pixels: int,
    fours: int,
    taps: int,
    kernel_height: int,
    pieces: int = 0,
    is_affine: bool = False,
) -> Cycles:
    """Chained convolution in groups of 3 pixels that run over the rows of a call, with loads.

    ``fours``: of channels; ``pieces``: of the taps where they are cut; ``is_affine``: with lines.
    Two pixels that are over cost as much as 3, one about two thirds.
    """
    cut = (pieces > 0) * 24 + (pieces > 1) * 24 + max(pieces - 1, 0) * 60
    four = 9.31 * taps + 100 if is_affine else 9.63 * taps + 128
    group = fours * (four + cut) + 8.25 * taps + 50 * kernel_height + 150
    spared = fours * (3.13 * taps - 10)

    def cycles(rows: int) -> float:
        count = rows * pixels
        return CALL - count // -3 * group - (count % 3 == 1) * spared

    return cycles


@dataclass(frozen=True, kw_only=True)
class Windows:
    """What a row of the result of a convolution reads and computes.

    Args:
        pixels: Of the row.
        fours: Of channels that are computed.
        inputs: Channels of a pixel that is read.
        kernel, stride: (height, width).
        borders: How many groups of a row, about, have windows that are in part outside.
        is_wide: True where sums of each channel fill a slot.
        is_alone: True where the kernel computes a last window alone.
    """

    pixels: int
    fours: int
    inputs: int
    kernel: tuple[int, int]
    stride: tuple[int, int]
    borders: int
    is_wide: bool = False
    is_alone: bool = False

    @property
    def three(self) -> int:
        """Columns of three windows side by side."""
        return 2 * self.stride[1] + self.kernel[1]

    @property
    def sliding_windows(self) -> int:
        """So many groups of three a row has, where it is the last one and windows slide."""
        third = -(-self.pixels // 3)
        return third + (self.pixels - third) % 2

    @property
    def sliding_columns(self) -> int:
        """Columns that these read."""
        return (self.sliding_windows - 1) * self.stride[1] + self.kernel[1]

    def copied_bytes(self, rows: int) -> int:
        """Of copies of all rows that so many rows of the result read, with offsets of them."""
        columns = (self.pixels - 1) * self.stride[1] + self.kernel[1]
        return ((rows - 1) * self.stride[0] + self.kernel[0]) * (4 + columns * self.inputs)

    def copying(self, rows: int) -> float:
        """Cycles of these copies."""
        read = (rows - 1) * self.stride[0] + self.kernel[0]
        return 80 * read + 0.6 * self.copied_bytes(rows)

    def most_copied(self, size: int, most: int) -> int:
        """For how many rows of the result, up to ``most``, copies have no more bytes."""
        return max((rows for rows in range(most + 1) if self.copied_bytes(rows) <= size), default=0)


def affine_chain_cycles(windows: Windows, copies: int) -> Cycles:
    """Chained convolution with lines, in groups of 3 pixels, with loads.

    ``copies``: rows of the result for which what they read is copied first; groups run on through
    them, and through rows of 1 x 1 windows. 0: none is copied but what lies at borders.
    """
    height, width = windows.kernel
    taps = width * windows.inputs
    pack = height * (22 + 7.75 * taps)
    group = windows.fours * (9.31 * height * taps + 91 + 4 * windows.is_wide) + pack + 37

    def copied(rows: int) -> float:
        groups = -(-rows * windows.pixels // 3)
        runs = min(groups, rows * (1 if windows.pixels % 3 == 0 else 5 / 3))
        part = LEFT_OVER * (rows * windows.pixels % 3 > 0)
        return (windows.copying(rows) + groups * group + 150 * runs + part) * (rows > 0)

    def cycles(rows: int) -> float:
        if copies:
            return CALL + rows // copies * copied(copies) + copied(rows % copies)
        if (height, width, *windows.stride) == (1, 1, 1, 1) and not windows.borders:
            count = rows * windows.pixels
            if windows.is_alone and count % 3 == 1:
                alone = windows.fours * (6.31 * taps + 55) + 7 * taps + 100
                return CALL + 150 + count // 3 * group + alone
            part = LEFT_OVER * (count % 3 > 0)
            return CALL + 150 + -(-count // 3) * group + part
        groups = -(-windows.pixels // 3) if windows.pixels > 2 else windows.pixels
        border = 150 + height * (80 + 0.9 * windows.three * windows.inputs)
        return CALL + rows * (200 + groups * group + border * windows.borders)

    return cycles


def sliding_chain_cycles(windows: Windows, copies: int) -> Cycles:
    """Chained convolution with lines, with windows that slide over words made once, with loads.

    ``copies``: rows of the result for which what they read is copied at once.
    """
    height, width = windows.kernel
    group = windows.fours * (9.31 * height * width * windows.inputs + 98) + 45
    groups = -(-windows.pixels // 3)
    row = groups * group + height * (60 + 9 * windows.inputs * windows.sliding_columns) + 150
    last = (windows.sliding_windows - groups) * group

    def cycles(rows: int) -> float:
        left = rows % copies
        copied = rows // copies * windows.copying(copies) + windows.copying(left) * (left > 0)
        return CALL + copied + rows * row + last * (rows > 0)

    return cycles


def packed_chain_cycles(
    pixels: int,
    fours: int,
    inputs: int,
    kernel: tuple[int, int],
    pieces: int,
    is_padded: bool,
    is_double: bool,
) -> Cycles:
    """Chained convolution of windows in one word a tap, in groups of 3 pixels, with loads.

    ``fours``: of channels; ``inputs``: channels of a pixel that is read; ``is_double``: without
    lines. One pixel or two that are over cost as much as 3, each of them where a call has no more.
    """
    height, width = kernel
    taps = height * width * inputs
    four = 10.63 * 4 * -(-taps // 4) + 130 + 58 * is_double + 30 * (pieces > 1) + 80 * (pieces - 1)
    group = fours * four + 7.75 * taps + 60 * height + 285
    border = 300 * height * width * is_padded

    def cycles(rows: int) -> float:
        count = rows * pixels
        return CALL + rows * border + (count if count < 3 else -(-count // 3)) * group

    return cycles


def eight_cycles(pixels: int, channels: int) -> Cycles:
    """Convolution 1 x 1 of 8 input channels, in groups of 2 pixels that run over a call's rows."""
    two = channels * 25.5 + 45
    return lambda rows: CALL - rows * pixels // -2 * two


def dsp_cycles_with_loads(pixels: int, pairs: int, taps: int, kernel_height: int) -> Cycles:
    """``dsp_cycles`` in cycles of the Cortex-M4, with loads."""
    four = pairs * (8.9 * taps + 150)
    patch = 3 * taps + 15 * kernel_height + 40

    def cycles(rows: int) -> float:
        count = rows * pixels
        left = (0, 3 / 8, 7 / 12, 1)[count % 4]
        return CALL + count * patch + (count // 4 + left) * four

    return cycles


def dsp_points_cycles(pixels: int, pairs: int, taps: int) -> Cycles:
    """Of windows of one pixel, always four at a time; otherwise as ``dsp_cycles_with_loads``."""
    four = pairs * (8.9 * taps + 150) + 4 * (3 * taps + 55)

    def cycles(rows: int) -> float:
        count = rows * pixels
        return CALL + four * (count if count < 3 else -(-count // 4))

    return cycles


def small_cycles(pixels: int, pairs: int, taps: int) -> Cycles:
    """The small convolution, in groups of 2 pixels that run over the rows of a call, with loads.

    One pixel that is over costs as much.
    """
    two = pairs * (6.2 * taps + 90)
    patch = 9 * taps + 60
    return lambda rows: CALL + rows * pixels * patch - rows * pixels // -2 * two


def small_depthwise_cycles(pixels: int, channels: int) -> Cycles:
    """The small depthwise convolution 3 x 3; ``pixels``: of a row of the result."""
    return lambda rows: CALL + rows * pixels * (100 + channels * 75)


def mve_depthwise_3x3_cycles(pixels: int, stride: int, eights: int, quads: int) -> Cycles:
    """Depthwise convolution with MVE; ``eights``, ``quads``: groups of channels."""
    row = 30 + eights * (40 + 11 * (pixels * stride + 2)) + quads * (35 + 27 * pixels)
    return lambda rows: CALL + rows * row
