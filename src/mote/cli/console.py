"""How commands speak: results on standard output, progress and remarks on standard error."""

import io
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

PIPE_COLUMNS = 160
"""Width of tables that nobody's terminal limits."""


def prepare_streams() -> None:
    """A closed stream swallows what is written; a narrow encoding shows ``?`` for what it lacks."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115  # for the life of the process
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def stdout() -> Console:
    """The console for results; colours and terminal width only on a terminal."""
    return _console(stderr=False)


def stderr() -> Console:
    """The console for progress and remarks."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else PIPE_COLUMNS
    return Console(stderr=stderr, width=width, highlight=False, markup=False, emoji=False)


def remark(text: str) -> None:
    """One line for the human, out of the way of what a script reads."""
    stderr().print(text, soft_wrap=True, style="dim")


@contextmanager
def working(text: str) -> Iterator[None]:
    """Show that something goes on, on a terminal; nothing is left when it is done."""
    console = stderr()
    if not console.is_terminal:
        yield
        return
    with console.status(text):
        yield


def print_json(value: Any) -> None:
    """Exactly one JSON object, in ASCII, so that no encoding of the terminal damages it."""
    json.dump(value, sys.stdout, indent=2)
    sys.stdout.write("\n")


def table(columns: Sequence[str], *, text: Sequence[str] = ()) -> Table:
    """An empty table; columns hold numbers, to the right, unless named in ``text``.

    Tight, so that 80 columns suffice; on a terminal that is too narrow, text is folded.
    """
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    for column in columns:
        if column in text:
            made.add_column(column, overflow="fold", min_width=8)
        else:
            made.add_column(column, justify="right", no_wrap=True)
    return made


def print_table(made: Table) -> None:
    """A table and an empty line; a terminal too narrow for all numbers breaks lines, cuts none."""
    console = stdout()
    folded = copy(made)
    folded.columns = [replace(column, max_width=column.min_width) for column in made.columns]
    unlimited = console.options.update_width(1000)
    console.width = max(console.width, console.measure(folded, options=unlimited).minimum)
    console.print(made)
    console.print()


def number(value: float | None, decimals: int = 0) -> str:
    """A number with thousands separated, or a dash for what is not known."""
    return "–" if value is None else f"{value:,.{decimals}f}"
