"""How every benchmark speaks: options, progress, figures beside their bars, exit code."""

import json
import operator
import os
import platform
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.progress import track

import mote
from models import DATA_FOLDER, MODELS, MODELS_FOLDER
from mote.cli.console import number, print_table, stderr, stdout, table
from mote.cli.main import invoke
from mote.errors import ToolError
from mote.run.toolchain import version

BAR_MISSED = 1
RELATIONS: dict[str, Callable[[float, float], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">=": operator.ge,
}

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured number.

    Args:
        model: Which network it is of.
        target: Where it ran.
        name: What was measured, with its unit.
        value: The number.
        bar: How it must stand to ``bound``, one of ``RELATIONS``; empty when it only stands beside.
        bound: The number that it is held against; None when there is none.
        peer: Whose number that is; empty for one that is simply demanded.
        note: What else must be said, such as the first value that differs.
    """

    model: str
    target: str
    name: str
    value: float
    bar: str = ""
    bound: float | None = None
    peer: str = ""
    note: str = ""

    @property
    def holds(self) -> bool | None:
        """Whether the bar is met; None without a bar."""
        if not self.bar or self.bound is None:
            return None
        return RELATIONS[self.bar](self.value, self.bound)


def progress(items: Iterable[T], text: str, total: int) -> Iterator[T]:
    """The items, with a progress bar on standard error while that is a terminal."""
    console = stderr()
    hidden = not console.is_terminal
    yield from track(items, text, total, console=console, transient=True, disable=hidden)


def show(benchmark: str, figures: Iterable[Figure], *, seed: int, as_json: bool) -> int:
    """Print figures as JSON lines as they come, or as a table; the exit code says if bars held."""
    fixed = {"benchmark": benchmark, "seed": seed, "machine": machine()}
    seen = []
    for figure in figures:
        seen.append(figure)
        if as_json:
            print(json.dumps({**asdict(figure), "holds": figure.holds, **fixed}), flush=True)
    if not as_json:
        _print_table(seen)
        said = ", ".join(f"{key} {value}" for key, value in machine().items())
        stdout().print(f"seed {seed}; {said}", soft_wrap=True)
    missed = [figure for figure in seen if figure.holds is False]
    for figure in missed:
        what = f"{figure.model} on {figure.target}: {figure.name} is {_text(figure.value)}"
        stderr().print(
            f"{what}, not {figure.bar} {_text(figure.bound)}. {figure.note}", style="red"
        )
    return BAR_MISSED if missed else 0


def machine() -> dict[str, str | int]:
    """What a figure may depend on."""
    return {
        "mote": mote.__version__,
        "cores": os.cpu_count() or 0,
        "load": f"{os.getloadavg()[0]:.1f}",
        "os": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "cc": _version("cc"),
        "arm-none-eabi-gcc": _version("arm-none-eabi-gcc"),
        "qemu": _version("qemu-system-arm"),
    }


def _version(tool: str) -> str:
    try:
        found = re.search(r"\d+\.\d+\.\d+", version(tool))
    except ToolError:
        return "none"
    return found.group() if found else "unknown"


def _print_table(figures: Sequence[Figure]) -> None:
    """A row per target and name, a column per model; below it the peer's figures and the ratio."""
    models = list(dict.fromkeys(figure.model for figure in figures))
    made = table(["target", "figure", *models, "bar", "holds"], text=["target", "figure", "bar"])
    previous = ""
    targets = list(dict.fromkeys(figure.target for figure in figures))
    names = dict.fromkeys((figure.target, figure.name) for figure in figures)
    for target, name in sorted(names, key=lambda key: targets.index(key[0])):
        row = {f.model: f for f in figures if (f.target, f.name) == (target, name)}
        first, *_ = row.values()
        verdicts = {figure.holds for figure in row.values()} - {None}
        holds = "" if not verdicts else "no" if False in verdicts else "yes"
        bar = first.bar if first.peer else f"{first.bar} {_text(first.bound)}".rstrip(" –")
        bar = f"{bar} {first.peer}".strip() if first.bar else ""
        values = [_text(row[m].value) if m in row else "" for m in models]
        made.add_row("" if target == previous else target, name, *values, bar, holds)
        previous = target
        if first.peer:
            bounds = [_text(row[m].bound) if m in row else "" for m in models]
            ratios = [_ratio(row[m]) if m in row else "" for m in models]
            made.add_row("", f"  {first.peer}", *bounds, "", "", style="dim")
            made.add_row("", "  ratio", *ratios, "", "", style="dim")
    print_table(made)


def _text(value: float | None) -> str:
    return number(value, 0 if value is None or float(value).is_integer() else 3)


def _ratio(figure: Figure) -> str:
    return number(figure.value / figure.bound, 2) if figure.bound else "–"


def run(command: click.Command) -> None:
    """The end of every benchmark: exit with 0, with 1 when a bar is missed, with 2 on wrong use."""
    sys.exit(invoke(command, Path(sys.argv[0]).name))


def options(*, models: bool = True, data: bool = False) -> Callable[[Any], Any]:
    """--json and --seed, and what chooses models and folders."""
    chosen = [
        click.option("--json", "as_json", is_flag=True, help="Print JSON lines instead."),
        click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True),
    ]
    folder = click.Path(path_type=Path)
    if models:
        chosen += [
            click.option(
                "--model",
                "names",
                type=click.Choice(list(MODELS)),
                multiple=True,
                default=list(MODELS),
                help="Only this one; may be repeated.",
            ),
            click.option("--models", "folder", type=folder, default=MODELS_FOLDER),
        ]
    if data:
        chosen.append(click.option("--data", type=folder, default=DATA_FOLDER))

    def decorate(function: Any) -> Any:
        for option in chosen:
            function = option(function)
        return function

    return decorate
