"""Networks of rows built from compact descriptions: known models, and random small ones."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mote.plan.task import FEED, Access, Network, Rows, Strip, Task

Map = tuple[str, int, int, int]
"""Name, height, width and channels of a feature map; an element is one byte."""


class RowNetwork:
    """Collects layers; every layer computes one row of its result in each call."""

    def __init__(self) -> None:
        self.strips: dict[str, Strip] = {}
        self.tasks: list[Task] = []
        self.parts: dict[str, tuple[str, int, int]] = {}

    def input(self, height: int, width: int, channels: int, *, streamed: bool = False) -> Map:
        x = self._strip(height, width, channels, is_input=not streamed, is_linear=not streamed)
        if streamed:
            self.tasks.append(Task(FEED, (), Access(x[0], singles(height))))
        return x

    def conv(
        self, x: Map, channels: int = 0, kernel: int = 3, stride: int = 1, scratch: int = 0
    ) -> Map:
        """A convolution that keeps the size but for its stride; as many channels if none given."""
        _, height, width, x_channels = x
        y_height, y_width = -(-height // stride), -(-width // stride)
        padding = max((y_height - 1) * stride + kernel - height, 0) // 2
        rows = windows(height, y_height, kernel, stride, padding)
        return self.layer((x,), (rows,), y_height, y_width, channels or x_channels, scratch=scratch)

    def add(self, a: Map, b: Map) -> Map:
        rows = singles(a[1])
        return self.layer((a, b), (rows, rows), *a[1:], in_place=(0, 1))

    def activation(self, x: Map) -> Map:
        return self.layer((x,), (singles(x[1]),), *x[1:], in_place=(0,))

    def concat(self, a: Map, b: Map) -> Map:
        rows = singles(a[1])
        return self.layer((a, b), (rows, rows), a[1], a[2], a[3] + b[3])

    def part(self, x: Map, first: int, last: int) -> Map:
        """Some channels of a map, where they lie."""
        name, height, width, channels = x
        self.strips[name] = replace(self.strips[name], pixel_bytes=channels)
        part = f"{name}:{first}:{last}"
        self.parts[part] = name, first, last
        return part, height, width, last - first

    def room(self, x: Map, channels: int) -> Map:
        """A map of the size of another one, of which every part must be written by a layer."""
        return self._strip(x[1], x[2], channels)

    def into(self, y: Map, x: Map, kernel: int, *, scratch: int = 0) -> Map:
        """A convolution that writes a part of a map."""
        rows = windows(x[1], y[1], kernel, 1, (kernel - 1) // 2)
        writes = self._access(y, singles(y[1]))
        self._task((self._access(x, rows),), writes, scratch_bytes=scratch)
        return y

    def mean(self, x: Map) -> Map:
        y = self._strip(1, 1, x[3])
        writes = (((0, 0),) * (x[1] - 1)) + ((0, 1),)
        reads = (self._access(x, singles(x[1])),)
        self._task(reads, Access(y[0], writes), state_bytes=4 * x[3])
        return y

    def dense(self, x: Map, channels: int) -> Map:
        return self.layer((x,), (((0, x[1]),),), 1, 1, channels)

    def build(self, *outputs: Map) -> Network:
        """The network that keeps these maps."""
        kept = {self.parts.get(y[0], y)[0] for y in outputs}
        strips = {
            s.name: replace(s, is_linear=s.is_linear or s.name in kept, is_output=s.name in kept)
            for s in self.strips.values()
        }
        return Network(strips, tuple(self.tasks))

    def _strip(self, height: int, width: int, channels: int, **flags: bool) -> Map:
        name = f"t{len(self.strips)}"
        self.strips[name] = Strip(name, height, width * channels, **flags)
        return name, height, width, channels

    def layer(
        self,
        operands: Sequence[Map],
        rows: Sequence[tuple[Rows, ...]],
        height: int,
        width: int,
        channels: int,
        *,
        scratch: int = 0,
        in_place: tuple[int, ...] = (),
    ) -> Map:
        """Any layer, by the rows of each operand that each row of its result is computed from."""
        y = self._strip(height, width, channels)
        reads = tuple(self._access(x, r) for x, r in zip(operands, rows, strict=True))
        self._task(reads, Access(y[0], singles(height)), scratch_bytes=scratch, in_place=in_place)
        return y

    def _access(self, x: Map, rows: tuple[Rows, ...]) -> Access:
        if x[0] not in self.parts:
            return Access(x[0], rows)
        name, first, last = self.parts[x[0]]
        return Access(name, rows, (first, last))

    def _task(
        self,
        reads: tuple[Access, ...],
        writes: Access,
        *,
        scratch_bytes: int = 0,
        state_bytes: int = 0,
        in_place: tuple[int, ...] = (),
    ) -> None:
        self.tasks.append(
            Task(
                len(self.tasks), reads, writes, scratch_bytes, state_bytes, in_place, call_cycles=20
            )
        )


def singles(height: int) -> tuple[Rows, ...]:
    """One row after the other."""
    return tuple((row, row + 1) for row in range(height))


def windows(height: int, y_height: int, kernel: int, stride: int, padding: int) -> tuple[Rows, ...]:
    """The rows that each row of a convolution's result is computed from."""
    starts = [row * stride - padding for row in range(y_height)]
    return tuple((max(0, s), min(height, s + kernel)) for s in starts)


def vww(*, streamed: bool = False) -> Network:
    """MobileNetV1-0.25 at 96x96."""
    b = RowNetwork()
    x = b.conv(b.input(96, 96, 3, streamed=streamed), 8, 3, 2)
    plan = [
        (16, 1),
        (32, 2),
        (32, 1),
        (64, 2),
        (64, 1),
        (128, 2),
        *[(128, 1)] * 5,
        (256, 2),
        (256, 1),
    ]
    for channels, stride in plan:
        x = b.conv(b.conv(x, 0, 3, stride), channels, 1)
    return b.build(b.activation(b.dense(b.mean(x), 2)))


def image_classification(*, streamed: bool = False) -> Network:
    """ResNet-8 at 32x32."""
    return residual((16, 32, 64), 1, streamed=streamed)


def residual(widths: Sequence[int], blocks: int, *, streamed: bool = False) -> Network:
    """ResNet at 32x32 with as many blocks in each stage."""
    b = RowNetwork()
    x = b.conv(b.input(32, 32, 3, streamed=streamed), widths[0])
    for stage, width in enumerate(widths):
        for block in range(blocks):
            stride = 2 if stage and not block else 1
            y = b.conv(b.conv(x, width, 3, stride), width)
            x = b.add(b.conv(x, width, 1, stride) if stride > 1 else x, y)
    return b.build(b.activation(b.dense(b.mean(x), 10)))


def keywords(*, streamed: bool = False) -> Network:
    """DS-CNN at 49x10."""
    b = RowNetwork()
    x = b.input(49, 10, 1, streamed=streamed)
    rows = windows(49, 25, 10, 2, 4)
    x = b.layer((x,), (rows,), 25, 5, 64)
    for _ in range(4):
        x = b.conv(b.conv(x), 64, 1)
    return b.build(b.activation(b.dense(b.mean(x), 12)))


def anomalies(*, streamed: bool = False) -> Network:
    """Autoencoder of ten fully connected layers."""
    b = RowNetwork()
    x = b.input(1, 1, 640, streamed=streamed)
    for channels in (128, 128, 128, 128, 8, 128, 128, 128, 128, 640):
        x = b.dense(x, channels)
    return b.build(x)


def mobile(size: int, width: float, *, streamed: bool = False) -> Network:
    """MobileNetV2."""
    b = RowNetwork()
    x = b.conv(b.input(size, size, 3, streamed=streamed), _round(32 * width), 3, 2)
    stages = [
        (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2),
        (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
    ]  # fmt: skip
    for expansion, channels, repeats, first_stride in stages:
        for i in range(repeats):
            stride, wanted = first_stride if i == 0 else 1, _round(channels * width)
            y = b.conv(x, x[3] * expansion, 1) if expansion > 1 else x
            y = b.conv(b.conv(y, 0, 3, stride), wanted, 1)
            x = b.add(x, y) if stride == 1 and wanted == x[3] else y
    return b.build(b.dense(b.mean(b.conv(x, 1280, 1)), 1000))


def _round(channels: float) -> int:
    """To a multiple of eight, not more than a tenth down."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded


def random_network(rng: np.random.Generator, layers: int, *, height: int = 5) -> Network:
    """A connected network of convolutions, adds, concats, activations and means."""
    b = RowNetwork()
    maps = [b.input(int(rng.integers(2, height + 1)), 2, 2, streamed=bool(rng.integers(2)))]
    unread = {maps[0][0]}
    for _ in range(layers):
        x = maps[int(rng.integers(max(0, len(maps) - 3), len(maps)))]
        alike = [m for m in maps if m[1:3] == x[1:3]]
        other = alike[int(rng.integers(len(alike)))]
        match rng.integers(6):
            case 0 if other[3] == x[3]:
                y, used = b.add(x, other), {x[0], other[0]}
            case 1 if x[3] + other[3] < 12:
                y, used = b.concat(x, other), {x[0], other[0]}
            case 2:
                y, used = b.activation(x), {x[0]}
            case 3 if x[1] > 1:
                y, used = b.mean(x), {x[0]}
            case 4:
                y, used = b.conv(x, 0, 3, scratch=int(rng.integers(6))), {x[0]}
            case _:
                stride = int(rng.integers(1, 3))
                kernel = int(rng.integers(1, 4))
                y, used = b.conv(x, int(rng.integers(1, 6)), kernel, stride), {x[0]}
        unread = unread - used | {y[0]}
        maps.append(y)
    return b.build(*(m for m in maps if m[0] in unread))


def random_joined_network(rng: np.random.Generator, layers: int, *, height: int = 5) -> Network:
    """Layers that write parts of one map, some of them from others, and layers that read parts."""
    b = RowNetwork()
    maps = [b.input(int(rng.integers(2, height + 1)), 2, 2, streamed=bool(rng.integers(2)))]
    unread = {maps[0][0]}

    def source() -> Map:
        x = maps[int(rng.integers(max(0, len(maps) - 4), len(maps)))]
        unread.discard(x[0])
        return x

    for _ in range(layers):
        if rng.integers(2):
            x = source()
            kernel, channels = int(rng.integers(1, 4)), int(rng.integers(1, 5))
            y = b.activation(x) if rng.integers(3) == 0 else b.conv(x, channels, kernel)
        else:
            x = source()
            sizes = rng.integers(1, 4, int(rng.integers(2, 4))).tolist()
            y = b.room(x, sum(sizes))
            parts, first = [x], 0
            for size in sizes:
                part = b.part(y, first, first + size)
                maker = parts[int(rng.integers(len(parts)))]
                parts.append(
                    b.into(part, maker, int(rng.integers(1, 4)), scratch=int(rng.integers(6)))
                )
                first += size
            maps += [part for part in parts[1:] if rng.integers(2)]
        maps.append(y)
        unread.add(y[0])
    return b.build(*(m for m in maps if m[0] in unread))
