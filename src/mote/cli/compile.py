"""`mote compile`: a model becomes a folder of C sources."""

import shlex
from pathlib import Path

import click

import mote
from mote.build import Build
from mote.bundling import Bundle
from mote.cli.compilation import Compilation, compilation_options
from mote.cli.console import number, stderr, stdout, working
from mote.cli.dead_channels import dead_rows
from mote.cli.floats import float_rows
from mote.cli.memory import memory_rows, plan_row
from mote.cli.options import models_argument, target_option
from mote.errors import MoteError
from mote.plan import check_measured_fit
from mote.run.save import check_directory
from mote.target import resolve


@click.command("compile")
@models_argument()
@target_option()
@compilation_options()
@click.option(
    "--output",
    "-o",
    type=click.Path(readable=False, path_type=Path),
    required=True,
    metavar="DIR",
    help="Folder to write; new, empty, or an earlier output of this command.",
)
def compile_command(
    models: tuple[Path, ...],
    target: str,
    compilation: Compilation,
    output: Path,
) -> None:
    """Turn MODELS into C99 sources with everything that builds them.

    The folder gets model.h and model.c (read these first), weights, the kernels that the model
    uses and no others, manifest.json, an example main.c, a Makefile and a CMakeLists.txt. The same
    model gives the same bytes.

    Several models get a folder each, and share the kernels and one block of RAM, in which they
    take turns: models.h has its size.

    A board that is too small is refused: by what the project needs when it is built and run on
    the emulated core, stack and code included, where the Arm compiler and the emulator are
    installed; else by its arena and constants.

    A layer that computes in float32 is refused, except with --allow-float, which names each of
    them.

    \b
    Examples:
      mote compile kws.tflite --target cortex-m4 -o kws/
      mote compile kws.tflite --target nucleo-l4r5zi -o kws/ && make -C kws
      mote compile kws.tflite vww.tflite --target cortex-m4 -o both/
    """
    chosen = resolve(target)
    check_directory(output)
    with working(f"Compiling {' and '.join(m.name for m in models)} for {chosen.name}"):
        builds = [compilation.compile(mote.load(model), chosen) for model in models]
        needs = [_measured_needs(build) or _planned_needs(build) for build in builds]
        made = builds[0] if len(builds) == 1 else mote.bundle(builds, ram=compilation.ram)
        made.save(output)
    console = stdout()
    console.print(f"{output}: {len(made.files)} files for {chosen.name}", soft_wrap=True)
    for build, rows in zip(builds, needs, strict=True):
        if len(builds) > 1:
            console.print(f"  {build.graph.name}", soft_wrap=True)
        for need in (*rows, *dead_rows(build.dead), *float_rows(build.float_layers)):
            console.print(f"  {need}", soft_wrap=True)
    if isinstance(made, Bundle):
        block = number(made.arena_bytes)
        console.print(f"  They share one block of {block} B of RAM", soft_wrap=True)
    console.print(f"Next: make -C {shlex.quote(str(output))}", soft_wrap=True)


def _measured_needs(build: Build) -> list[str]:
    """RAM and flash of the built program; none where it cannot be built and run here.

    Raises:
        FitError: The board has less.
    """
    if build.target.is_host:
        return []
    try:
        totals = build.profile().totals
    except MoteError as error:  # the sources are good without; but nothing is hidden
        stderr().print(f"not measured: {error.where}: {error.found}", soft_wrap=True)
        return []
    check_measured_fit(
        build.program,
        build.plan,
        build.target,
        ram_bytes=totals.ram_bytes + totals.stack_bound_bytes - totals.stack_bytes,
        flash_bytes=totals.flash_bytes,
    )
    board = build.target.board
    rows = (*memory_rows(totals, board), plan_row(build.plan))
    return [f"{name:<5}  {text}" for name, text in rows]


def _planned_needs(build: Build) -> list[str]:
    constants = sum(constant.array.nbytes for _, constant in build.program.arrays)
    ram, flash = number(build.plan.total_bytes), number(constants)
    needs = [f"RAM    {ram} B, stack aside", f"flash  {flash} B of constants, code aside"]
    needs.append("{:<5}  {}".format(*plan_row(build.plan)))
    if board := build.target.board:
        needs.append(
            f"{board.name} has {number(board.ram_bytes)} B and {number(board.flash_bytes)} B"
        )
    return needs
