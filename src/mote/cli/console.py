"""How commands speak: results on standard output, progress and remarks on standard error."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

PIPE_COLUMNS = 160
"""Width of tables that nobody's terminal limits."""


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
    """Exactly one JSON object."""
    json.dump(value, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


def table(columns: Sequence[str], *, text: Sequence[str] = (), title: str = "") -> Table:
    """An empty table; columns hold numbers, to the right, unless named in ``text``."""
    made = Table(box=box.SIMPLE_HEAD, title=title or None, title_justify="left", pad_edge=False)
    for column in columns:
        if column in text:
            made.add_column(column, overflow="fold")
        else:
            made.add_column(column, justify="right", no_wrap=True)
    return made


def number(value: float | None, decimals: int = 0) -> str:
    """A number with thousands separated, or a dash for what is not known."""
    return "–" if value is None else f"{value:,.{decimals}f}"
