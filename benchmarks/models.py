"""The models that benchmarks measure: their files, their recorded inputs, and what peers need."""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mote.errors import InputError, ModelFileError
from mote.ir.tensor import Array

SHARED = Path(__file__).resolve().parents[2] / "shared"
MODELS_FOLDER = SHARED / "models" / "mlperf_tiny"
DATA_FOLDER = SHARED / "data" / "mlperf_tiny"


@dataclass(frozen=True, kw_only=True)
class Tflm:
    """What TensorFlow Lite Micro with CMSIS-NN needs for one inference.

    Measured with the same emulator and compiler: TFLM of August 2026, its own release flags, GCC
    12.2, registering int8 operators only (its leanest flash). Its outputs equal the reference's.

    Args:
        instructions: Executed, by core; exact.
        arena_bytes: The smallest arena that runs (Cortex-M4).
        stack_bytes: Stack during ``Invoke`` (Cortex-M4).
        code_bytes: Code and constants without the model (Cortex-M4).
        model_bytes: The model in flash.
    """

    instructions: Mapping[str, int]
    arena_bytes: int
    stack_bytes: int
    code_bytes: int
    model_bytes: int


@dataclass(frozen=True, kw_only=True)
class Published:
    """The best figures published for silicon, MLPerf Tiny v0.5 to v1.3, CPU only; closed tools.

    Args:
        cycles: Of one inference, by core, with that board's flash and caches.
        arena_bytes: RAM for activations, as the vendor counts it, at no loss of speed.
    """

    cycles: Mapping[str, int]
    arena_bytes: int


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """Inputs of the model's test set, with labels: arrays ``x`` and ``y`` of an ``.npz`` file.

    Args:
        file: Its name.
        offset: What turns ``x`` into the model's int8 when added.
        samples: How many of them the benchmark takes.
        accuracy: What the model's authors reached on all of them; None for another set.
    """

    file: str
    offset: int
    samples: int
    accuracy: float | None = None

    def read(self, folder: Path, samples: int | None = None) -> tuple[list[Array], Array]:
        """The first inputs, each with a leading 1, and their labels."""
        path, count = folder / self.file, min(samples or self.samples, self.samples)
        try:
            with np.load(path, allow_pickle=False) as data:
                x, y = data["x"][:count], data["y"][:count]
        except FileNotFoundError:
            hint = "--data names the folder that holds the recorded inputs"
            raise InputError(str(path), "there is no such file", hint=hint) from None
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise InputError(str(path), f"does not hold the arrays x and y: {error}") from error
        return [(a.astype(np.int16) + self.offset).astype(np.int8)[None] for a in x], y


@dataclass(frozen=True, kw_only=True)
class Model:
    """One model of MLPerf Tiny."""

    file: str
    tflm: Tflm
    published: Published
    recorded: Recorded | None = None

    def path(self, folder: Path) -> Path:
        path = folder / self.file
        if not path.is_file():
            hint = "--models names the folder that holds the MLPerf Tiny models"
            raise ModelFileError(str(path), "there is no such file", hint=hint)
        return path


def by_core(m0plus: float, m4: float, m7: float, other: tuple[str, float]) -> dict[str, int]:
    figures = {"cortex-m0plus": m0plus, "cortex-m4": m4, "cortex-m7": m7, **dict([other])}
    return {core: round(figure) for core, figure in figures.items()}


MODELS: Mapping[str, Model] = {
    "vww": Model(
        file="vww_96_int8.tflite",
        tflm=Tflm(
            instructions=by_core(86_897_897, 24_101_542, 24_025_157, ("cortex-m55", 6_557_948)),
            arena_bytes=100_720,
            stack_bytes=924,
            code_bytes=53_176,
            model_bytes=333_288,
        ),
        published=Published(
            cycles=by_core(90.5e6, 10.67e6, 6.67e6, ("cortex-m33", 9.48e6)), arena_bytes=41_152
        ),
        recorded=Recorded(file="vww01.npz", offset=-128, samples=200),
    ),
    "ic": Model(
        file="pretrainedResnet_quant.tflite",
        tflm=Tflm(
            instructions=by_core(97_552_735, 29_860_771, 30_023_264, ("cortex-m55", 4_909_412)),
            arena_bytes=55_008,
            stack_bytes=924,
            code_bytes=50_980,
            model_bytes=98_496,
        ),
        published=Published(
            cycles=by_core(97.4e6, 19.82e6, 11.44e6, ("cortex-m33", 16.69e6)), arena_bytes=52_416
        ),
    ),
    "kws": Model(
        file="kws_ref_model.tflite",
        tflm=Tflm(
            instructions=by_core(28_997_612, 7_697_229, 7_642_994, ("cortex-m55", 1_813_007)),
            arena_bytes=22_832,
            stack_bytes=924,
            code_bytes=53_176,
            model_bytes=53_936,
        ),
        published=Published(
            cycles=by_core(30.4e6, 5.18e6, 3.17e6, ("cortex-m33", 4.64e6)), arena_bytes=16_000
        ),
        recorded=Recorded(file="kws01.npz", offset=0, samples=1000, accuracy=0.901),
    ),
    "ad": Model(
        file="ad01_int8.tflite",
        tflm=Tflm(
            instructions=by_core(1_763_330, 582_892, 583_179, ("cortex-m55", 149_925)),
            arena_bytes=3_024,
            stack_bytes=636,
            code_bytes=27_920,
            model_bytes=276_976,
        ),
        published=Published(
            cycles=by_core(2.62e6, 0.486e6, 0.303e6, ("cortex-m33", 0.495e6)), arena_bytes=768
        ),
    ),
}
