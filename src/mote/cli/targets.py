"""`mote targets`: the cores and boards."""

from dataclasses import asdict
from typing import Any

import click

from mote.cli.console import number, print_json, print_table, stdout, table
from mote.cli.options import json_option
from mote.target import BOARDS, CORES, Board


@click.command("targets")
@click.option("--sources", is_flag=True, help="Where each board's figures come from.")
@json_option()
def targets_command(sources: bool, as_json: bool) -> None:
    """List the cores and boards that --target takes.

    A core gives code and cycles. A board adds RAM and flash limits, its clock (so milliseconds)
    and its power (so millijoules).

    \b
    Examples:
      mote targets
      mote targets --sources     the data sheet behind each figure
      mote targets --json
    """
    if as_json:
        print_json(
            {
                "cores": [asdict(core) for core in CORES.values()],
                "boards": [_board_as_json(board) for board in BOARDS.values()],
            }
        )
    elif sources:
        _print_sources()
    else:
        _print_targets()


def _board_as_json(board: Board) -> dict[str, Any]:
    sources = {datum: source for data, source in board.sources for datum in data.split(", ")}
    return asdict(board) | {"core": board.core.name, "sources": sources}


def _print_targets() -> None:
    cores = table(["core", "architecture", "DSP", "cycle error"], text=["core", "architecture"])
    for core in CORES.values():
        cores.add_row(core.name, core.architecture, "yes" if core.dsp else "–", core.cycle_error)
    boards = table(
        ["board", "core", "RAM\nkB", "flash\nkB", "MHz", "wait\nstates", "modelled", "mW", "$"],
        text=["board"],
    )
    for board in BOARDS.values():
        boards.add_row(
            board.name,
            board.core.name.removeprefix("cortex-"),
            number(board.ram_bytes / 1024),
            number(board.flash_bytes / 1024),
            f"{board.clock_hz / 1e6:g}",
            number(board.flash.wait_states),
            "yes" if board.flash.is_modelled else "no",
            "–" if board.active_mw is None else f"{board.active_mw:.3g}",
            number(board.price_usd, 2),
        )
    print_table(cores)
    print_table(boards)
    stdout().print(
        "A cycle error in percent is for boards whose flash wait states are modelled; "
        "other cycles are for zero wait states.\n"
        "– no source states it. `mote targets --sources` names the source of every figure.",
        soft_wrap=True,
    )


def _print_sources() -> None:
    console = stdout()
    for board in BOARDS.values():
        console.print(f"{board.name}: {board.title}", style="bold")
        for datum, source in board.sources:
            console.print(f"  {datum}: {source}", soft_wrap=True)
