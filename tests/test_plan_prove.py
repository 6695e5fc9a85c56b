"""The simulator names what a wrong layout or schedule spoils, and where."""

from dataclasses import replace

import pytest

from mote.plan.prove import prove
from mote.plan.task import Access, Layout, Network, Run, Strip, Task

# x, of which every row is read twice, becomes y by windows of two rows, and y becomes z in place.
WINDOWS = tuple((row, row + 2) for row in range(3))
ROWS = tuple((row, row + 1) for row in range(3))
NETWORK = Network(
    {
        "x": Strip("x", 4, 8, is_linear=True, is_input=True),
        "y": Strip("y", 3, 8),
        "z": Strip("z", 3, 8, is_linear=True, is_output=True),
    },
    (
        Task(0, (Access("x", WINDOWS),), Access("y", ROWS), scratch_bytes=4, state_bytes=4),
        Task(1, (Access("y", ROWS),), Access("z", ROWS), in_place=(0,)),
    ),
)
LAYERS = (Run(0, 0, 3), Run(1, 0, 3))
ROW_BY_ROW = tuple(Run(task, call, 1) for call in range(3) for task in (0, 1))
LAYOUT = Layout({"x": (0, 8, 16, 24), "y": (32, 40, 48), "z": (32, 40, 48)}, {0: 56}, {0: 60}, 64)


def moved(name: str, *offsets: int, size: int = 64) -> Layout:
    return replace(LAYOUT, rows=LAYOUT.rows | {name: offsets}, bytes=size)


@pytest.mark.parametrize("schedule", [LAYERS, ROW_BY_ROW])
def test_a_right_layout_passes(schedule: tuple[Run, ...]) -> None:
    prove(NETWORK, schedule, LAYOUT)


def test_a_result_may_fall_on_rows_that_were_read_for_the_last_time() -> None:
    layout = moved("y", 48, 0, 8)
    prove(NETWORK, LAYERS, layout)


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        (moved("y", 0, 40, 48), "task 0 needs row 0 of 'x', but byte 0 (at 0) holds the result"),
        (moved("y", 20, 40, 48), "needs row 2 of 'x', but byte 4 (at 20) holds row 0 of 'y'"),
        (moved("y", 32, 36, 48), "needs row 0 of 'y', but byte 4 (at 36) holds row 1 of 'y'"),
        (moved("z", 36, 44, 52), "task 1 needs row 0 of 'y', but byte 4 (at 36) holds the result"),
        (replace(LAYOUT, scratch={0: 4}), "needs row 0 of 'x', but byte 4 (at 4) holds scratch"),
        (replace(LAYOUT, scratch={0: 36}), "call 0 of task 0 writes into its scratch"),
        (replace(LAYOUT, scratch={0: 60}), "needs its state, but byte 0 (at 60) holds scratch"),
        (replace(LAYOUT, state={0: 32}), "needs its state, but byte 0 (at 32) holds the result"),
        (replace(LAYOUT, state={0: 28}), "row 3 of 'x', but byte 4 (at 28) holds state of task 0"),
        (replace(LAYOUT, scratch={}), "call 0 of task 0 has no scratch"),
        (replace(LAYOUT, state={}), "call 0 of task 0 has no state"),
        (replace(LAYOUT, scratch={0: 58}), "scratch of task 0 lies at 58, unaligned"),
        (replace(LAYOUT, bytes=60), "state lies at 60..64, the arena is 0..60"),
        (replace(LAYOUT, bytes=68), "the arena has 68 bytes, the highest that is touched is 63"),
        (moved("y", 32, 40), "'y' has 3 rows, 2 places"),
        (moved("y", 30, 40, 48), "row 0 of 'y' lies at 30, not a multiple of 4"),
        (moved("z", 32, 40, 52), "'z' is scattered"),
        (moved("y", -8, 40, 48), "row 0 of 'y' lies at -8..0"),
        (moved("w", 0), "strips and places differ"),
    ],
)
def test_a_wrong_layout_is_refused(layout: Layout, message: str) -> None:
    with pytest.raises(AssertionError) as failure:
        prove(NETWORK, LAYERS, layout)
    assert message in str(failure.value)


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        ((Run(1, 0, 3), Run(0, 0, 3)), "row 0 of 'y', but byte 0 (at 32) holds nothing"),
        ((Run(0, 0, 2), Run(1, 0, 3), Run(0, 2, 1)), "call 2 of task 1 needs row 2 of 'y'"),
        ((Run(0, 0, 3), Run(1, 0, 2)), "task 1 ends after 2 calls"),
        ((Run(0, 0, 3), Run(1, 0, 2), Run(1, 1, 2)), "goes on with call 1 after 2 calls"),
        ((Run(0, 1, 2), Run(0, 0, 1), Run(1, 0, 3)), "task 0 goes on with call 1 after 0 calls"),
    ],
)
def test_a_wrong_schedule_is_refused(schedule: tuple[Run, ...], message: str) -> None:
    with pytest.raises(AssertionError) as failure:
        prove(NETWORK, schedule, LAYOUT)
    assert message in str(failure.value)


def test_an_operand_that_must_stay_is_not_overwritten() -> None:
    tasks = NETWORK.tasks[0], replace(NETWORK.tasks[1], in_place=())
    with pytest.raises(AssertionError, match="call 0 of task 1 needs row 0 of 'y'"):
        prove(replace(NETWORK, tasks=tasks), LAYERS, LAYOUT)


def test_a_row_is_computed_once() -> None:
    strips = NETWORK.strips | {"z": replace(NETWORK.strips["z"], rows=1)}
    tasks = NETWORK.tasks[0], replace(NETWORK.tasks[1], writes=Access("z", ((0, 1),) * 3))
    with pytest.raises(AssertionError, match="computes row 0 of 'z', which is there already"):
        prove(Network(strips, tasks), LAYERS, moved("z", 32))


def test_what_is_reserved_is_not_touched() -> None:
    with pytest.raises(AssertionError, match=r"row 0 of 'x' lies at 0..8, the arena is 8..64"):
        prove(NETWORK, LAYERS, LAYOUT, reserved=8)


def test_strips_that_must_be_linear_are() -> None:
    layout = moved("y", 48, 32, 40)
    with pytest.raises(AssertionError, match="'y' is scattered"):
        prove(NETWORK, LAYERS, layout, linear=["y"])


def test_a_result_of_smaller_elements_may_start_on_its_operand() -> None:
    strips = {
        "x": Strip("x", 2, 16, is_input=True),
        "y": Strip("y", 2, 4, is_output=True, alignment=1),
    }
    calls = ((0, 1), (1, 2))
    task = Task(0, (Access("x", calls),), Access("y", calls), in_place=(0,))
    network, schedule = Network(strips, (task,)), (Run(0, 0, 2),)
    for offsets in ((0, 16), (0, 4), (0, 15)):
        prove(network, schedule, Layout({"x": (0, 16), "y": offsets}, {}, {}, 32))
    for offsets in ((1, 16), (0, 17), (16, 0)):
        with pytest.raises(AssertionError, match="needs row"):
            prove(network, schedule, Layout({"x": (0, 16), "y": offsets}, {}, {}, 32))


def test_a_call_of_several_rows_may_run_over_its_operand_upwards() -> None:
    strips = {
        "x": Strip("x", 3, 8, is_linear=True, is_input=True),
        "y": Strip("y", 3, 8, is_linear=True, is_output=True),
    }
    access = ((0, 3),)
    task = Task(0, (Access("x", access),), Access("y", access), in_place=(0,))
    network, schedule = Network(strips, (task,)), (Run(0, 0, 1),)
    prove(network, schedule, Layout({"x": (4, 12, 20), "y": (0, 8, 16)}, {}, {}, 28))
    with pytest.raises(AssertionError, match="the result of the same call"):
        prove(network, schedule, Layout({"x": (0, 8, 16), "y": (4, 12, 20)}, {}, {}, 28))


# Two layers write the halves of each pixel of y: rows of two pixels of four bytes.
JOINED = Network(
    {
        "x": Strip("x", 2, 4, is_linear=True, is_input=True),
        "y": Strip("y", 2, 8, is_linear=True, is_output=True, pixel_bytes=4),
    },
    tuple(
        Task(i, (Access("x", ((0, 1), (1, 2))),), Access("y", ((0, 1), (1, 2)), part))
        for i, part in enumerate(((0, 2), (2, 4)))
    ),
)
PLACES = Layout({"x": (16, 20), "y": (0, 8)}, {}, {}, 24)
IN_TURN = tuple(Run(task, call, 1) for call in range(2) for task in (0, 1))


def writing(part: tuple[int, int] | None) -> Network:
    """The second of the two layers writes another part."""
    first, second = JOINED.tasks
    return replace(JOINED, tasks=(first, replace(second, writes=replace(second.writes, part=part))))


@pytest.mark.parametrize("schedule", [IN_TURN, (Run(1, 0, 2), Run(0, 0, 2))])
def test_layers_may_write_a_row_together(schedule: tuple[Run, ...]) -> None:
    assert prove(JOINED, schedule, PLACES).written_bytes == 8 + 16  # with the input


@pytest.mark.parametrize("part", [(1, 4), (0, 2), (0, 4), None])
def test_who_writes_the_channels_of_a_neighbour_is_caught(part: tuple[int, int] | None) -> None:
    with pytest.raises(AssertionError, match="computes row 0 of 'y', which is there already"):
        prove(writing(part), IN_TURN, PLACES)


def test_channels_that_nobody_writes_are_missed() -> None:
    with pytest.raises(
        AssertionError, match=r"needs row 0 of 'y', but byte 3 \(at 3\) holds nothing"
    ):
        prove(writing((2, 3)), IN_TURN, PLACES)


@pytest.mark.parametrize("part", [(2, 5), (3, 3), (-1, 2)])
def test_a_part_lies_inside_the_pixel(part: tuple[int, int]) -> None:
    with pytest.raises(AssertionError, match="of the pixels of 'y', which have 4"):
        prove(writing(part), IN_TURN, PLACES)


def test_who_reads_a_part_waits_for_that_part_alone() -> None:
    reader = Task(2, (Access("y", ((0, 2),), (0, 2)),), Access("z", ((0, 1),)))
    strips = JOINED.strips | {"z": Strip("z", 1, 8, is_output=True)}
    network = Network(strips, (*JOINED.tasks, reader))
    layout = Layout(PLACES.rows | {"z": (24,)}, {}, {}, 32)
    prove(network, (Run(0, 0, 2), Run(2, 0, 1), Run(1, 0, 2)), layout)
    with pytest.raises(AssertionError, match=r"task 2 needs row 0 of 'y', but byte 0 \(at 0\)"):
        prove(network, (Run(1, 0, 2), Run(2, 0, 1), Run(0, 0, 2)), layout)
    # What is there of a row is alive while others write the rest.
    spoilt = replace(layout, rows=layout.rows | {"z": (0,)}, bytes=24)
    with pytest.raises(AssertionError, match="needs row 0 of 'y'"):
        prove(network, (Run(0, 0, 2), Run(2, 0, 1), Run(1, 0, 2)), spoilt)
