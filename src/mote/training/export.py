"""The trained network as a file that other tools read: a program of `torch.export`."""

import copy
import io
import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from mote.run.save import save_file


def save_exported(module: nn.Module, example: Tensor, path: Path) -> None:
    """Write the network in evaluation mode as ``.pt2``, for one sample at a time.

    Args:
        module: Not changed.
        example: One sample as the network sees it, ``[1, C, H, W]`` for images.
        path: Replaced when the file is whole.
    """
    plain = copy.deepcopy(module).cpu().eval()
    plain.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch's own, about its own code
        program = torch.export.export(plain, (example.cpu().contiguous(),))
        stream = io.BytesIO()
        torch.export.save(program, stream)
    save_file(stream.getvalue(), path)
