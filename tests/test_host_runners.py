"""The runners on this machine: what they see, and that the sanitizers see what they should."""

import numpy as np
import pytest

import mote
from mote.build import Build
from mote.codegen import generate
from mote.errors import ToolError
from mote.plan import prove
from mote.run import sanitize
from mote.run.host import load, load_all
from mote.run.interface import interface
from tiny_model import tiny_graph

X = np.arange(64, dtype=np.int8).reshape(1, 8, 8, 1)


@pytest.fixture(scope="module")
def build() -> Build:
    return mote.compile(tiny_graph(), "host")


def run_sanitized(build: Build, kernel: str = "", old: str = "", new: str = "") -> np.ndarray:
    """The output under sanitizers, with a change to one kernel's source."""
    plan = sanitize.spread(build.plan)
    prove(plan.network, plan.schedule, plan.layout)
    files = dict(generate(build.program, plan, build.target))
    if kernel:
        path = f"kernels/{kernel}.c"
        assert old in files[path]
        files[path] = files[path].replace(old, new)
    return sanitize.run(files, interface(build.program, plan), plan, [[X]])[0][0]


def test_correct_code_runs_to_its_end_under_sanitizers(build: Build) -> None:
    np.testing.assert_array_equal(run_sanitized(build), build.run(X))


FIRST = "void mote_softmax_s8(const mote_softmax *layer, const int8_t *x, int8_t *y)\n{\n"


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("    y[layer->rows * layer->columns] = 0;\n", "use-after-poison|heap-buffer-overflow"),
        ("    y[-1] = 0;\n", "use-after-poison"),
        ("    if (x[layer->columns] == 3) y[0] = 0;\n", "use-after-poison"),
        ("    y[1000000] = 0;\n", "heap-buffer-overflow|SEGV"),
        (
            "    int32_t big = 2147483647; big += (int32_t)layer->columns; y[0] = (int8_t)big;\n",
            "overflow",
        ),
    ],
)
def test_a_fault_in_a_kernel_is_caught(build: Build, fault: str, message: str) -> None:
    with pytest.raises(ToolError) as caught:
        run_sanitized(build, "mote_softmax_s8", FIRST, FIRST + fault)
    assert any(word in "\n".join(caught.value.details) for word in message.split("|"))


def test_a_trace_does_not_change_the_outputs(build: Build) -> None:
    traced = load(build.files, build.interface, trace=True)
    np.testing.assert_array_equal(traced.trace([X])["classes"], build.run(X))
    np.testing.assert_array_equal(traced.run([X])[0], build.run(X))


def test_models_in_one_library_do_not_meet() -> None:
    builds = [mote.compile(tiny_graph(name), "host") for name in ("first", "second")]
    models = load_all([(b.files, b.interface) for b in builds])
    first, second = (m.run([X])[0] for m in models)
    np.testing.assert_array_equal(first, second)


def test_code_that_does_not_compile_is_a_tool_error_that_shows_the_line(build: Build) -> None:
    broken = {**build.files, "model.c": build.files["model.c"] + "int error here;\n"}
    with pytest.raises(ToolError) as caught:
        load(broken, build.interface)
    assert any("int error here;" in line for line in caught.value.details)
