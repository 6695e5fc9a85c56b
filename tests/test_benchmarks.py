"""Every benchmark runs on its smallest case, prints figures beside bars, and fails clearly."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shared import shared_path

ROOT = Path(__file__).resolve().parents[1]
BENCHMARKS = ROOT / "benchmarks"
SCRIPTS = sorted(p.name for p in BENCHMARKS.glob("*.py") if "__main__" in p.read_text())


def run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, f"benchmarks/{script}", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def figures(script: str, *arguments: str) -> list[dict[str, Any]]:
    """What a benchmark prints, after checking what all of them promise."""
    done = run(script, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert any(figure["holds"] for figure in found)
    for figure in found:
        assert figure["machine"]["cores"] > 0
        assert figure["seed"] is not None
        assert figure["bar"] == "" or figure["bound"] is not None
    return found


def on_model(name: str) -> list[str]:
    return ["--model", name, "--models", str(shared_path("models/mlperf_tiny"))]


def test_exactness_counts_differing_values_on_host_and_core() -> None:
    few = ["--samples", "2", "--emulated", "1", "--target", "host", "--target", "cortex-m4"]
    found = figures("exactness.py", *on_model("ad"), *few)
    assert {f["target"] for f in found} == {"host", "host, DSP kernels", "cortex-m4"}
    assert any(f["name"] == "2 random inputs, every layer: layers" and f["value"] for f in found)


def test_exactness_takes_recorded_inputs() -> None:
    few = ["--samples", "1", "--recorded", "20", "--target", "host"]
    data = ["--data", str(shared_path("data/mlperf_tiny"))]
    (accuracy,) = [
        figure["value"]
        for figure in figures("exactness.py", *on_model("kws"), *data, *few)
        if "accuracy" in figure["name"]
    ]
    assert accuracy > 0.8


def test_cost_stands_beside_what_peers_need() -> None:
    found = figures("cost.py", *on_model("ad"), "--target", "cortex-m4")
    (instructions,) = [f for f in found if f["name"] == "instructions"]
    assert instructions["bound"] == 582_892
    assert 264_192 / 4 < instructions["value"] < instructions["bound"]


def test_speed_is_held_against_what_is_aimed_at() -> None:
    found = figures("speed.py", *on_model("ad"), "--target", "cortex-m4")
    cycles, beside, least = found
    assert cycles["name"] == "time: cycles"
    assert 264_192 / 4 < cycles["value"] <= cycles["bound"] == 0.40e6
    assert (beside["bound"], least["bound"]) == (16_000, 8_000)
    assert least["value"] < beside["value"]


def test_build_time_measures_whole_processes() -> None:
    assert len(figures("build_time.py", *on_model("ad"), "--repeat", "1")) == 4


def test_random_networks_are_compared_in_every_layer() -> None:
    targets = ("portable", "dsp", "cortex-m4")
    chosen = [word for target in targets for word in ("--target", target)]
    found = figures("random_networks.py", "--count", "2", "--first-seed", "7", *chosen)
    assert [f["target"] for f in found if f["holds"]] == list(targets)
    assert [f["value"] for f in found if f["holds"]] == [0, 0, 0]


@pytest.mark.slow
def test_random_schedules_go_on_where_they_were_stopped(tmp_path: Path) -> None:
    chosen = ("--target", "cortex-m4", "--results", str(tmp_path / "results.jsonl"))
    for _ in range(2):
        found = figures("random_schedules.py", "--count", "3", *chosen)
        assert [f["value"] for f in found if f["name"] == "layers"] == [3]
        assert [f["value"] for f in found if f["bar"]] == [0, 0]
    assert len((tmp_path / "results.jsonl").read_text().splitlines()) == 1


@pytest.mark.slow
def test_joined_channels_are_not_copied() -> None:
    found = {f["name"]: f["value"] for f in figures("joined.py", "--model", "fire")}
    assert found["time, with copies: copied"] == 2 * 64 * 32 * 32
    assert found["time: copied"] == found["ram: copied"] == 0
    assert found["ram: bytes"] < found["ram, with copies: bytes"]


def test_rows_need_less_than_patches() -> None:
    found = figures("patches.py", *on_model("vww"))
    assert [f["name"] for f in found if f["bar"] == "<"] == ["rows: bytes", "rows fed: bytes"]


SLOW_MODELS = [pytest.param(name, marks=pytest.mark.slow) for name in ("vww", "imbalanced", "ic")]


@pytest.mark.parametrize("model", ["kws", *SLOW_MODELS])
def test_quantisation_keeps_the_accuracy_by_default(model: str) -> None:
    folders = [
        "--models",
        str(shared_path("models/mlperf_tiny")),
        "--data",
        str(shared_path("data/mlperf_tiny")),
    ]
    found = figures("quantisation.py", "--model", model, *folders, "--config", "default")
    assert [f["name"] for f in found if f["holds"]] == ["default"]


@pytest.mark.parametrize("script", ["exactness.py", "cost.py", "build_time.py"])
def test_absent_models_are_named(script: str) -> None:
    done = run(script, "--models", "no/such/folder", "--model", "ad")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{script}: error: no/such/folder/ad01_int8.tflite: there is no")
    assert "--models" in done.stderr


def test_absent_recorded_inputs_are_named() -> None:
    few = ["--samples", "1", "--target", "host", "--data", "no/such"]
    done = run("exactness.py", *on_model("kws"), *few)
    assert done.returncode == 2
    assert "no/such/kws01.npz: there is no such file\n  hint: --data" in done.stderr


MISSED = """
import sys
sys.path.insert(0, "benchmarks")
from report import Figure, show
figure = Figure(model="ad", target="host", name="bytes", value=3, bar="<", bound=3, note="Oh.")
sys.exit(show("some", [figure], seed=0, as_json=sys.argv[1] == "json"))
"""


@pytest.mark.parametrize(("form", "verdict"), [("json", '"holds": false'), ("table", " no\n")])
def test_a_missed_bar_is_exit_code_1_and_says_which(form: str, verdict: str) -> None:
    command = [sys.executable, "-c", MISSED, form]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.strip() == "ad on host: bytes is 3, not < 3. Oh."
    assert verdict in done.stdout


def test_the_documentation_shows_every_benchmark() -> None:
    shown = re.findall(r"python benchmarks/(\w+\.py)", (ROOT / "docs/benchmarks.md").read_text())
    assert sorted(set(shown)) == SCRIPTS
