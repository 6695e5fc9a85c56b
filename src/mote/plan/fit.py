"""Refuses a model that a board has no room for, and says by how much and where."""

from collections.abc import Sequence

from mote.errors import FitError
from mote.lower.step import Program, Step
from mote.plan.live import live_bytes
from mote.plan.plan import Plan
from mote.plan.task import FEED
from mote.target.region import Region
from mote.target.target import Board, Target


def check_fit(
    program: Program,
    plan: Plan,
    target: Target,
    *,
    ram_bytes: int | None = None,
    beside_bytes: int = 0,
    regions: Sequence[Region] = (),
) -> None:
    """Compare the arena with what it may take and the board's RAM, the constants with its flash.

    A lower bound of what is needed, known before anything is built: stack and code come on top,
    and ``check_measured_fit`` has them. A core without a board has no limits.

    Args:
        program, plan, target: What is compared.
        ram_bytes: What may be used of RAM.
        beside_bytes: What is needed of that besides the arena: stack and variables.
        regions: Those that the plan was divided among.

    Raises:
        FitError: RAM, flash or both are too small.
    """
    needed = plan.total_bytes + beside_bytes
    if ram_bytes is not None and needed > ram_bytes:
        stack = f", {beside_bytes:,} B of them stack" if beside_bytes else ""
        raise FitError(
            program.graph.name,
            f"the smallest plan needs {needed:,} B{stack}, {ram_bytes:,} B are allowed "
            f"({needed - ram_bytes:,} B too many)",
            details=[_worst_step(program, plan)] if program.steps else [],
            hint="allow more, "
            + ("" if plan.is_fed else "deliver the input row by row, ")
            + "or use a smaller network",
        )
    room = {region.name: region.bytes for region in regions}
    over = [b for b in plan.regions if plan.block_at(b.start).bytes > room[b.name]]
    if over:
        size = plan.block_at(over[0].start).bytes
        raise FitError(
            program.graph.name,
            f"{size:,} B are left for {over[0].name}, which has {room[over[0].name]:,} B",
            details=[f"in {b.name}: {b.bytes:,} B" for b in plan.regions if b not in over],
            hint="--optimize ram needs less; buffers go into one region as a whole",
        )
    if target.board is None:
        return
    constants = sum(constant.array.nbytes for _, constant in program.arrays)
    _refuse(
        program,
        plan,
        target.board,
        (("activations need", plan.total_bytes), ("weights and tables need", constants)),
    )


def check_measured_fit(
    program: Program, plan: Plan, target: Target, *, ram_bytes: int, flash_bytes: int
) -> None:
    """Compare what the built program was measured to need with what the board has.

    Args:
        program, plan, target: What was built.
        ram_bytes: Arena, scratch, stack and variables.
        flash_bytes: Code and constants.

    Raises:
        FitError: RAM, flash or both are too small.
    """
    if target.board is None:
        return
    needs = (
        ("arena, scratch and stack need", ram_bytes),
        ("code, weights and tables need", flash_bytes),
    )
    _refuse(program, plan, target.board, needs)


def _refuse(
    program: Program, plan: Plan, board: Board, needs: tuple[tuple[str, int], tuple[str, int]]
) -> None:
    """``needs``: what the board must hold in RAM, then in flash."""
    limits = (("RAM", board.all_ram_bytes), ("flash", board.flash_bytes))
    over = [
        f"{what} {needed:,} B of {memory}, {board.name} has {available:,} B "
        f"({needed - available:,} B too many)"
        for (what, needed), (memory, available) in zip(needs, limits, strict=True)
        if needed > available
    ]
    if not over:
        return
    details = over[1:]
    if needs[0][1] > board.all_ram_bytes and program.steps:
        details.append(_worst_step(program, plan))
    raise FitError(
        program.graph.name,
        over[0],
        details=details,
        hint="mote targets lists boards with their RAM and flash",
    )


def _worst_step(program: Program, plan: Plan) -> str:
    """The step in which most bytes are alive, and how far it has come then."""
    calls = [
        (plan.network.tasks[run.task], run.first + count)
        for run in plan.schedule
        for count in range(run.count)
    ]
    alive = live_bytes(plan.network, plan.schedule)[1:]
    of_steps = [i for i, (task, _) in enumerate(calls) if task.index != FEED]
    worst = max(of_steps, key=lambda i: int(alive[i]))
    task, call = calls[worst]
    step = program.steps[task.index]
    sizes = _sizes(program, step)
    if task.calls > 1:
        sizes += f" if whole; {alive[worst]:,} B are alive at call {call + 1} of {task.calls}"
    return f"worst step {task.index}: {step.node.op.label} '{step.node.name}' ({sizes})"


def _sizes(program: Program, step: Step) -> str:
    graph = program.graph
    into = sum(t.bytes for t in graph.operands(step.node) if not t.is_constant)
    text = f"in {into:,} B, out {graph.result(step.node).bytes:,} B"
    return f"{text}, scratch {step.scratch_bytes:,} B" if step.scratch_bytes else text
