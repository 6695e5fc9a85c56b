"""A part of a board's RAM that differs from others in how long an access takes."""

import re
from dataclasses import dataclass

from mote.errors import InputError

_NAME = re.compile("[a-z][a-z0-9_]*")
_TAKEN = frozenset(
    {"at", "bytes", "call", "char", "count", "do", "done", "end", "i", "image", "int", "layer"}
    | {"main", "place", "progress", "row", "rows", "scratch", "state", "x", "y", "arena"}
    | {"auto", "break", "case", "const", "double", "else", "enum", "extern", "float", "for", "goto"}
    | {"if", "inline", "long", "return", "short", "signed", "sizeof", "static", "struct", "switch"}
    | {"typedef", "union", "unsigned", "void", "volatile", "while", "default", "continue", "class"}
    | {"register", "restrict", "new", "this", "delete", "private", "public", "template"}
)
"""What parameters of the generated functions cannot be called."""


@dataclass(frozen=True, kw_only=True)
class Region:
    """One of several blocks of RAM.

    Args:
        name: In the data sheet's words, lower case: the name of a parameter in C.
        bytes: Of it that a model may use.
        access_cycles: What reading or writing it costs, compared with the others.
    """

    name: str
    bytes: int
    access_cycles: int

    def __post_init__(self) -> None:
        if (
            not _NAME.fullmatch(self.name)
            or self.name in _TAKEN
            or re.fullmatch(r"x\d+", self.name)
        ):
            raise InputError(
                "regions",
                f"'{self.name}' cannot be a name of a parameter in C, allowed: lower-case letters, "
                "digits and underscores, and no word that has a meaning there",
            )
        if self.bytes <= 0 or self.access_cycles <= 0:
            raise InputError("regions", f"'{self.name}' has {self.bytes} B, more than 0 are needed")
