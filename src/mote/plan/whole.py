"""Plans a program layer by layer, with every tensor in one piece."""

from mote.lower.step import Program
from mote.plan.arena import place
from mote.plan.lifetime import buffers
from mote.plan.network import network
from mote.plan.result import Plan
from mote.plan.task import Layout, Run


def plan_whole(program: Program) -> Plan:
    """Every layer computes all of its result before the next one starts."""
    rows = {i: step.split.rows for i, step in enumerate(program.steps) if step.split}
    tasks = network(program, rows)
    old = place(buffers(program))
    places = {
        name: tuple(old.offsets[name] + row * strip.row_bytes for row in range(strip.rows))
        for name, strip in tasks.strips.items()
    }
    scratch = {
        position: old.offsets[f"scratch:{task.index}"]
        for position, task in enumerate(tasks.tasks)
        if task.scratch_bytes
    }
    schedule = tuple(Run(position, 0, task.calls) for position, task in enumerate(tasks.tasks))
    layout = Layout(places, scratch, {}, old.total_bytes)
    return Plan(tasks, schedule, layout, old.lower_bound_bytes)
