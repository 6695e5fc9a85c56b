"""Reads numbers, texts, lists, dicts and numpy arrays from a pickle, without running any of it.

A pickle is a program for a stack machine that may import and call anything. This machine knows only
the instructions that plain data needs; the three numpy functions that build an array are recognised
by name and never called.
"""

import math
import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from warnings import catch_warnings, simplefilter

import numpy as np

from mote.data.problems import BadFileError

MAX_INSTRUCTIONS = 1_000_000
MAX_AXES = 8

ARRAY_FUNCTIONS = {
    f"{package}{name}"
    for package in ("numpy.core.multiarray ", "numpy._core.multiarray ", "numpy ")
    for name in ("_reconstruct", "ndarray", "dtype")
}
BYTES_FUNCTIONS = {"_codecs encode", "__builtin__ bytes"}
"""How Python 3 writes bytes, and empty ones, so that Python 2 may read them."""

ELEMENTS = {"u1", "i1", "i2", "i4", "i8", "f4", "f8"}


@dataclass(frozen=True)
class Name:
    """A function that the pickle names."""

    text: str


@dataclass
class PendingType:
    """An array's element type; the byte order comes later."""

    code: str


@dataclass
class PendingArray:
    """An array whose contents come later."""

    value: Any = None


class Mark:
    """Where a list of items begins on the stack."""


def read_plain_pickle(data: bytes) -> Any:
    """The value in a pickle; texts of Python 2 arrive as ``str`` of the same code points.

    Raises:
        BadFileError: It is damaged, or needs more than plain data does.
    """
    machine = _Machine()
    try:
        return _run(machine, data)
    except (ValueError, TypeError, IndexError, KeyError, AttributeError, MemoryError) as error:
        raise BadFileError(f"is a damaged pickle ({str(error)[:80]})") from None


def _run(machine: "_Machine", data: bytes) -> Any:
    with catch_warnings():
        simplefilter("ignore")  # of escapes in damaged texts
        for count, (opcode, argument, _) in enumerate(pickletools.genops(data)):
            if count >= MAX_INSTRUCTIONS:
                raise BadFileError("is a pickle of too many instructions")
            if opcode.name == "STOP":
                return machine.finished()
            machine.step(opcode.name, argument)
    raise ValueError("it does not end")


class _Machine:
    """The stack and the memo of the pickle's machine."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def finished(self) -> Any:
        (value,) = self.stack
        if isinstance(value, Name | PendingType | Mark):
            raise ValueError("it holds no data")
        return value.value if isinstance(value, PendingArray) else value

    def step(self, name: str, argument: Any) -> None:
        if name in IGNORED:
            return
        if name in CONSTANTS:
            self.stack.append(CONSTANTS[name]())
        elif name in LITERALS:
            self.stack.append(argument)
        elif name in STORES:
            self.memo[len(self.memo) if argument is None else argument] = self.stack[-1]
        elif name in FETCHES:
            self.stack.append(self.memo[argument])
        elif name in ACTIONS:
            ACTIONS[name](self, argument)
        else:
            raise BadFileError(f"is a pickle of more than plain data (it uses {name})")

    def since_mark(self) -> list[Any]:
        place = max(i for i, value in enumerate(self.stack) if isinstance(value, Mark))
        items = self.stack[place + 1 :]
        del self.stack[place:]
        return items

    def pop(self, count: int) -> list[Any]:
        if len(self.stack) < count:
            raise ValueError("its stack is empty")
        items = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return items

    def name(self, text: str) -> None:
        if text not in ARRAY_FUNCTIONS | BYTES_FUNCTIONS:
            raise BadFileError(f"is a pickle of more than plain data (it names {text[:60]!r})")
        self.stack.append(Name(text))

    def extend(self, items: list[Any]) -> None:
        if not isinstance(self.stack[-1], list):
            raise ValueError("it appends to something else than a list")
        self.stack[-1].extend(items)

    def update(self, items: list[Any]) -> None:
        if not isinstance(self.stack[-1], dict) or len(items) % 2:
            raise ValueError("it sets items of something else than a dict")
        for key, value in zip(items[::2], items[1::2], strict=True):
            if not isinstance(key, str | bytes):
                raise ValueError("a key is not a text")
            text = key if isinstance(key, str) else key.decode("latin-1")
            self.stack[-1][text] = value.value if isinstance(value, PendingArray) else value

    def call(self) -> None:
        function, arguments = self.pop(2)
        if not isinstance(function, Name):
            raise ValueError("it calls what is no function")
        short = function.text.rpartition(" ")[2]
        if short == "dtype":
            self.stack.append(PendingType(_text(arguments[0])))
        elif short == "_reconstruct":
            self.stack.append(PendingArray())
        elif function.text in BYTES_FUNCTIONS:
            self.stack.append(_text(arguments[0]).encode("latin-1") if arguments else b"")
        else:
            raise ValueError(f"it calls {short}")

    def build(self) -> None:
        target, state = self.pop(2)
        if isinstance(target, PendingArray):
            target.value = _array(state)
        elif not isinstance(target, PendingType):
            raise ValueError("it sets the state of something else than an array")
        elif state[1] == ">":
            raise ValueError("an array has the bytes in the order of other machines")
        self.stack.append(target)


def _text(value: Any) -> str:
    """A text, and nothing else: a nest of shared tuples would be written out without end."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if not isinstance(value, str):
        raise ValueError("it has something else where a text belongs")
    return value


def _array(state: Any) -> Any:
    """An array from the state that numpy pickles: (version, shape, type, Fortran order, bytes)."""
    _, shape, kind, fortran, raw = state
    code = kind.code if isinstance(kind, PendingType) else ""
    if code not in ELEMENTS or not isinstance(shape, tuple) or len(shape) > MAX_AXES:
        raise ValueError(f"an array has elements of type {code[:20]!r}")
    contents = raw.encode("latin-1") if isinstance(raw, str) else raw
    kept = np.dtype(f"<{code}")
    if not isinstance(contents, bytes) or len(contents) != math.prod(shape) * kept.itemsize:
        raise ValueError("an array's bytes do not fill its shape")
    flat = np.frombuffer(contents, kept)
    return flat.reshape(shape, order="F" if fortran else "C")


IGNORED = {"PROTO", "FRAME"}
CONSTANTS: dict[str, Callable[[], Any]] = {
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "MARK": Mark,
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
}
LITERALS = {
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "BINFLOAT"),
    *("STRING", "BINSTRING", "SHORT_BINSTRING", "BINUNICODE", "SHORT_BINUNICODE", "UNICODE"),
    *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BINUNICODE8"),
}
STORES = {"PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"}
FETCHES = {"GET", "BINGET", "LONG_BINGET"}
ACTIONS: dict[str, Callable[[_Machine, Any], None]] = {
    "GLOBAL": lambda machine, argument: machine.name(argument),
    "STACK_GLOBAL": lambda machine, _: machine.name(" ".join(map(_text, machine.pop(2)))),
    "REDUCE": lambda machine, _: machine.call(),
    "BUILD": lambda machine, _: machine.build(),
    "TUPLE": lambda machine, _: machine.stack.append(tuple(machine.since_mark())),
    "TUPLE1": lambda machine, _: machine.stack.append(tuple(machine.pop(1))),
    "TUPLE2": lambda machine, _: machine.stack.append(tuple(machine.pop(2))),
    "TUPLE3": lambda machine, _: machine.stack.append(tuple(machine.pop(3))),
    "LIST": lambda machine, _: machine.stack.append(machine.since_mark()),
    "APPEND": lambda machine, _: machine.extend(machine.pop(1)),
    "APPENDS": lambda machine, _: machine.extend(machine.since_mark()),
    "SETITEM": lambda machine, _: machine.update(machine.pop(2)),
    "SETITEMS": lambda machine, _: machine.update(machine.since_mark()),
}
