"""Winograd's algorithms with whole numbers, as the kernels have them, and what they cost."""

from dataclasses import dataclass, replace

from mote.lower.convolution_cycles import CALL, Cycles


@dataclass(frozen=True)
class Scheme:
    """One of Winograd's algorithms with its denominators cleared (Lavin and Gray 2016, section 4).

    Args:
        rows: Of the result of a tile; one is not transformed, and computed from three rows.
        tile: Its columns.
        tiles: That are transformed before the kernel multiplies: fewer for less scratch.
        weights: ``[tile + 2, 3]``, by which weights are transformed: columns, and rows if several.
        factor: What sums come out as, times what they are, where that is largest.
        start: What is added at position (1, 1), or 1 along rows, to add 1 to all results of a tile.
        x_offset: What the kernel adds to every input.
        is_centred: True when the kernel adds what is left of the bias in the end, so that sums may
            start where their range lies around 0.
        input_cycles, output_cycles: Of the transforms, for each tile and word of two input
            channels, and for each tile and output channel.
        tile_cycles: Of each tile beside those.
        parts: Into which its positions fall: the kernel transforms those of one after the other for
            less scratch.
    """

    rows: int
    tile: int
    tiles: int
    weights: tuple[tuple[int, ...], ...]
    factor: int
    start: int
    x_offset: int
    is_centred: bool
    input_cycles: int
    output_cycles: int
    tile_cycles: int = 0
    parts: int = 1

    @property
    def positions(self) -> int:
        """Products of a tile."""
        return (self.tile + 2) ** (2 if self.rows > 1 else 1)

    @property
    def taps(self) -> int:
        """Rows of a kernel that are not transformed, but summed."""
        return 1 if self.rows > 1 else 3

    def scratch_bytes(self, inputs: int, pairs: int) -> int:
        """What the kernel says; few sums are on its stack instead.

        Args:
            inputs: Channels of the input.
            pairs: Of channels of the result.
        """
        fours = -(-inputs // 4)
        transformed = 8 * self.tiles * self.positions * self.taps * fours // self.parts
        if self.parts > 1:
            return transformed + 64 * -(-pairs // 2) + (16 if inputs % 4 else 4) * fours
        return transformed + (16 * self.positions * self.tiles if self.rows > 1 else 0)

    @property
    def suffix(self) -> str:
        """What distinguishes its kernels by name."""
        if self.parts > 1:
            return "thirds"
        if self.rows == 1:
            return "row_two" if self.tiles == 2 else "row"
        return f"{self.tile}_one" if self.tiles == 1 else str(self.tile)


TWO = Scheme(
    rows=2,
    tile=2,
    tiles=2,
    weights=((2, 0, 0), (1, 1, 1), (1, -1, 1), (0, 0, 2)),
    factor=4,
    start=4,
    x_offset=0,
    is_centred=False,
    input_cycles=151,
    output_cycles=140,
)
FOUR = Scheme(
    rows=4,
    tile=4,
    tiles=2,
    weights=((6, 0, 0), (-1, -1, -1), (-1, 1, -1), (1, 2, 4), (1, -2, 4), (0, 0, 6)),
    factor=576,
    start=36,
    x_offset=128,
    is_centred=True,
    input_cycles=476,
    output_cycles=425,
)
ROW = Scheme(
    rows=1,
    tile=4,
    tiles=1,
    weights=FOUR.weights,
    factor=24,
    start=6,
    x_offset=128,
    is_centred=False,
    input_cycles=41,
    output_cycles=62,
    tile_cycles=220,
)
ROW_TWO = replace(ROW, tiles=2, output_cycles=40)
THIRDS = replace(ROW_TWO, parts=3, input_cycles=55, output_cycles=55, tile_cycles=900)
SCHEMES = (ROW, THIRDS, ROW_TWO, TWO, replace(FOUR, tiles=1, output_cycles=455), FOUR)
"""Each has more cycles and less scratch or flash than those behind it. What the numbers mean stands
in the kernels."""


def scheme_cycles(scheme: Scheme, sizes: dict[str, int], pairs: int) -> Cycles:
    """Of a call that computes some rows of a result, with loads; ``pairs``: of channels."""
    across = -(-sizes["y_width"] // scheme.tile)
    groups = -(-sizes["x_channels"] // 4) * scheme.taps
    group, beside = (20.8, 22) if scheme.tiles == 1 else (33.5, 20)
    group -= 0.6 * (scheme.taps > 1)
    multiply = -(-pairs // 2) * (scheme.positions * (group * groups + beside) + 60)
    outside = min(across, 2) if sizes["pad_left"] else 0
    apart = outside / across * _apart_cycles(scheme)
    each = groups * (2 * scheme.input_cycles + apart) + 2 * pairs * scheme.output_cycles
    each += scheme.tile_cycles

    cut_columns = sizes["y_width"] % scheme.tile > 0
    cut = groups * _apart_cycles(scheme) + 2 * pairs * 65 * scheme.rows

    def cycles(rows: int) -> float:
        down = -(-rows // scheme.rows)
        cut_rows = (across - 1) * (rows % scheme.rows > 0)
        tiles = down * across
        turns = -(-tiles // scheme.tiles) if scheme.rows > 1 else rows * -(-across // scheme.tiles)
        whole = CALL + turns * multiply + tiles * each
        return whole + (down * cut_columns + cut_rows) * cut

    return cycles


def scheme_uneven_cycles(scheme: Scheme, sizes: dict[str, int]) -> int:
    """How many more a call costs whose rows lie at odd distances; single rows do not mind."""
    across = -(-sizes["y_width"] // scheme.tile)
    groups = -(-sizes["x_channels"] // 4)
    more = max(0, across - 2) * groups * _apart_cycles(scheme)
    return round(more) if scheme.rows > 1 else 0


def _apart_cycles(scheme: Scheme) -> float:
    """What a tile's inputs of four channels cost more that are gathered first, as at the border."""
    return 30 + 4.5 * scheme.positions
