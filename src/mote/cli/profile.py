"""`mote profile`: what one inference costs on a core or board, layer by layer."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.table import Table

import mote
from mote.build import Build
from mote.cli.compilation import Compilation, compilation_options
from mote.cli.console import number, print_json, print_table, stdout, table, working
from mote.cli.dead_channels import dead_rows
from mote.cli.floats import float_rows
from mote.cli.memory import memory_rows
from mote.cli.options import (
    json_option,
    model_argument,
    seed_option,
    target_option,
)
from mote.errors import TargetError
from mote.report import Candidate, candidates
from mote.report import memory_map as draw_memory_map
from mote.run.profile import Profile, Totals
from mote.run.save import check_file, save_file
from mote.run.verify import random_samples
from mote.target import Target, resolve


@click.command(
    "profile", short_help="Measure cycles, RAM and flash of one inference, layer by layer."
)
@model_argument()
@target_option()
@compilation_options()
@click.option(
    "--memory-map",
    type=click.Path(readable=False, path_type=Path),
    metavar="FILE.svg",
    help="Draw the arena, address against time, as SVG.",
)
@click.option(
    "--explain",
    is_flag=True,
    help="Show among which kernels each layer had a choice, and why the plan took one.",
)
@seed_option()
@json_option()
def profile_command(
    model: Path,
    target: str,
    compilation: Compilation,
    memory_map: Path | None,
    explain: bool,
    seed: int,
    as_json: bool,
) -> None:
    """Measure one inference of MODEL: instructions, cycles, RAM and flash, layer by layer.

    The model is built for the target and run on its emulated core. Instructions, sizes and stack
    are exact. Cycles are an estimate, shown with its error.

    \b
    Examples:
      mote profile kws.tflite --target cortex-m4
      mote profile kws.tflite --target nucleo-l4r5zi
      mote profile kws.tflite -t cortex-m55 --json | jq .totals.cycles
      mote profile kws.tflite -t cortex-m4 --optimize ram --memory-map kws.svg
      mote profile kws.tflite -t cortex-m4 --tune --explain
    """
    if memory_map:
        check_file(memory_map, (".svg",))
    chosen = resolve(target)
    if chosen.is_host:
        raise TargetError(
            "host",
            "has no profile: instructions are counted on emulated cores",
            hint="mote targets",
        )
    with working(f"Building {model.name} and running it on an emulated {chosen.core.name}"):
        build = compilation.compile(mote.load(model), chosen)
        measured = build.profile(next(random_samples(build.graph, 1, seed)))
    if memory_map:
        save_file(draw_memory_map(build.program, build.plan).encode(), memory_map)
    found = _candidates(build, measured, compilation.optimize) if explain else None
    if as_json:
        print_json(measured.to_json() | ({} if found is None else {"candidates": _json(found)}))
        return
    _print(measured, chosen, [*dead_rows(build.dead), *float_rows(build.float_layers)])
    if found is not None:
        _print_candidates(found, tuned=compilation.tune)


def _print(profile: Profile, target: Target, remarks: Sequence[str]) -> None:
    console = stdout()
    console.print(f"{profile.model} on {profile.target}", style="bold")
    print_table(_layers(profile))
    for name, value in _totals(profile.totals, target):
        console.print(f"  {name:<13} {value}", soft_wrap=True)
    for row in remarks:
        console.print(f"  {row}", soft_wrap=True)


Choices = tuple[tuple[Candidate, ...], ...]
"""Of each step."""


def _candidates(build: Build, measured: Profile, optimize: str) -> Choices:
    assert build.candidates is not None
    cycles = [layer.cycles for layer in measured.layers]
    return candidates(build.candidates, build.plan, cycles, optimize)


def _json(found: Choices) -> list[list[dict[str, Any]]]:
    return [[asdict(candidate) for candidate in step] for step in found]


def _print_candidates(found: Choices, *, tuned: bool) -> None:
    console = stdout()
    console.print()
    if all(len(step) == 1 for step in found):
        console.print("No layer has a choice of kernels on this core.")
        return
    how = "measured" if tuned else "estimated"
    console.print(f"Kernels to choose from; cycles of those not taken are {how}", style="bold")
    columns = ["#", "layer", "kernel", "cycles", "scratch", "flash", "", "why"]
    made = table(columns, text=["layer", "kernel", "", "why"])
    for index, step in enumerate(found):
        for candidate in step if len(step) > 1 else ():
            made.add_row(
                str(index),
                candidate.layer,
                candidate.kernel.removeprefix("mote_"),
                number(candidate.cycles),
                number(candidate.scratch_bytes),
                number(candidate.flash_bytes),
                "taken" if candidate.is_chosen else "",
                candidate.reason,
            )
    print_table(made)


def _layers(profile: Profile) -> Table:
    stalls = bool(profile.totals.flash_stall_cycles)
    columns = ["MACs", "instruc-\ntions", "cycles", *(["stalls"] if stalls else []), "c/MAC"]
    made = table(["#", "layer", "type", *columns, "live\nRAM", "weights"], text=["layer", "type"])
    for layer in profile.layers:
        made.add_row(
            str(layer.index),
            layer.op,
            layer.type,
            number(layer.macs),
            number(layer.instructions),
            number(layer.cycles),
            *([number(layer.flash_stall_cycles)] if stalls else []),
            number(layer.cycles_per_mac, 2),
            number(layer.ram_live_bytes),
            number(layer.weights_bytes),
        )
    run = profile.run
    stalled = [number(run.flash_stall_cycles)] if stalls else []
    made.add_row(
        "", "run", "", "0", number(run.instructions), number(run.cycles), *stalled, "–", "–", "0"
    )
    return made


def _flash_stalls(totals: Totals) -> list[tuple[str, str]]:
    """The row of cycles lost to flash, when some are."""
    if not totals.flash_stall_cycles:
        return []
    percent = 100 * totals.flash_stall_cycles / totals.cycles
    return [("flash stalls", f"{number(totals.flash_stall_cycles)} of the cycles, {percent:.1f} %")]


def _macs(totals: Totals) -> str:
    """Those that are computed, and those of the network as it was given."""
    if totals.macs == totals.network_macs:
        return number(totals.macs)
    return f"{number(totals.macs)} of the network's {number(totals.network_macs)}"


def _totals(totals: Totals, target: Target) -> list[tuple[str, str]]:
    error = totals.cycle_error
    per_mac = "" if totals.cycles_per_mac is None else f", {totals.cycles_per_mac:.2f} per MAC"
    rows = [
        ("MACs", _macs(totals)),
        ("instructions", f"{number(totals.instructions)} (exact)"),
        ("cycles", f"{number(totals.cycles)} ({error}){per_mac}"),
        *_flash_stalls(totals),
        ("time", f"{totals.ms:,.3f} ms at {totals.clock_hz / 1e6:g} MHz ({error})"),
    ]
    if target.board and target.board.active_mw is not None:
        rows.append(("energy", f"{totals.ms * target.board.active_mw / 1000:.3g} mJ ({error})"))
    return [*rows, *memory_rows(totals, target.board)]
