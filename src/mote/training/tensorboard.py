"""Event files for TensorBoard, written directly: what a run's curves need is three record types.

A file is a row of records, ``length (uint64) | crc(length) | data | crc(data)``, little endian,
with the masked CRC-32C of TensorFlow's ``tsl/lib/io/record_writer``. The data is an ``Event`` of
``tensorboard/compat/proto/event.proto``: wall time (1), step (2), file version (3), summary (5).
"""

import struct
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mote.errors import OutputError

POLYNOMIAL = 0x82F63B78
"""Of CRC-32C (Castagnoli), reflected; RFC 3720, appendix B.4."""


def epoch_writer(directory: Path) -> Callable[[Mapping[str, Any]], None]:
    """What writes the numbers of each epoch to a new event file in ``directory``."""
    path = directory / f"events.out.tfevents.{time.time_ns() // 1000:016d}.mote"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        path.write_bytes(record(event(0, version="brain.Event:2")))
    except OSError as error:
        raise OutputError(str(path), f"cannot be written: {error.strerror}") from None

    def write(epoch: Mapping[str, Any]) -> None:
        numbers = {name: float(epoch[name]) for name in epoch.keys() - {"epoch", "step"}}
        with path.open("ab") as file:
            for name in sorted(numbers):
                file.write(record(event(epoch["epoch"], scalar=(name, numbers[name]))))

    return write


def event(step: int, *, version: str = "", scalar: tuple[str, float] | None = None) -> bytes:
    """One event in the wire format of protocol buffers."""
    data = b"\x09" + struct.pack("<d", time.time()) + b"\x10" + _varint(step)
    if version:
        data += _field(3, version.encode())
    if scalar is not None:
        name, value = scalar
        point = _field(1, name.encode()) + b"\x15" + struct.pack("<f", value)
        data += _field(5, _field(1, point))
    return data


def record(data: bytes) -> bytes:
    """Data between its length and its checksums."""
    length = struct.pack("<Q", len(data))
    return length + _masked(length) + data + _masked(data)


def crc32c(data: bytes) -> int:
    """The checksum, bit by bit: a run writes a few hundred bytes an epoch."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (POLYNOMIAL if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def _masked(data: bytes) -> bytes:
    crc = crc32c(data)
    rotated = (crc >> 15 | crc << 17) & 0xFFFFFFFF
    return struct.pack("<I", (rotated + 0xA282EAD8) & 0xFFFFFFFF)


def _field(number: int, data: bytes) -> bytes:
    return bytes([number << 3 | 2]) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*made, value])
