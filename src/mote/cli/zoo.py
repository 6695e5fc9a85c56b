"""`mote zoo`: the reference architectures and what they cost."""

import math
from dataclasses import asdict

import click

from mote.cli.console import number, print_json, print_table, stdout, table, working
from mote.cli.options import json_option
from mote.errors import InputError
from mote.zoo import MODELS, Cost, Entry, create, measure
from mote.zoo.arguments import parse_arguments
from mote.zoo.markdown import markdown
from mote.zoo.models import find

LARGEST_INPUT = 1 << 22
"""Elements; far above the RAM of any microcontroller."""


@click.command("zoo", short_help="List the reference architectures, or measure one.")
@click.argument("name", required=False)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=VALUE",
    help="An argument of the constructor, for example width_mult=0.35; repeatable. Needs NAME.",
)
@click.option("--input", "shape", metavar="SHAPE", help="One input, as 3x96x96. Needs NAME.")
@click.option("--markdown", "as_markdown", is_flag=True, help="Print the table of docs/zoo.md.")
@json_option()
def zoo_command(
    name: str | None,
    settings: tuple[str, ...],
    shape: str | None,
    as_markdown: bool,
    as_json: bool,
) -> None:
    """List the reference architectures, or measure one with other settings.

    RAM is the arena of the int8 activations, weights are what flash holds after batch norms are
    folded. Python makes them: mote.zoo.resnet8(num_classes=2).

    \b
    Examples:
      mote zoo
      mote zoo --json
      mote zoo mobilenet_v2 --set width_mult=0.35 --set num_classes=10 --input 3x96x96
    """
    if name is None and (settings or shape is not None):
        raise click.UsageError("--set and --input need the NAME of an architecture")
    if name is not None and as_markdown:
        raise click.UsageError("--markdown prints the whole table and takes no NAME")
    if as_markdown and as_json:
        raise click.UsageError("--markdown and --json are two forms of one table")
    if name is not None:
        _measure(name, settings, shape, as_json)
    elif as_markdown:
        click.echo(markdown(), nl=False)
    elif as_json:
        print_json({"models": [asdict(entry) for entry in MODELS.values()]})
    else:
        _print_all()


def _print_all() -> None:
    made = table(
        ["model", "input", "MACs\nM", "params\nk", "weights\nk", "RAM\nkB", "source"],
        text=["model", "source"],
    )
    for entry in MODELS.values():
        made.add_row(entry.name, _shape_text(entry.input_shape), *_cost_texts(entry), entry.source)
    print_table(made)


def _measure(name: str, settings: tuple[str, ...], shape: str | None, as_json: bool) -> None:
    input_shape = find(name).input_shape if shape is None else _parse_shape(shape)
    arguments = parse_arguments(name, settings)
    if "in_chans" in arguments and shape is None:
        input_shape = (arguments["in_chans"], *input_shape[1:])
    if "in_features" in arguments and shape is None:
        input_shape = (arguments["in_features"],)
    with working(f"measuring {name}"):
        cost = measure(create(name, **arguments), input_shape)
    if as_json:
        print_json(
            {"name": name, "arguments": arguments, "input_shape": input_shape, **asdict(cost)}
        )
        return
    made = table(
        ["model", "input", "MACs\nM", "params\nk", "weights\nk", "RAM\nkB"], text=["model"]
    )
    made.add_row(name, _shape_text(input_shape), *_cost_texts(cost))
    print_table(made)
    if arguments:
        stdout().print(", ".join(f"{key}={value}" for key, value in arguments.items()))


def _cost_texts(cost: Cost | Entry) -> tuple[str, ...]:
    return (
        number(cost.macs / 1e6, 2),
        number(cost.parameters / 1e3, 1),
        number(cost.weights / 1e3, 1),
        number(cost.peak_ram_bytes / 1024, 1),
    )


def _shape_text(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))


def _parse_shape(text: str) -> tuple[int, ...]:
    parts = text.lower().split("x")
    if not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise InputError(f"--input {text}", "needs positive sizes, such as 3x96x96 or 640")
    shape = tuple(map(int, parts))
    if math.prod(shape) > LARGEST_INPUT:
        raise InputError(f"--input {text}", f"has more than {LARGEST_INPUT:,} elements")
    return shape
