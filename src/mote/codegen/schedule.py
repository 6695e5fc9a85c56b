"""Writes the function that runs a whole inference: layers one by one, or rows of several in turn."""

from collections.abc import Iterator, Sequence

from mote.codegen.identifiers import c_identifier, layer_function, layer_number
from mote.codegen.layer import is_looped
from mote.codegen.text import wrapped
from mote.lower.step import Program
from mote.plan.result import Plan
from mote.plan.task import Network, Run


def run_function(program: Program, plan: Plan) -> str:
    """The text of ``<prefix>_run``, with the tables that it needs."""
    tables, body = [], []
    for number, runs in enumerate(segments(plan.network, plan.schedule)):
        if len(runs) == 1:
            body.append(f"    {_whole(program, plan, runs[0])}")
        else:
            tables.append(_tables(program, plan, number, runs))
            body += _walk(number, runs)
    if not body:
        body = ["    (void)bytes;"]
    prefix = c_identifier(program.graph.name)
    return "\n".join(
        [
            *tables,
            f"void {prefix}_run(void *arena)",
            "{",
            "    uint8_t *bytes = arena;",
            "",
            *body,
            "}",
            "",
        ]
    )


def segments(network: Network, schedule: Sequence[Run]) -> Iterator[list[Run]]:
    """The shortest parts of a schedule at whose ends no layer is half done."""
    left = {i: task.calls for i, task in enumerate(network.tasks)}
    part: list[Run] = []
    is_open: set[int] = set()
    for run in schedule:
        part.append(run)
        left[run.task] -= run.count
        (is_open.add if left[run.task] else is_open.discard)(run.task)
        if not is_open:
            yield part
            part = []


def _whole(program: Program, plan: Plan, run: Run) -> str:
    task = plan.network.tasks[run.task]
    calls = f", 0, {task.calls}" if is_looped(task) else ""
    return f"{layer_function(program, task.index)}(bytes{calls});"


def _tables(program: Program, plan: Plan, number: int, runs: Sequence[Run]) -> str:
    """Which layer is next, and the layers of a segment."""
    places = {task: place for place, task in enumerate(dict.fromkeys(run.task for run in runs))}
    order = [str(places[run.task]) for run in runs for _ in range(run.count)]
    tasks = [plan.network.tasks[position] for position in places]
    names = ", ".join(layer_number(program, task.index) for task in tasks)
    functions = [
        layer_function(program, t.index) + ("" if is_looped(t) else "_once") for t in tasks
    ]
    once = [
        f"static void {layer_function(program, t.index)}_once(uint8_t *arena, uint32_t call, "
        f"uint32_t end)\n{{\n    (void)call;\n    (void)end;\n"
        f"    {layer_function(program, t.index)}(arena);\n}}\n"
        for t in tasks
        if not is_looped(t)
    ]
    return "\n".join(
        [
            f"/* Rows of layers {names}, in turn. */",
            *once,
            f"static void (*const segment_{number}_layers[])(uint8_t *, uint32_t, uint32_t) = {{",
            wrapped(functions),
            "};",
            f"static const uint8_t segment_{number}_order[{len(order)}] = {{",
            wrapped(order),
            "};",
            "",
        ]
    )


def _walk(number: int, runs: Sequence[Run]) -> list[str]:
    tasks = {run.task for run in runs}
    assert len(tasks) < 256, "a segment has more layers than a byte can name"
    most = max(sum(run.count for run in runs if run.task == task) for task in tasks)
    counter = "uint8_t" if most < 256 else "uint16_t"
    return [
        "    {",
        f"        {counter} done[{len(tasks)}] = {{0}};",
        f"        for (uint32_t i = 0; i < sizeof segment_{number}_order; i++) {{",
        f"            const uint32_t layer = segment_{number}_order[i], call = done[layer]++;",
        f"            segment_{number}_layers[layer](bytes, call, call + 1);",
        "        }",
        "    }",
    ]
