"""The table of architectures as Markdown, for the documentation."""

from mote.zoo.models import MODELS, Entry

_COLUMNS = (
    "model",
    "what",
    "input",
    "MACs",
    "parameters",
    "weights",
    "peak RAM, B",
    "published",
    "source",
)


def markdown() -> str:
    """The table, one row per architecture in the order of ``MODELS``; ends with a line break."""
    rows = [_COLUMNS, ("---",) * len(_COLUMNS), *map(_row, MODELS.values())]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _row(entry: Entry) -> tuple[str, ...]:
    return (
        f"`{entry.name}`",
        entry.title,
        " × ".join(map(str, entry.input_shape)),
        f"{entry.macs:,}",
        f"{entry.parameters:,}",
        f"{entry.weights:,}",
        f"{entry.peak_ram_bytes:,}",
        _published(entry),
        entry.source,
    )


def _published(entry: Entry) -> str:
    """What the source states, with how far ours is from it."""
    parts = []
    if entry.published_macs is not None:
        parts.append(
            f"{_short(entry.published_macs)} MACs ({_percent(entry.macs / entry.published_macs)})"
        )
    if entry.published_parameters is not None:
        parts.append(
            f"{_short(entry.published_parameters)} parameters "
            f"({_percent(entry.counted_parameters / entry.published_parameters)})"
        )
    return "; ".join([*parts, entry.remark] if entry.remark else parts)


def _short(value: float) -> str:
    """Three or four digits with a unit, or all digits of what was counted exactly."""
    if value % 1000:
        return f"{value:,.0f}"
    unit, letter = (1e6, "M") if value >= 1e6 else (1e3, "k")
    return f"{value / unit:g}{letter}"


def _percent(ratio: float) -> str:
    return "equal" if ratio == 1 else f"{100 * (ratio - 1):+.1f} %"
