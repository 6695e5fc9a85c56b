"""Options of `mote quantize` that look at layers one by one, and what they set going."""

from collections.abc import Callable
from typing import Any

import click

from mote.cli.options import Decorator
from mote.cli.samples import Samples
from mote.cli.sizes import size_in_bytes
from mote.errors import InputError
from mote.ir import Graph
from mote.quantization.automatic import choose_precision
from mote.quantization.config import QuantizationConfig
from mote.quantization.goal import Choice, Goal
from mote.quantization.sensitivity import SensitivityReport, sensitivity

Progress = Callable[[int, int], None]


def precision_options() -> Decorator:
    """--sensitivity, and the goals --max-loss, --min-sqnr and --max-flash."""
    options = (
        click.option(
            "--sensitivity",
            "with_sensitivity",
            is_flag=True,
            help="Print what each layer alone loses with 8-bit and 4-bit weights and int16 values.",
        ),
        click.option(
            "--max-loss",
            type=float,
            metavar="PP",
            help="Choose each layer's type: fewest bytes, at most so many percentage points of "
            "accuracy lost on held-out samples.",
        ),
        click.option(
            "--min-sqnr",
            type=float,
            metavar="DB",
            help="The same, with at least so clean an output; needs no classes.",
        ),
        click.option(
            "--max-flash",
            metavar="SIZE",
            help="Choose each layer's type so that the weights take at most 40kB, say, of flash.",
        ),
    )

    def decorate(function: Any) -> Any:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def goal_of(max_loss: float | None, min_sqnr: float | None, max_flash: str | None) -> Goal | None:
    """None where no goal is given."""
    if max_loss is None and min_sqnr is None and max_flash is None:
        return None
    size = None if max_flash is None else size_in_bytes("--max-flash", max_flash)
    return Goal(max_loss=max_loss, min_sqnr_db=min_sqnr, max_bytes=size)


def measure_sensitivity(
    graph: Graph, shown: Samples, config: QuantizationConfig, progress: Progress
) -> SensitivityReport:
    """On held-out samples with labels where there are any, else on the calibration samples."""
    return sensitivity(
        graph,
        shown.calibration,
        config,
        tests=shown.held_out,
        labels=shown.held_out_labels,
        progress=progress,
    )


def choose(
    graph: Graph,
    shown: Samples,
    config: QuantizationConfig,
    goal: Goal,
    *,
    adaround: bool,
    progress: Progress,
) -> Choice:
    """As ``choose_precision``, on the same samples as ``measure_sensitivity``."""
    if goal.max_loss is not None and shown.held_out_labels is None:
        raise InputError(
            "--max-loss",
            f"needs held-out samples with labels, {shown.source} gives none",
            hint="ask for --min-sqnr, or give a data set with classes and --test-samples above 0",
        )
    return choose_precision(
        graph,
        shown.calibration,
        config,
        goal,
        tests=shown.held_out,
        labels=shown.held_out_labels,
        adaround=adaround,
        progress=progress,
    )
