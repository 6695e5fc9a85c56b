"""Runs a built firmware on an emulated core: samples in, outputs, stack and block counts out."""

import struct
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mote.errors import InputError, ToolError
from mote.ir.tensor import Array
from mote.run.count import BlockCount, Window, plugin, read_counts
from mote.run.elf import read_image
from mote.run.firmware import STACK_BYTES, Firmware
from mote.run.interface import Slot
from mote.run.machine import MACHINES
from mote.run.toolchain import execute

TIMEOUT_S = 600.0
LONGEST_S = 1e6
"""What the operating system can wait for."""
_FAULT, _STACK = 3, 4
_FAULT_REGISTERS = {
    "qemu-system-arm": ("r0", "r1", "r2", "r3", "r12", "lr", "pc", "xpsr", "cfsr"),
    "qemu-system-riscv32": ("a0", "a1", "a2", "a3", "sp", "ra", "pc", "mcause", "mtval"),
}
"""What the harness saves of a fault, by emulator."""


@dataclass(frozen=True)
class Execution:
    """What came out of a run.

    Args:
        outputs: For each sample, the model's outputs in the graph's order.
        stack_bytes: Most stack that any sample's run wrote below the caller's stack pointer.
        traces: For each sample, the result of every step by tensor name; only from a firmware
            that traces.
        counts: Blocks executed by the first sample's run; only when a window was given.
    """

    outputs: tuple[tuple[Array, ...], ...]
    stack_bytes: int
    traces: tuple[dict[str, Array], ...] = ()
    counts: tuple[BlockCount, ...] = ()


def run(
    firmware: Firmware,
    samples: Sequence[Sequence[Array]],
    *,
    window: Window | None = None,
    timeout_s: float = TIMEOUT_S,
) -> Execution:
    """Run the model on every sample, one after the other, in one emulation.

    Args:
        firmware: From ``firmware.build``.
        samples: For each sample, one array for each input, of the input's shape and type.
        window: Count the blocks that the first sample executes.
        timeout_s: Give up after this long for each sample.

    Raises:
        InputError: A sample does not fit the model.
        ToolError: The emulator is missing or failed, or the program faulted.
    """
    data = b"".join(_sample_bytes(firmware.interface.inputs, sample) for sample in samples)
    with tempfile.TemporaryDirectory(prefix="mote-") as name:
        directory = Path(name)
        (directory / "samples.bin").write_bytes(struct.pack("<I", len(samples)) + data)
        arguments = [
            *("-M", firmware.core.machine, "-display", "none"),
            *MACHINES[firmware.core.machine].options,
            *("-monitor", "none", "-serial", "none", "-parallel", "none"),
            *("-semihosting-config", "enable=on,target=native"),
            *("-kernel", str(firmware.elf.resolve())),
        ]
        if window:
            (directory / "window.txt").write_text(window.text())
            path = str(plugin()).replace(",", ",,")  # a comma begins the next option
            arguments += ["-plugin", f"{path},plan=window.txt,out=blocks.txt"]
        patience_s = min(timeout_s * max(1, len(samples)), LONGEST_S)
        _emulate(arguments, directory, firmware, patience_s)
        outputs, stacks = _results(directory, firmware.interface.outputs, len(samples))
        return Execution(
            outputs=outputs,
            stack_bytes=max(stacks, default=0),
            traces=_traces(directory, firmware, len(samples)) if firmware.traces else (),
            counts=read_counts(directory / "blocks.txt", firmware.core.tools.emulator)
            if window
            else (),
        )


def _sample_bytes(slots: Sequence[Slot], sample: Sequence[Array]) -> bytes:
    if len(sample) != len(slots):
        raise InputError("input", f"{len(sample)} arrays given, the model has {len(slots)} inputs")
    for slot, array in zip(slots, sample, strict=True):
        if array.shape != slot.shape or array.dtype != slot.dtype.numpy:
            raise InputError(
                f"input '{slot.name}'",
                f"found {array.dtype} {list(array.shape)}, "
                f"allowed: {slot.dtype.value} {list(slot.shape)}",
            )
    return b"".join(np.ascontiguousarray(array).tobytes() for array in sample)


def _emulate(arguments: list[str], directory: Path, firmware: Firmware, timeout_s: float) -> None:
    """Run QEMU to its end, or say what went wrong."""
    tool = firmware.core.tools.emulator
    where = f"{tool} ({firmware.core.name} on {firmware.core.machine})"
    done = execute(tool, arguments, directory=directory, timeout_s=timeout_s)
    if done.returncode == _FAULT:
        raise ToolError(
            where, "the program faulted", details=[_fault(directory / "fault.bin", firmware)]
        )
    if done.returncode == _STACK or "Lockup" in done.stderr:  # no room for a fault's registers
        raise ToolError(where, f"the model needs more than {STACK_BYTES:,} B of stack")
    if done.returncode:
        raise ToolError(
            where,
            f"failed with status {done.returncode}",
            details=(done.stderr or done.stdout).strip().splitlines()[:12],
        )


def _fault(path: Path, firmware: Firmware) -> str:
    """The registers at the fault, and the function that it happened in."""
    data = path.read_bytes() if path.is_file() else b""
    names = _FAULT_REGISTERS[firmware.core.tools.emulator]
    if len(data) != 4 * len(names):
        return "no registers were saved"
    registers = dict(zip(names, struct.unpack("<9I", data), strict=True))
    function = read_image(firmware.elf).function_at(registers["pc"])
    return f"in {function}: " + " ".join(f"{name}={value:#x}" for name, value in registers.items())


def _read(data: bytes, at: int, slot: Slot) -> Array:
    return np.frombuffer(data, slot.dtype.numpy, count=slot.bytes // slot.dtype.itemsize, offset=at)


def _results(
    directory: Path, slots: Sequence[Slot], samples: int
) -> tuple[tuple[tuple[Array, ...], ...], list[int]]:
    path = directory / "results.bin"
    data = path.read_bytes() if path.is_file() else b""
    size = 4 + sum(slot.bytes for slot in slots)
    if len(data) != samples * size:
        raise ToolError("qemu-system-arm", f"wrote {len(data)} B of results, not {samples * size}")
    outputs, stacks = [], []
    for start in range(0, len(data), size):
        stacks.append(int.from_bytes(data[start : start + 4], "little"))
        at, arrays = start + 4, []
        for slot in slots:
            arrays.append(_read(data, at, slot).reshape(slot.shape).copy())
            at += slot.bytes
        outputs.append(tuple(arrays))
    return tuple(outputs), stacks


def _traces(directory: Path, firmware: Firmware, samples: int) -> tuple[dict[str, Array], ...]:
    """Every result of every sample, put together from the parts that the calls wrote."""
    results = firmware.interface.results
    size = sum(result.bytes for result in results)
    traces: list[dict[str, Array]] = []
    missing = 0
    for step, first, part in _records((directory / "trace.bin").read_bytes()):
        if not missing:
            traces.append({r.name: np.zeros(r.shape, r.dtype.numpy) for r in results})
            missing = size
        result = results[step]
        if first + len(part) > result.bytes:
            raise ToolError(
                firmware.core.tools.emulator,
                f"traced {len(part)} B from byte {first} of '{result.name}', "
                f"which has {result.bytes} B",
            )
        bytes_of = traces[-1][result.name].reshape(-1).view(np.uint8)
        bytes_of[first : first + len(part)] = part
        missing -= len(part)
    if missing or len(traces) != (samples if size else 0):
        raise ToolError(
            firmware.core.tools.emulator,
            "the trace does not hold every step of every sample once",
        )
    return tuple(traces) if size else ({},) * samples


def _records(data: bytes) -> Iterator[tuple[int, int, Array]]:
    at = 0
    while at < len(data):
        step, first, size = struct.unpack_from("<III", data, at)
        yield step, first, np.frombuffer(data, np.uint8, size, at + 12)
        at += 12 + size
