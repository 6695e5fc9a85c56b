"""What the loop does with its settings, data and network, and what it refuses."""

import itertools
import json
import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from mote.errors import InputError, MoteError, ToolError
from mote.training import TrainingConfig, TrainingResult, Watch, evaluate, train
from mote.training.average import Average
from mote.training.batches import epoch_batches
from mote.training.checkpoint import load_checkpoint
from mote.training.distributed import World
from mote.training.loop import Job
from mote.training.optimizer import penalised
from mote.training.run import check_share
from mote.training.samples import put_on_device
from mote.training.schedule import learning_rate
from training_setup import CONFIG, PLAIN, dataset, network

QUICK = TrainingConfig(epochs=4, batch_size=40, learning_rate=0.02, threads=1)


def test_a_network_learns_and_the_folder_tells_how(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    watch = Watch(on_step=lambda done, total: seen.append((done, total)))
    result = train(network(), dataset(), QUICK, tmp_path / "a" / "run", watch=watch)
    assert result.test.accuracy is not None
    assert result.test.accuracy > 0.8
    assert seen == [(step, 24) for step in range(1, 25)]
    lines = metrics(result.directory)
    assert lines == list(result.history)
    assert [line["epoch"] for line in lines] == [1, 2, 3, 4]
    assert lines[-1]["train_loss"] < lines[0]["train_loss"]
    assert json.loads((result.directory / "config.json").read_text()) == QUICK.as_mapping()
    told = json.loads((result.directory / "result.json").read_text())
    assert told["test"]["accuracy"] == result.test.accuracy
    assert np.sum(told["test"]["confusion"]) == result.test.samples == 90
    assert not result.module.training


def test_the_exported_program_computes_what_the_module_does(tmp_path: Path) -> None:
    result = train(network(), dataset(), QUICK, tmp_path / "run")
    program = torch.export.load(tmp_path / "run" / "model.pt2").module()
    x = torch.randn(1, 1, 6, 6)
    with torch.no_grad():
        torch.testing.assert_close(program(x), result.module(x), rtol=0, atol=1e-6)


def test_the_same_seed_gives_the_same_bits_and_leaves_the_callers_numbers_alone(
    tmp_path: Path,
) -> None:
    torch.manual_seed(11)
    before = torch.get_rng_state()
    first = state_of(network(), CONFIG, tmp_path / "1")
    torch.set_rng_state(before)
    second = state_of(network(), CONFIG, tmp_path / "2")
    other = state_of(network(), replace(CONFIG, seed=8), tmp_path / "3")
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)
    torch.manual_seed(12)
    expected = torch.get_rng_state()
    model = network()
    torch.manual_seed(12)
    train(model, dataset(), replace(QUICK, epochs=1), tmp_path / "4")
    assert torch.equal(torch.get_rng_state(), expected)


def state_of(module: nn.Module, config: TrainingConfig, directory: Path) -> dict[str, torch.Tensor]:
    return train(module, dataset(), config, directory).module.state_dict()


def test_the_best_epoch_is_kept_not_the_last(tmp_path: Path) -> None:
    """A learning rate that explodes later: the first epochs are better than the last."""
    model = network()

    def spoil(done: int, total: int) -> None:
        if done > 12:
            with torch.no_grad():
                model[6].weight.normal_(0, 5)

    result = train(model, dataset(), QUICK, tmp_path / "run", watch=Watch(on_step=spoil))
    assert result.best_epoch == 2
    assert result.validation is not None
    kept = result.history[1]
    assert result.validation.accuracy == pytest.approx(kept["validation_accuracy"])
    assert load_checkpoint(tmp_path / "run" / "best.pt")["epoch"] == kept


def test_without_a_validation_split_the_last_epoch_is_kept(tmp_path: Path) -> None:
    data = replace(dataset(), validation=None)
    result = train(network(), data, replace(QUICK, patience=2), tmp_path / "run")
    assert result.validation is None
    assert (result.best_epoch, len(result.history)) == (4, 4)
    assert "validation_loss" not in result.history[0]


def test_patience_ends_a_run_that_no_longer_improves(tmp_path: Path) -> None:
    model = network()

    def freeze(done: int, total: int) -> None:
        with torch.no_grad():
            model[6].weight.zero_()
            model[6].bias.zero_()

    config = replace(QUICK, epochs=9, patience=2)
    result = train(model, dataset(), config, tmp_path / "run", watch=Watch(on_step=freeze))
    assert (result.best_epoch, len(result.history)) == (1, 3)


def test_an_autoencoder_learns_its_input(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(36, 36), nn.Unflatten(1, (1, 6, 6)))
    config = replace(QUICK, task="reconstruction", epochs=12, augment=False)
    result = train(model, dataset(), config, tmp_path / "run")
    assert result.test.accuracy is None
    assert result.test.confusion is None
    data = dataset()
    x = data.normalise(data.test.x).transpose(0, 3, 1, 2)
    with torch.no_grad():
        found = result.module(torch.from_numpy(x.copy())).numpy()
    assert result.test.loss == pytest.approx(float(((found - x) ** 2).mean()), rel=1e-5)
    assert result.test.loss < 0.5 * float((x**2).mean())


def test_a_tables_network_gets_rows(tmp_path: Path) -> None:
    data = dataset()
    flat = {
        name: replace(split, x=split.x.reshape(len(split), 36))
        for name, split in data.splits().items()
    }
    table = replace(
        data, kind="table", mean=np.zeros(36, np.float32), std=np.ones(36, np.float32), **flat
    )
    torch.manual_seed(0)
    result = train(nn.Linear(36, 4), table, replace(QUICK, l1=1e-4), tmp_path / "run")
    assert result.test.accuracy is not None


def test_evaluation_counts_every_pair_of_classes() -> None:
    data = dataset()

    class Fixed(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.nn.functional.one_hot(torch.arange(len(x)) % 4, 4) * 8.0

    found = evaluate(
        Fixed(),
        put_on_device(data, data.test, torch.device("cpu")),
        task="classification",
        classes=4,
    )
    expected = np.zeros((4, 4), np.int64)
    np.add.at(expected, (data.test.y, np.arange(90) % 4), 1)
    assert found.confusion is not None
    np.testing.assert_array_equal(found.confusion, expected)
    assert found.accuracy == np.mean(data.test.y == np.arange(90) % 4)


def test_a_loss_that_is_no_number_ends_the_run_and_keeps_what_was_saved(tmp_path: Path) -> None:
    def spoil(done: int, total: int) -> None:
        if done == 9:
            with torch.no_grad():
                model[6].weight.fill_(float("nan"))

    model = network()
    config = replace(QUICK, checkpoint_steps=1)
    with pytest.raises(MoteError, match="not a number in epoch 2"):
        train(model, dataset(), config, tmp_path / "run", watch=Watch(on_step=spoil))
    saved = load_checkpoint(tmp_path / "run" / "last.pt")
    assert saved["step"] == 9 or saved["step"] == 8
    assert torch.isfinite(saved["loss"])


def test_a_network_that_does_not_fit_the_data_is_refused_before_training(tmp_path: Path) -> None:
    for model, message in (
        (nn.Sequential(nn.Conv2d(3, 4, 3)), r"cannot read samples of shape \[1, 6, 6\]"),
        (nn.Sequential(nn.Flatten(), nn.Linear(36, 7)), r"outputs of shape \[1, 7\], .*\[1, 4\]"),
    ):
        with pytest.raises(InputError, match=message):
            train(model, dataset(), QUICK, tmp_path / "run")
        assert not (tmp_path / "run").exists()


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_gpu_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="PyTorch finds no GPU"):
        train(network(), dataset(), replace(QUICK, device="cuda"), tmp_path / "run")


def test_bfloat16_trains_and_keeps_float32_weights(tmp_path: Path) -> None:
    result = train(network(), dataset(), replace(QUICK, precision="bfloat16"), tmp_path / "run")
    assert result.test.accuracy is not None
    assert result.test.accuracy > 0.8
    assert {p.dtype for p in result.module.parameters()} == {torch.float32}


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
def test_every_optimizer_learns_and_spares_biases_and_norms_the_penalty(
    optimizer: str, tmp_path: Path
) -> None:
    config = replace(QUICK, optimizer=optimizer, weight_decay=0.01)
    result: TrainingResult = train(network(), dataset(), config, tmp_path / "run")
    assert result.history[-1]["train_loss"] < result.history[0]["train_loss"]
    saved = load_checkpoint(tmp_path / "run" / "last.pt")["optimizer"]["param_groups"]
    assert [(len(g["params"]), g["weight_decay"]) for g in saved] == [(2, 0.01), (4, 0.0)]


def test_penalties_are_for_kernels_and_matrices() -> None:
    assert [p.ndim for p in penalised(network())] == [4, 2]


def test_the_learning_rate_rises_in_the_warm_up_and_falls_along_a_cosine() -> None:
    config = TrainingConfig(epochs=10, learning_rate=0.4, warmup_epochs=2)
    rates = [learning_rate(config, step, 5) for step in range(50)]
    np.testing.assert_allclose(rates[:10], 0.4 * np.arange(1, 11) / 10)
    assert rates[10] == 0.4
    assert rates[30] == pytest.approx(0.2)
    assert all(one > other for one, other in itertools.pairwise(rates[10:]))
    assert 0 < rates[-1] < 0.001
    constant = replace(config, schedule="constant", warmup_epochs=0.0)
    assert {learning_rate(constant, step, 5) for step in range(50)} == {0.4}


def test_an_epoch_shows_every_sample_once_in_batches_of_nearly_one_size() -> None:
    worlds = [World(rank, 3) for rank in range(3)]
    parts = [epoch_batches(101, 25, seed=1, epoch=2, world=world) for world in worlds]
    whole = epoch_batches(101, 25, seed=1, epoch=2, world=World())
    assert [len(batch) for batch in whole] == [21, 20, 20, 20, 20]
    for batch, *shares in zip(whole, *parts, strict=True):
        assert torch.equal(torch.cat(shares), batch)
    assert sorted(torch.cat(whole).tolist()) == list(range(101))
    assert not torch.equal(whole[0], epoch_batches(101, 25, seed=1, epoch=3, world=World())[0])


def test_the_average_follows_slowly_but_forgets_the_start() -> None:
    module = nn.Linear(1, 1)
    with torch.no_grad():
        module.weight.fill_(1.0)
    average = Average(module, 0.9)
    with torch.no_grad():
        module.weight.fill_(2.0)
    average.update(module, 1)
    assert average.module.weight.item() == pytest.approx(1 + (1 - 2 / 11))
    for step in range(2, 400):
        average.update(module, step)
    assert average.module.weight.item() == pytest.approx(2, abs=1e-6)
    with torch.no_grad():
        module.weight.fill_(3.0)
    average.update(module, 400)
    assert average.module.weight.item() == pytest.approx(2.1)


@pytest.mark.parametrize("starter", ["by hand", pytest.param("torchrun", marks=pytest.mark.slow)])
def test_two_processes_train_what_one_does(starter: str, tmp_path: Path) -> None:
    program = [sys.executable, str(Path(__file__).with_name("training_setup.py"))]
    shared = {"PYTHONPATH": ":".join(sys.path), "OMP_NUM_THREADS": "1", "PATH": os.environ["PATH"]}
    arguments = [str(tmp_path / "two"), "--plain"]
    if starter == "torchrun":
        run = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
        commands = [([*run, "--standalone", program[1], *arguments], shared)]
    else:
        world = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": free_port()}
        commands = [([*program, *arguments], {**shared, **world, "RANK": r}) for r in ("0", "1")]
    processes = [
        subprocess.Popen(
            command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for command, env in commands
    ]
    train(network(plain=True), dataset(), PLAIN, tmp_path / "one")
    said = [process.communicate(timeout=100) for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes), said
    spoken = "".join(out for out, _ in said).splitlines()
    assert spoken.count("step 3") == 1, "the first process alone reports"
    for name in ("last.pt", "best.pt"):
        one, two = (load_checkpoint(tmp_path / run / name)["module"] for run in ("one", "two"))
        for key in one:
            torch.testing.assert_close(two[key], one[key], rtol=1e-4, atol=1e-6)
    losses = [[epoch["train_loss"] for epoch in metrics(tmp_path / run)] for run in ("one", "two")]
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-4)


def test_half_a_description_of_other_processes_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "4")
    monkeypatch.setenv("RANK", "1")
    with pytest.raises(ToolError, match="MASTER_ADDR, MASTER_PORT are not set"):
        train(network(), dataset(), QUICK, tmp_path / "run")


def test_a_batch_that_cannot_be_shared_is_refused(tmp_path: Path) -> None:
    job = Job(
        config=replace(QUICK, batch_size=2),
        world=World(0, 3),
        device=torch.device("cpu"),
        directory=tmp_path,
        train=put_on_device(dataset(), dataset().train, torch.device("cpu")),
        validation=None,
        classes=4,
        augment=None,
        watch=Watch(),
    )
    with pytest.raises(InputError, match="batches of 2 samples for 3 processes"):
        check_share(job)


def metrics(directory: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (directory / "metrics.jsonl").read_text().splitlines()]


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])
