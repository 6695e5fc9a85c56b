"""Draws a plan as a picture, address against time, in SVG."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from mote.lower.step import Program
from mote.plan.items import Item, find_items
from mote.plan.live import live_bytes
from mote.plan.plan import Plan
from mote.plan.table_bytes import segments
from mote.plan.task import FEED

WIDTH, HEIGHT = 1200, 640
LEFT, RIGHT, TOP, BOTTOM = 76, 24, 64, 84
"""Margins around the plot, in pixels."""

IDLE_SHARE = 0.25
"""Share of the width that all calls split evenly, so that cheap ones are seen too."""

COLOURS = (
    *("#4e79a7", "#f28e2b", "#59a14f", "#b07aa1", "#76b7b2", "#edc948", "#9c755f", "#e15759"),
    *("#86bcb6", "#d37295", "#a0cbe8", "#ffbe7d", "#8cd17d", "#d4a6c8", "#499894", "#f1ce63"),
)
SCRATCH, STATE = "#8a8a8a", "#3d3d3d"

Axis = Callable[[int], float]
"""From a number of a call, or of a byte, to a place in the picture."""


@dataclass(frozen=True)
class _Box:
    """A stretch of addresses that is in use for a while."""

    start: int
    end: int
    first: int
    last: int
    colour: str
    label: str
    title: str


def memory_map(program: Program, plan: Plan) -> str:
    """The picture as SVG: every row at its address for as long as it is needed.

    The width of a call is its share of the multiply-accumulates, with a little added for each.
    The line shows the bytes alive, the dashed one a bound: no layout of this schedule is
    smaller. Hovering over a part tells what it is.
    """
    edges = _edges(program, plan)
    most = max(plan.total_bytes, 1)

    def x(call: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * edges[min(max(call, 0), len(edges) - 1)]

    def y(address: int) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * address / most

    parts = [_head(program, plan)]
    parts += [
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(byte):.1f}" y2="{y(byte):.1f}" '
        f'class="grid"/><text x="{LEFT - 8}" y="{y(byte) + 4:.1f}" class="end">{byte:,}</text>'
        for byte in _ticks(most)
    ]
    for box in _boxes(program, plan):
        left, right = x(box.first), x(box.last + 1)
        top, bottom = y(box.end), y(box.start)
        parts.append(
            f'<rect x="{left:.2f}" y="{top:.2f}" width="{max(right - left, 0.4):.2f}" '
            f'height="{max(bottom - top, 0.4):.2f}" fill="{box.colour}">'
            f"<title>{escape(box.title)}</title></rect>"
        )
        label = _fitting(box.label, right - left)
        if label and bottom - top > 14:
            parts.append(
                f'<text x="{(left + right) / 2:.1f}" y="{(top + bottom) / 2 + 4:.1f}" '
                f'class="label">{escape(label)}</text>'
            )
    parts += _live_line(plan, x, y)
    parts += _layers(program, plan, x)
    return "\n".join([*parts, "</svg>", ""])


def _head(program: Program, plan: Plan) -> str:
    name = escape(program.graph.name)
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" \
aria-label="Memory map of {name}">
<style>
text {{ font: 12px system-ui, sans-serif; fill: #222; }}
.title {{ font-size: 17px; font-weight: 600; }}
.end {{ text-anchor: end; }}
.middle {{ text-anchor: middle; }}
.label {{ text-anchor: middle; fill: #fff; pointer-events: none; }}
.grid {{ stroke: #ddd; }}
.live {{ fill: none; stroke: #111; stroke-width: 1.4; }}
.bound {{ stroke: #c00; stroke-dasharray: 5 4; }}
.layer {{ stroke: #999; }}
</style>
<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>
<text x="{LEFT}" y="28" class="title">{name}: {plan.total_bytes:,} bytes of arena</text>
<text x="{LEFT}" y="48">black line: bytes alive at a time; red: no layout needs less than \
{plan.lower_bound_bytes:,}; grey: scratch, dark: sums that are kept</text>"""


def _edges(program: Program, plan: Plan) -> list[float]:
    """Where each call starts, as a share of the width, and where the last one ends."""
    tasks = plan.network.tasks
    calls = [run.task for run in plan.schedule for _ in range(run.count)]
    macs = [
        0 if task.index == FEED else program.graph.macs(program.steps[task.index].node) / task.calls
        for task in tasks
    ]
    total = sum(macs[task] for task in calls)
    idle = IDLE_SHARE if total else 1.0
    edges = [0.0]
    for task in calls:
        share = (1 - idle) * macs[task] / total if total else 0.0
        edges.append(edges[-1] + share + idle / len(calls))
    return edges


def _boxes(program: Program, plan: Plan) -> Iterator[_Box]:
    colours = {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(plan.network.strips)}
    for item in find_items(plan.network, plan.schedule).items:
        if item.kind not in ("row", "strip"):
            yield from _working_memory(program, plan, item)
            continue
        strip = plan.network.strips[item.strip]
        offsets = plan.layout.rows[item.strip]
        whole = item.kind == "strip" and len({life[1:] for life in item.lives}) == 1
        first_row = 0 if item.kind == "strip" else item.index
        pieces = (
            [(0, strip.rows, *item.lives[0][1:])]
            if whole
            else [(first_row + piece, 1, birth, death) for piece, birth, death in item.lives]
        )
        for row, rows, birth, death in pieces:
            what = "" if rows == strip.rows else f", row {row} of {strip.rows}"
            size = rows * strip.row_bytes
            start = offsets[row]
            title = f"{item.strip}{what}: {size:,} bytes at {start:,}, {_span(plan, birth, death)}"
            label = item.strip if whole else ""
            yield _Box(start, start + size, birth, death, colours[item.strip], label, title)


def _working_memory(program: Program, plan: Plan, item: Item) -> Iterator[_Box]:
    node = program.steps[plan.network.tasks[item.index].index].node
    colour, what = (STATE, "sums") if item.kind == "state" else (SCRATCH, "scratch")
    start = plan.layout.beside(item.kind)[item.index]
    for _, birth, death in item.lives:
        title = f"{what} of {node.name}: {item.bytes:,} bytes at {start:,}"
        yield _Box(start, start + item.bytes, birth, death, colour, what, title)


def _fitting(text: str, width: float) -> str:
    """A name or its telling end, if that has room."""
    room = int(width / 7.5)
    if len(text) <= room:
        return text
    return f"…{text[1 - room :]}" if room > 6 else ""


def _span(plan: Plan, birth: int, death: int) -> str:
    calls = sum(run.count for run in plan.schedule)
    since = "from the start" if birth < 0 else f"from call {birth}"
    return f"{since} to the end" if death >= calls else f"{since} to {death}"


def _live_line(plan: Plan, x: Axis, y: Axis) -> list[str]:
    alive: Sequence[int] = live_bytes(plan.network, plan.schedule)[1:-1].tolist()
    points = []
    for call, found in enumerate(alive):
        points += [f"{x(call):.1f},{y(found):.1f}", f"{x(call + 1):.1f},{y(found):.1f}"]
    bound = y(plan.lower_bound_bytes)
    return [
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{bound:.1f}" y2="{bound:.1f}" class="bound"/>',
        f'<polyline points="{" ".join(points)}" class="live"/>',
    ]


def _layers(program: Program, plan: Plan, x: Axis) -> list[str]:
    """Marks below the plot: where layers, or groups of them that run row by row, begin."""
    parts, call, base = [], 0, HEIGHT - BOTTOM
    for runs in segments(plan.network, plan.schedule):
        end = call + sum(run.count for run in runs)
        numbers = sorted({plan.network.tasks[run.task].index for run in runs} - {FEED})
        left, right = x(call), x(end)
        if len(numbers) == 1:
            text, long = str(numbers[0]), program.steps[numbers[0]].node.op.label
        else:
            text = f"{numbers[0]}–{numbers[-1]}" if numbers else "input"
            long = "row by row"
        parts.append(
            f'<line x1="{left:.1f}" x2="{left:.1f}" y1="{base}" y2="{base + 8}" class="layer"/>'
        )
        middle = (left + right) / 2
        if right - left > 8 * len(text):
            parts.append(f'<text x="{middle:.1f}" y="{base + 22}" class="middle">{text}</text>')
        if right - left > 7 * len(long):
            parts.append(f'<text x="{middle:.1f}" y="{base + 38}" class="middle">{long}</text>')
        call = end
    parts.append(
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 14}" class="middle">'
        "time, by layer number: the width of a layer is its share of the work</text>"
    )
    parts.append(
        f'<text x="20" y="{(TOP + HEIGHT - BOTTOM) / 2}" class="middle" '
        f'transform="rotate(-90 20 {(TOP + HEIGHT - BOTTOM) / 2})">bytes of the arena</text>'
    )
    return parts


def _ticks(most: int) -> list[int]:
    """About six round addresses."""
    unit = 10 ** (len(str(most)) - 1)
    steps = (max(1, unit * tenths // 10) for tenths in (1, 2, 5, 10, 20))
    step = next(step for step in steps if most / step <= 7)
    return list(range(0, most + 1, step))
