"""Finds real models and data sets beside the checkout; without them tests skip, or fail in CI."""

import os
from pathlib import Path

import pytest

ROOT = Path(os.environ.get("MOTE_SHARED", Path(__file__).resolve().parents[2] / "shared"))


def shared_path(relative: str) -> Path:
    """Path of a file of the shared material."""
    path = ROOT / relative
    if path.exists():
        return path
    reason = f"{relative} is not in {ROOT} (set MOTE_SHARED to the folder that has it)"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
