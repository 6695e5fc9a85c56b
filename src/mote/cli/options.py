"""Arguments and options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from mote.target import BOARDS, CORES

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def _complete_target(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    key = incomplete.lower()
    return [CompletionItem(name) for name in (*CORES, *BOARDS) if name.startswith(key)]


def model_argument() -> Decorator:
    """MODEL: the file to read."""
    return click.argument("model", type=click.Path(readable=False, path_type=Path))


def models_argument() -> Decorator:
    """MODELS: the files to read."""
    return click.argument(
        "models",
        type=click.Path(readable=False, path_type=Path),
        nargs=-1,
        required=True,
        metavar="MODELS...",
    )


def target_option(*, default: str | None = None) -> Decorator:
    """--target: a core or a board; required unless there is a default."""
    given: dict[str, Any] = {"required": True} if default is None else {"default": default}
    return click.option(
        "--target",
        "-t",
        **given,
        show_default=True,
        metavar="NAME",
        shell_complete=_complete_target,
        help="Core or board, see `mote targets`.",
    )


def json_option() -> Decorator:
    """--json: the same result for programs."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead.")


def seed_option(*, default: int | None = 0) -> Decorator:
    """--seed: where random inputs start; None by default tells whether it was given."""
    return click.option(
        "--seed",
        type=click.IntRange(min=0),
        default=default,
        show_default=True if default is not None else "0",
        help="Random seed.",
    )
