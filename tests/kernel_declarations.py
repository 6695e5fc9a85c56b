"""Reads the kernels' headers: how parameter structs lie in memory, and what each function takes."""

import re
import struct
from dataclasses import dataclass
from functools import cache

from mote.codegen.library import DECLARATIONS, library

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_STRUCT = re.compile(r"typedef struct \{(.*?)\} (\w+);", re.DOTALL)
_FUNCTION = re.compile(r"^void (mote_\w+)\(([^)]*)\);", re.MULTILINE | re.DOTALL)
_FORMATS = {
    **{f"int{bits}_t": code for bits, code in ((8, "b"), (16, "h"), (32, "i"), (64, "q"))},
    **{f"uint{bits}_t": code for bits, code in ((8, "B"), (16, "H"), (32, "I"), (64, "Q"))},
    "float": "f",
    "unsigned": "I",
}
"""C type -> how ``struct`` packs it."""


@dataclass(frozen=True)
class Field:
    """A field of a struct; ``count`` is 0 where it is no array, ``code`` empty for a pointer, and
    ``bits`` 0 where it is none of some bits."""

    name: str
    code: str
    count: int
    bits: int

    def size(self, pointer_bytes: int) -> int:
        """Bytes of one element, which is aligned to as many."""
        return struct.calcsize(self.code) if self.code else pointer_bytes


@dataclass(frozen=True)
class Layout:
    """Where the fields of a struct lie, with natural alignment; those of some bits, from the lowest
    one on, by bits."""

    bit_offsets: dict[str, int]
    offsets: dict[str, int]
    fields: dict[str, Field]
    bytes: int


@cache
def _headers() -> str:
    texts = [library()[name] for name in (*DECLARATIONS, "mote_strides.h")]
    return _COMMENT.sub("", "\n".join(texts))


@cache
def structs() -> dict[str, tuple[Field, ...]]:
    """The fields of every struct that a header of kernels defines."""
    return {name: tuple(_fields(body)) for body, name in _STRUCT.findall(_headers())}


def _fields(body: str) -> list[Field]:
    found = []
    for declaration in filter(None, map(str.strip, body.split(";"))):
        kind, names = declaration.removeprefix("const ").split(None, 1)
        for declarator in names.split(","):
            match = re.fullmatch(
                r"(\*?)(?:const \*)?(\w+)(?:\[(\d+)\])?(?: : (\d+))?", declarator.strip()
            )
            assert match, declaration
            pointer, name, count, bits = match.groups()
            code = "" if pointer else _FORMATS[kind]
            found.append(Field(name, code, int(count or 0), int(bits or 0)))
    return found


@cache
def layout(name: str, pointer_bytes: int) -> Layout:
    """How a struct lies in memory where pointers have so many bytes."""
    fields = {field.name: field for field in structs()[name]}
    bit_offsets, offsets, end, widest = {}, {}, 0, 1  # the end in bits
    for field in fields.values():
        size = field.size(pointer_bytes)
        widest = max(widest, size)
        if field.bits:
            if end % (8 * size) + field.bits > 8 * size:
                end = -(-end // (8 * size)) * 8 * size
            bit_offsets[field.name] = end
            end += field.bits
            continue
        offsets[field.name] = -(-end // (8 * size)) * size
        end = 8 * (offsets[field.name] + size * max(1, field.count))
    return Layout(bit_offsets, offsets, fields, -(-end // (8 * widest)) * widest)


@cache
def parameter_types() -> dict[str, tuple[str, ...]]:
    """The C types of what every kernel takes."""
    return {
        name: tuple(re.sub(r"\w+$", "", part.strip()).strip() for part in parts.split(","))
        for name, parts in _FUNCTION.findall(_headers())
    }
