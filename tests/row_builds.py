"""Compiles graphs so that layers compute in calls of a chosen number of rows, one after another."""

from collections.abc import Callable

from mote.build import Build
from mote.codegen import generate
from mote.ir import Graph
from mote.lower.lower import lower
from mote.lower.step import Program
from mote.passes import optimize
from mote.plan.network import divided_rows, network
from mote.plan.place import place
from mote.plan.plan import Plan
from mote.plan.prove import prove
from mote.plan.task import Run
from mote.target import resolve

Choice = Callable[[int, int], int]
"""Rows of each call, given the number of the layer and the rows of one image to divide."""


def one_row(layer: int, rows: int) -> int:
    return 1


def some_rows(layer: int, rows: int) -> int:
    """Another divisor for each layer."""
    divisors = [n for n in range(1, rows + 1) if rows % n == 0]
    return divisors[layer % len(divisors)]


def build_by_rows(graph: Graph, target: str, choose: Choice = one_row) -> Build:
    """The layers in their order; each that can be divided computes as many rows per call."""
    resolved = resolve(target)
    graph = optimize(graph)
    program = lower(graph, resolved.core)
    plan = plan_by_rows(program, choose)
    return Build(graph, program, plan, resolved, generate(program, plan, resolved))


def plan_by_rows(program: Program, choose: Choice = one_row) -> Plan:
    rows = {
        index: choose(index, divided_rows(program, step))
        for index, step in enumerate(program.steps)
        if step.split
    }
    tasks = network(program, rows)
    schedule = tuple(Run(position, 0, task.calls) for position, task in enumerate(tasks.tasks))
    placement = place(tasks, schedule)
    prove(tasks, schedule, placement.layout)
    return Plan(tasks, schedule, placement.layout, placement.bound_bytes)
