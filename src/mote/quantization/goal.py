"""What the choice of precisions is to reach, what it tried, and what it chose."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mote.errors import GoalError, InputError
from mote.ir import Graph
from mote.quantization.config import LayerPrecision, QuantizationConfig
from mote.quantization.sensitivity import SensitivityReport

INT4 = LayerPrecision(weights="int4")
INT16 = LayerPrecision(activations="int16")
INT16_INT4 = LayerPrecision(activations="int16", weights="int4")

ROUNDING = 1e-9
"""Losses are quotients of whole numbers: a limit counts as met when it is met up to this."""


@dataclass(frozen=True, kw_only=True)
class Goal:
    """What the integer graph must keep to; all that is given.

    Args:
        max_loss: Percentage points of accuracy that it may lose against float.
        min_sqnr_db: Signal-to-quantisation-noise ratio that its outputs must have, in dB; for
            networks that do not classify, or samples without labels.
        max_bytes: Flash that weights, biases and other learnt constants may take (``flash.py``).
    """

    max_loss: float | None = None
    min_sqnr_db: float | None = None
    max_bytes: int | None = None

    def __post_init__(self) -> None:
        problems = []
        if self.max_loss is None and self.min_sqnr_db is None and self.max_bytes is None:
            problems.append("it is empty, allowed: max_loss, min_sqnr_db, max_bytes or several")
        if self.max_loss is not None and not 0 <= self.max_loss <= 100:
            problems.append(f"max_loss is {self.max_loss}, allowed: 0 to 100 percentage points")
        if self.min_sqnr_db is not None and not -200 <= self.min_sqnr_db <= 200:
            problems.append(f"min_sqnr_db is {self.min_sqnr_db}, allowed: -200 to 200 dB")
        if self.max_bytes is not None and self.max_bytes < 1:
            problems.append(f"max_bytes is {self.max_bytes}, allowed: 1 or more")
        if problems:
            raise InputError("Goal", "cannot be pursued", details=problems)

    @property
    def asks_for_quality(self) -> bool:
        return self.max_loss is not None or self.min_sqnr_db is not None

    def __str__(self) -> str:
        parts = []
        if self.max_loss is not None:
            parts.append(f"at most {self.max_loss:g} pp of accuracy lost")
        if self.min_sqnr_db is not None:
            parts.append(f"an output SQNR of at least {self.min_sqnr_db:g} dB")
        if self.max_bytes is not None:
            parts.append(f"at most {self.max_bytes:,} B of weights")
        return " and ".join(parts)


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """Which layers are not plain int8.

    Args:
        int4: Names of layers with 4-bit weights.
        int16: Names of layers with int16 activations.
    """

    int4: frozenset[str] = frozenset()
    int16: frozenset[str] = frozenset()

    @property
    def layers(self) -> dict[str, LayerPrecision]:
        """In the order of their names."""
        return {
            name: INT16_INT4
            if name in self.int4 & self.int16
            else INT4
            if name in self.int4
            else INT16
            for name in sorted(self.int4 | self.int16)
        }

    def __str__(self) -> str:
        parts = {"int16": self.int16, "4 bits": self.int4}
        told = (f"{what}: {len(n)} layer{'s' * (len(n) > 1)}" for what, n in parts.items() if n)
        return ", ".join(told) or "int8"


@dataclass(frozen=True, kw_only=True)
class Trial:
    """An integer graph that was made and evaluated, as it would be deployed.

    Args:
        name: What it is, in words.
        candidate: Its layers.
        bytes: Flash of its weights.
        correct: Labelled samples that it classifies rightly; None without labels.
        loss: Percentage points of accuracy less than float; None without labels.
        sqnr_db: Of its outputs; the least of several.
        has_quality: Whether it keeps to the goal but for the bytes.
        fits: Whether it keeps to the bytes of the goal.
    """

    name: str
    candidate: Candidate
    bytes: int
    correct: int | None
    loss: float | None
    sqnr_db: float
    has_quality: bool
    fits: bool

    @property
    def quality(self) -> tuple[float, float]:
        """Sorts trials: least loss first, then least noise."""
        return (self.loss or 0.0, -self.sqnr_db)

    def __str__(self) -> str:
        lost = "" if self.loss is None else f"{self.loss:.2f} pp lost, "
        return f"{self.name}: {self.bytes:,} B, {lost}output SQNR {self.sqnr_db:.1f} dB"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What was chosen, and the way there.

    Args:
        config: With ``layers`` filled in; ``quantize`` makes ``graph`` from it again.
        graph: The integer graph.
        best: Its trial.
        trials: All of them, in order: every one is a quantisation and a full evaluation.
        samples: How many samples the trials were evaluated on.
        float_correct: How many of them float classifies rightly; None without labels.
        sensitivity: What the order was taken from.
    """

    config: QuantizationConfig
    graph: Graph
    best: Trial
    trials: tuple[Trial, ...]
    samples: int
    float_correct: int | None
    sensitivity: SensitivityReport = field(repr=False)


class UnmetGoalError(GoalError):
    """Nothing that was tried keeps to the goal.

    Attributes:
        choice: What comes closest.
    """

    def __init__(self, choice: Choice, goal: Goal, pinned: Mapping[str, LayerPrecision]) -> None:
        self.choice = choice
        best = {"the best is": choice.best}
        if goal.asks_for_quality:
            best["least loss"] = min(choice.trials, key=lambda t: (*t.quality, t.bytes))
        if goal.max_bytes is not None:
            best["fewest bytes"] = min(choice.trials, key=lambda t: (t.bytes, *t.quality))
        closest = {what: t for what, t in best.items() if what == "the best is" or t != choice.best}
        super().__init__(
            choice.graph.name,
            f"the goal cannot be met: {goal}",
            details=[f"{what}: {trial}" for what, trial in closest.items()],
            hint=_way_out(choice, goal, pinned),
        )


def _way_out(choice: Choice, goal: Goal, pinned: Mapping[str, LayerPrecision]) -> str:
    """What would move it."""
    ways = []
    good = [t for t in choice.trials if t.has_quality]
    small = [t for t in choice.trials if t.fits]
    if goal.max_bytes is not None and good:
        ways.append(f"allow {min(t.bytes for t in good):,} B")
    if goal.asks_for_quality and small:
        best = min(small, key=lambda t: t.quality)
        if goal.max_loss is not None and best.loss is not None:
            ways.append(f"allow a loss of {best.loss:.2f} pp")
        if goal.min_sqnr_db is not None:
            ways.append(f"allow an output SQNR of {best.sqnr_db:.1f} dB")
    if not small:
        ways.append("a smaller network: 4 bits is the least that weights can have")
    if not good:
        ways.append("more calibration samples, or other ranges (calibration)")
    if pinned:
        ways.append(f"leave {', '.join(pinned)} free: the configuration fixes their types")
    return "; or ".join(ways)
