"""The demo's one table, and its progress bars."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from mote.demo.pipeline import Advance, Difference, Result

PIPE_COLUMNS = 100


def console(*, stderr: bool = False) -> Console:
    """Standard output for the table, standard error for progress."""
    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else PIPE_COLUMNS
    return Console(stderr=stderr, width=width, highlight=False, markup=False)


@contextmanager
def stage(name: str, steps: int) -> Iterator[Advance]:
    """A progress bar on a terminal; a line when it begins elsewhere."""
    errors = console(stderr=True)
    if not errors.is_terminal:
        errors.print(f"{name} ...")
        yield lambda done: None
        return
    columns = (
        TextColumn("{task.description:<44}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=errors) as progress:
        task = progress.add_task(name, total=steps)
        yield lambda done: progress.update(task, completed=done)
        progress.update(task, completed=steps)


def table(result: Result) -> Table:
    """Accuracy, memory and time of one run of the demo."""
    totals, board = result.profile.totals, result.target.board
    title = board.title if board else result.target.name
    made = Table(
        box=box.SIMPLE,
        show_header=False,
        title=f"Handwritten digits on {title}, emulated {result.target.core.name}",
        title_justify="left",
        title_style="bold",
        pad_edge=False,
    )
    made.add_column("")
    made.add_column("", justify="right", no_wrap=True)
    made.add_column("", overflow="fold")

    def accuracy(correct: int) -> str:
        return f"{100 * correct / result.images:.2f} %"

    same = "differs from the reference"
    if result.difference is None:
        same = f"the same bytes as the reference for all {result.images}"
    made.add_row(
        "accuracy, float32",
        accuracy(result.float_correct),
        f"PyTorch, {result.float_correct} of {result.images} held-out images",
    )
    made.add_row(
        "accuracy, int8",
        accuracy(result.reference_correct),
        f"reference, {result.reference_correct} of {result.images}",
    )
    made.add_row(
        "accuracy, on target",
        accuracy(result.target_correct),
        f"{result.target_correct} of {result.images}, {same}",
        end_section=True,
    )
    of_ram = f", of {board.ram_bytes:,}" if board else ""
    of_flash = f", of {board.flash_bytes:,}" if board else ""
    made.add_row(
        "RAM",
        f"{totals.ram_bytes:,} B",
        f"arena {totals.arena_bytes:,} + scratch {totals.scratch_bytes:,} "
        f"+ stack {totals.stack_bytes:,}{_variables(totals.variables_bytes)}{of_ram}",
    )
    made.add_row(
        "flash",
        f"{totals.flash_bytes:,} B",
        f"code {totals.code_bytes:,} + constants {totals.rodata_bytes:,} "
        f"+ weights {totals.weights_bytes:,}{of_flash}",
        end_section=True,
    )
    made.add_row("multiply-accumulates", f"{totals.macs:,}", f"{result.parameters:,} parameters")
    made.add_row("instructions", f"{totals.instructions:,}", "exact, one inference")
    made.add_row("cycles", f"{totals.cycles:,}", f"estimate: {totals.cycle_error}")
    if totals.flash_stall_cycles:
        made.add_row("flash stalls", f"{totals.flash_stall_cycles:,}", "of these cycles")
    made.add_row("cycles per MAC", f"{totals.cycles_per_mac or 0:.2f}", "")
    clock = "the board's clock" if board else "an assumed clock"
    made.add_row("time", f"{totals.ms:.3f} ms", f"at {totals.clock_hz / 1e6:g} MHz, {clock}")
    return made


def _variables(variables_bytes: int) -> str:
    return f" + variables {variables_bytes:,}" if variables_bytes else ""


def describe(difference: Difference) -> str:
    """The first difference in one sentence."""
    return (
        f"image {difference.image}, score {difference.score}: "
        f"the reference gives {difference.reference}, the target {difference.target}"
    )
