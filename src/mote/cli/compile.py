"""`mote compile`: a model becomes a folder of C sources."""

import shlex
from pathlib import Path

import click

import mote
from mote.cli.console import number, stdout, working
from mote.cli.options import model_argument, target_option
from mote.run.save import check_directory
from mote.target import Board, resolve


@click.command("compile")
@model_argument()
@target_option()
@click.option(
    "--output",
    "-o",
    type=click.Path(readable=False, path_type=Path),
    required=True,
    metavar="DIR",
    help="Folder to write; new, empty, or an earlier output of this command.",
)
def compile_command(model: Path, target: str, output: Path) -> None:
    """Turn MODEL into C99 sources with everything that builds them.

    The folder gets model.h and model.c (read these first), weights, the kernels that the model
    uses and no others, manifest.json, an example main.c, a Makefile and a CMakeLists.txt. The same
    model gives the same bytes. A board that is too small is refused.

    \b
    Examples:
      mote compile kws.tflite --target cortex-m4 -o kws/
      mote compile kws.tflite --target nucleo-l4r5zi -o kws/ && make -C kws
    """
    chosen = resolve(target)
    check_directory(output)
    with working(f"Compiling {model.name} for {chosen.name}"):
        build = mote.compile(mote.load(model), target=chosen)
        build.save(output)
    constants = [c.array.nbytes for step in build.program.steps for c in step.constants]
    console = stdout()
    console.print(f"{output}: {len(build.files)} files for {chosen.name}", soft_wrap=True)
    console.print(f"  RAM    {number(build.plan.total_bytes)} B, stack aside", soft_wrap=True)
    console.print(f"  flash  {number(sum(constants))} B of constants, code aside", soft_wrap=True)
    if chosen.board:
        console.print(f"  {_limits(chosen.board)}", soft_wrap=True)
    console.print(f"Next: make -C {shlex.quote(str(output))}", soft_wrap=True)


def _limits(board: Board) -> str:
    return f"{board.name} has {number(board.ram_bytes)} B and {number(board.flash_bytes)} B"
