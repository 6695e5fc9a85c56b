"""Options that say how a model is compiled, shared by the commands that compile one."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import click

import mote
from mote.build import Build
from mote.cli.options import Decorator
from mote.cli.patches import patched
from mote.cli.regions import parse_regions
from mote.cli.sizes import size_in_bytes
from mote.ir import Graph
from mote.plan import MODES, SLOWDOWN
from mote.target import Region, Target


@dataclass(frozen=True)
class Compilation:
    """What the options say."""

    optimize: str
    slowdown: float
    ram: int | None
    feed_rows: bool
    allow_float: bool
    patches: str | None
    regions: tuple[Region, ...] | None
    plan_effort: float
    plan_seed: int
    tune: bool

    def compile(self, graph: Graph, target: Target) -> Build:
        """The model, compiled as the options say."""
        if self.patches is not None:
            graph = patched(graph, self.patches, target, self.ram)
        return mote.compile(
            graph,
            target,
            optimize=self.optimize,
            slowdown=self.slowdown,
            ram=self.ram,
            feed_rows=self.feed_rows,
            allow_float=self.allow_float,
            regions=self.regions,
            plan_effort=self.plan_effort,
            plan_seed=self.plan_seed,
            tune=self.tune,
        )


def compilation_options() -> Decorator:
    """All that ``Compilation`` has, as one argument ``compilation``."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(command)
        def packed(
            *,
            optimize: str,
            slowdown: float,
            ram: str | None,
            feed_rows: bool,
            allow_float: bool,
            patches: str | None,
            regions: str | None,
            plan_effort: float,
            plan_seed: int,
            tune: bool,
            **others: Any,
        ) -> Any:
            limit = None if ram is None else size_in_bytes("--ram", ram)
            parts = None if regions is None else parse_regions(regions)
            options = Compilation(
                optimize=optimize,
                slowdown=slowdown,
                ram=limit,
                feed_rows=feed_rows,
                allow_float=allow_float,
                patches=patches,
                regions=parts,
                plan_effort=plan_effort,
                plan_seed=plan_seed,
                tune=tune,
            )
            return command(compilation=options, **others)

        with_options: Callable[..., Any] = packed
        for option in reversed(_OPTIONS):
            with_options = option(with_options)
        return with_options

    return decorate


_OPTIONS: tuple[Decorator, ...] = (
    click.option(
        "--optimize",
        type=click.Choice(MODES),
        default="balanced",
        show_default=True,
        help="Spare RAM (layers run interleaved, row by row), flash (fewer kernels, weights once), "
        "time (layer by layer), or all of them.",
    ),
    click.option(
        "--slowdown",
        type=float,
        default=SLOWDOWN,
        show_default=True,
        metavar="TIMES",
        help="How many times the estimated cycles of --optimize time balanced and ram may take. "
        "`inf`: any number.",
    ),
    click.option(
        "--ram",
        metavar="SIZE",
        help="Most RAM, such as 64kB: the plan that fits is taken. The stack counts where the Arm "
        "compiler is there to build what is examined.",
    ),
    click.option(
        "--feed-rows",
        is_flag=True,
        help="The application delivers the input row by row, so that it need not be in RAM.",
    ),
    click.option(
        "--allow-float",
        is_flag=True,
        help="Compute layers that are not quantised in float32; without, they are refused.",
    ),
    click.option(
        "--regions",
        metavar="NAME=SIZE,...",
        help="Parts of RAM, the fastest first, such as dtcm=64kB,sram=256kB: what is accessed most "
        "goes into the fastest. Without, those of the board; `none` for one block.",
    ),
    click.option(
        "--patches",
        metavar="NAME:TILES",
        help="Compute the layers up to NAME tile by tile, with TILES in each direction, or `auto`. "
        "--optimize ram mostly needs less.",
    ),
    click.option(
        "--plan-effort",
        type=float,
        default=1.0,
        show_default=True,
        metavar="TIMES",
        help="Search for a small arena this many times as long as usual, by counts of steps, not "
        "seconds: every machine finds the same plan. 0 takes what is found at once.",
    ),
    click.option(
        "--plan-seed",
        type=int,
        default=1,
        show_default=True,
        metavar="N",
        help="Where the planner's random choices start; another one may find a smaller arena.",
    ),
    click.option(
        "--tune",
        is_flag=True,
        help="Measure the kernels among which each layer has a choice on the emulated core, "
        "instead of estimating them. The figures are kept: the next time takes no longer.",
    ),
)
