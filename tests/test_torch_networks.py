"""Whole networks: equal to PyTorch, no transpose left, imported fast."""

import pytest
import torch
from torch import nn

from torch_check import assert_agrees, kinds
from torch_networks import NETWORKS


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_agree_and_move_no_element(name: str) -> None:
    make, shape = NETWORKS[name]
    torch.manual_seed(0)
    graph = assert_agrees(make(), shape)
    assert "transpose" not in kinds(graph)


def test_attention_moves_each_of_its_operands_once() -> None:
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    assert kinds(assert_agrees(layer, (1, 5, 8))).count("transpose") == 4
    single = nn.TransformerEncoderLayer(8, 1, 16, batch_first=True)
    assert kinds(assert_agrees(single, (1, 5, 8))).count("transpose") == 0
