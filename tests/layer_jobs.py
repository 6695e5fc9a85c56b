"""Calls of one layer as a job: where its operands and results lie, and what each call is handed."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kernel_declarations import layout
from kernel_jobs import BLANK, BOTH, INPUT, NONE, OTHER, OUTPUT, Argument, Job
from mote.ir.tensor import Array
from mote.lower.kernels import KERNELS
from mote.lower.split import Window, row_axes
from mote.lower.step import Step

Rng = np.random.Generator


@dataclass(frozen=True)
class How:
    """How a layer is called.

    Args:
        calls: Number of calls; 0: as many as a split into whole images needs.
        is_apart: Rows, and what each call reads and writes, lie at odd distances.
        more_channels: Of the pixels of operands and of the result, which other layers own.
        over: The operand that the result overwrites; None: none.
        below: From so many elements below it on.
    """

    calls: int = 0
    is_apart: bool = False
    more_channels: tuple[int, int] = (0, 0)
    over: int | None = None
    below: int = 0


def parameters(step: Step, calls: int, pointer_bytes: int, job: Job) -> Argument:
    """The struct of a step, and its constants."""
    of = layout(step.kernel.struct, pointer_bytes)
    text = bytearray(of.bytes)
    for name, value in step.call_parameters(calls):
        part = of.fields[name]
        values = value if isinstance(value, tuple) else (value,)
        assert len(values) <= max(1, part.count), name
        if part.bits:
            assert 0 <= values[0] < 1 << part.bits, name
            whole = int.from_bytes(text, "little") | values[0] << of.bit_offsets[name]
            text[:] = whole.to_bytes(of.bytes, "little")
            continue
        struct.pack_into(f"<{len(values)}{part.code}", text, of.offsets[name], *values)
    number = job.constant(bytes(text))
    for constant in step.constants:
        target = job.constant(np.ascontiguousarray(constant.array).tobytes())
        job.pointers.append((number, of.offsets[constant.field], target, 0))
    return number, 0


def number_of_calls(step: Step, arrays: Sequence[Array], result: Array, rows: int) -> int:
    """For calls of so many rows, a divisor of the rows of an image; 0: all."""
    if step.split is None:
        return 1
    divided = arrays[0] if step.split.accumulates else result
    images, height = (1, 1, *divided.shape[: row_axes(divided.ndim)])[-2:]
    return int(images * height // (rows or height))


def heights(step: Step, arrays: Sequence[Array], result: Array) -> int:
    """Rows of an image, which calls may divide; 1 where they may not."""
    if step.split is None:
        return 1
    divided = arrays[0] if step.split.accumulates else result
    return int((1, 1, *divided.shape[: row_axes(divided.ndim)])[-1])


def make_job(
    step: Step,
    rounds: Sequence[Sequence[Array]],
    results: Sequence[Array],
    how: How,
    pointer_bytes: int,
    rng: Rng,
) -> Job:
    """The calls that compute a step.

    Args:
        step: The layer.
        rounds: Some inputs: an array for each activation.
        results: What each must give.
        how: How it is called.
        pointer_bytes: Of the machine.
        rng: Of addresses and of what lies between channels.
    """
    kernel = step.kernel
    if any(how.more_channels):
        kernel = KERNELS[kernel.strided]
    job = Job(kernel, pointer_bytes)
    calls = how.calls or number_of_calls(step, rounds[0], results[0], 0)
    builder = _Builder(job, replace(step, kernel=kernel), how, calls, rounds, results, rng)
    builder.build()
    return job


@dataclass
class _Builder:
    """Puts a job together; pieces of inputs and of results are cut as its buffers are."""

    job: Job
    step: Step
    how: How
    calls: int
    rounds: Sequence[Sequence[Array]]
    results: Sequence[Array]
    rng: Rng

    def build(self) -> None:
        job, kernel = self.job, self.step.kernel
        self.accumulates = kernel.takes_state and not kernel.takes_rows
        self.inputs: list[tuple[int, int, int, int]] = []  # buffer, operand, first and last byte
        head = []
        if kernel.struct:
            head = [parameters(self.step, self.calls, job.pointer_bytes, job)]
        scratch = []
        if kernel.takes_scratch:
            scratch = [(job.add(OTHER, self.step.scratch_bytes), 0)]
        strides = [self._strides()] if kernel.takes_strides else []
        if self.accumulates:
            self._accumulating(head)
            return
        state = []
        if kernel.takes_state:
            state = [(job.add(OTHER, self.step.state_bytes), 0)]
        pointers = self._rows() if kernel.takes_rows else self._parts()
        per_call = self._result_places()
        image_calls = self._calls_of_an_image()
        rows = self._rows_of_a_call()
        for call, (given, y) in enumerate(zip(pointers, per_call, strict=True)):
            row = [(NONE, call % image_calls * rows)] if kernel.takes_row else []
            kept = [*state, (NONE, call)] if state else []
            job.calls.append([*head, *given, y, *scratch, *row, *kept, *strides])
        self._fill()

    def _head(self, itemsize: int) -> int:
        return int(self.rng.integers(4)) // itemsize * itemsize if itemsize < 4 else 0

    def _images(self) -> tuple[int, int]:
        y = self.results[0]
        images, height = (1, 1, *y.shape[: row_axes(y.ndim)])[-2:]
        return int(images), int(height)

    def _calls_of_an_image(self) -> int:
        return max(1, self.calls // self._images()[0])

    def _rows_of_a_call(self) -> int:
        images, height = self._images()
        return images * height // self.calls if self.step.split else height

    def _input(self, operand: int, first: int, last: int, *, below: int = 0, least: int = 0) -> int:
        """A buffer for some bytes of an operand, pixels spread; ``below`` is room before them."""
        array = self.rounds[0][operand]
        size = max(below + self._spread_bytes(array, last - first, 0), least)
        number = self.job.add(INPUT, size, self._head(array.itemsize))
        self.inputs.append((number, operand, first, last))
        return number

    def _spread_bytes(self, array: Array, size: int, which: int) -> int:
        more = self.how.more_channels[which] * array.itemsize
        pixel = array.shape[-1] * array.itemsize if array.ndim else 1
        return size + more * (size // pixel - 1) if more else size

    def _spread(self, data: bytes, array: Array, which: int, filler: int | None) -> bytes:
        """Pixels with room between them: of other bytes, or of one."""
        more = self.how.more_channels[which] * array.itemsize
        if not more:
            return data
        pixel = array.shape[-1] * array.itemsize
        pixels = np.frombuffer(data, np.uint8).reshape(-1, pixel)
        shape = len(pixels), more
        between = (
            self.rng.integers(0, 256, shape) if filler is None else np.full(shape, filler)
        ).astype(np.uint8)
        return np.concatenate([pixels, between], axis=1).tobytes()[:-more]

    def _strides(self) -> Argument:
        of = layout("mote_strides", self.job.pointer_bytes)
        text = bytearray(of.bytes)
        x, y = self.rounds[0], self.results[0]
        pixels = [a.shape[-1] + self.how.more_channels[0] for a in x]
        struct.pack_into(f"<{len(pixels)}H", text, of.offsets["x"], *pixels)
        struct.pack_into("<H", text, of.offsets["y"], y.shape[-1] + self.how.more_channels[1])
        struct.pack_into("<H", text, of.offsets["channels"], y.shape[-1])
        return self.job.constant(bytes(text)), 0

    def _rows(self) -> list[list[Argument]]:
        """Pointers to rows of the only activation."""
        assert self.step.split
        (window,) = self.step.split.operands
        assert window is not None
        x = self.rounds[0][0]
        images, height = x.shape[:2]
        size = x.nbytes // (images * height)
        if self.how.is_apart:
            order = self.rng.permutation(images * height).tolist()
            numbers = {i: self._input(0, i * size, (i + 1) * size) for i in order}
            places = [(numbers[i], 0) for i in range(images * height)]
        else:
            whole = self._input(0, 0, x.nbytes)
            apart = size + self.how.more_channels[0] * x.shape[2] * x.itemsize
            places = [(whole, i * apart) for i in range(images * height)]
        rows, per_image = self._rows_of_a_call(), self._calls_of_an_image()
        given = []
        for call in range(self.calls):
            image, row = call // per_image, call % per_image * rows
            first, last = window.first(row), window.rows(row, row + rows, height)[1]
            targets = [
                places[image * height + r] if 0 <= r < last else None
                for r in range(first, first + window.span(rows))
            ]
            given.append([self.job.array_of_pointers(targets)])
        return given

    def _parts(self) -> list[list[Argument]]:
        """What each call reads of every operand."""
        split = self.step.split
        arrays = self.rounds[0]
        windows = split.operands if split else (None,) * len(arrays)
        given: list[list[Argument]] = [[] for _ in range(self.calls)]
        for k, (array, window) in enumerate(zip(arrays, windows, strict=True)):
            starts, size = self._part(array, window)
            for call, start in enumerate(starts):
                below = least = 0
                if self.how.over == k:
                    below = self.how.below * array.itemsize
                    least = self.results[0].nbytes // self.calls
                number = self._input(k, start, start + size, below=below, least=least)
                given[call].append((number, below))
        if self.step.kernel.takes_array:
            count = len(arrays) + len(self.step.constant_operands)
            for call, pointers in enumerate(given):
                left = iter(pointers)
                targets = [
                    None if i in self.step.constant_operands else next(left) for i in range(count)
                ]
                given[call] = [self.job.array_of_pointers(targets)]
        return given

    def _part(self, array: Array, window: object) -> tuple[list[int], int]:
        """Where each call's part of an operand starts, and its size, in bytes."""
        if window is None:
            return [0] * self.calls, array.nbytes
        assert isinstance(window, Window)
        images, height = (1, 1, *array.shape[: row_axes(array.ndim)])[-2:]
        rows, per_image = self._rows_of_a_call(), self._calls_of_an_image()
        row_bytes = array.nbytes // (images * height)
        if self.calls < self._images()[0]:  # several images in a call
            size = array.nbytes // self.calls
            return [call * size for call in range(self.calls)], size
        starts = []
        for call in range(self.calls):
            image, row = call // per_image, call % per_image * rows
            starts.append((image * height + row * window.stride - window.pad) * row_bytes)
        return starts, window.span(rows) * row_bytes

    def _result_places(self) -> list[Argument]:
        """Where each call writes."""
        y = self.results[0]
        part = y.nbytes // self.calls
        if self.how.over is not None:
            number = next(n for n, operand, _, _ in self.inputs if operand == self.how.over)
            self.job.buffers[number] = (BOTH, *self.job.buffers[number][1:])
            return [(number, 0)]
        if self.how.is_apart:
            size = self._spread_bytes(y, part, 1)
            heads = [self._head(y.itemsize) for _ in range(self.calls)]
            return [(self.job.add(OUTPUT, size, head), 0) for head in heads]
        number = self.job.add(OUTPUT, self._spread_bytes(y, y.nbytes, 1), self._head(y.itemsize))
        more = self.how.more_channels[1] * y.itemsize
        pixels = part // (y.shape[-1] * y.itemsize) if y.ndim else 1
        return [(number, call * (part + pixels * more)) for call in range(self.calls)]

    def _accumulating(self, head: list[Argument]) -> None:
        """Calls that add rows of the operand to a state; the last one writes the result."""
        x, y = self.rounds[0][0], self.results[0]
        part = x.nbytes // self.calls
        state = (self.job.add(OTHER, self.step.state_bytes), 0) if self.calls > 1 else (NONE, 0)
        result = self.job.add(OUTPUT, y.nbytes, self._head(y.itemsize)), 0
        for call in range(self.calls):
            given = self._input(0, call * part, (call + 1) * part), 0
            where = result if call == self.calls - 1 else (NONE, 0)
            self.job.calls.append([*head, given, where, state, (NONE, call)])
        self._fill()

    def _fill(self) -> None:
        """The bytes of all rounds."""
        part = self.results[0].nbytes // self.calls
        is_whole = self.how.over is not None or self.accumulates
        for arrays, result in zip(self.rounds, self.results, strict=True):
            texts = [np.ascontiguousarray(a).tobytes() for a in arrays]
            inputs = []
            for number, operand, first, last in self.inputs:
                data = self._spread(texts[operand][first:last], arrays[operand], 0, None)
                if self.how.over == operand:
                    below = self.how.below * arrays[operand].itemsize
                    data = bytes([BLANK]) * below + data
                inputs.append(data.ljust(self.job.buffers[number][2], bytes([BLANK])))
            self.job.rounds.append(inputs)
            text = np.ascontiguousarray(result).tobytes()
            pieces = [text]
            if self.how.is_apart and not is_whole:
                pieces = [text[i : i + part] for i in range(0, len(text), part)]
            spread = [self._spread(piece, result, 1, BLANK) for piece in pieces]
            self.job.expected.append(b"".join(spread))
