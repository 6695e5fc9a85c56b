"""Networks larger than MLPerf Tiny's that benchmarks compile, with random weights."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn

import mote
import mote.zoo
from models import MODELS
from mote.ir import Graph

LARGE: dict[str, tuple[Callable[[], nn.Module], tuple[int, int, int]]] = {
    "ic-large": (lambda: mote.zoo.resnet8(width_mult=2.5), (3, 32, 32)),
    "mbv2-035": (lambda: mote.zoo.mobilenet_v2(width_mult=0.35), (3, 144, 144)),
    "mbv2-100": (lambda: mote.zoo.mobilenet_v2(), (3, 224, 224)),
    "mcunet": (lambda: mote.zoo.mcunet_5fps(), (3, 128, 128)),
}
"""Name -> the module, and its input."""


def network(name: str, folder: Path) -> Graph:
    """A model file, or a network with random weights, quantised on random samples."""
    if name in MODELS:
        return mote.load(MODELS[name].path(folder))
    make, shape = LARGE[name]
    torch.manual_seed(0)
    module = make().eval()
    rng = np.random.default_rng(0)
    graph = mote.from_torch(module, torch.zeros(1, *shape), name=name)
    height, width = shape[1:]
    sample = rng.normal(size=(1, height, width, shape[0])).astype(np.float32)
    return mote.quantize(graph, [sample])
