"""A small PyTorch classifier of scikit-learn's digits as a .pt2 file, made once."""

import io
from functools import cache
from pathlib import Path

import torch


@cache
def float_model_bytes() -> bytes:
    torch.manual_seed(0)
    module = torch.nn.Sequential(
        torch.nn.Conv2d(1, 6, 3, padding=1),
        torch.nn.BatchNorm2d(6),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Conv2d(6, 8, 3),
        torch.nn.ReLU(),
        torch.nn.Flatten(),
        torch.nn.Linear(32, 10),
    )
    exported = torch.export.export(module.eval(), (torch.zeros(1, 1, 8, 8),))
    buffer = io.BytesIO()
    torch.export.save(exported, buffer)
    return buffer.getvalue()


def write_float_model(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(float_model_bytes())
    return path
