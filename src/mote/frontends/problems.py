"""Tells everything in a model that cannot be imported in one message of bounded length."""

from collections.abc import Sequence
from typing import Protocol

from mote.errors import UnsupportedModelError

MAX_PROBLEMS_TOLD = 20
MAX_LINE_TOLD = 500


class Problem(Protocol):
    """Something that Mote does not implement: its text is the place and the reason."""

    way_out: str


def told(problems: Sequence[object]) -> list[str]:
    """A line for each of the first problems, however many there are."""
    lines = [str(problem)[:MAX_LINE_TOLD] for problem in problems[:MAX_PROBLEMS_TOLD]]
    if len(problems) > len(lines):
        lines.append(f"and {len(problems) - len(lines):,} more")
    return lines


def unsupported(source: str, problems: Sequence[Problem]) -> UnsupportedModelError:
    """One error of all problems, with every way out once."""
    ways_out = dict.fromkeys(problem.way_out for problem in problems if problem.way_out)
    things = "one thing" if len(problems) == 1 else f"{len(problems)} things"
    return UnsupportedModelError(
        source,
        f"{things} in this model cannot be imported",
        hint="; ".join(ways_out),
        details=told(problems),
    )
