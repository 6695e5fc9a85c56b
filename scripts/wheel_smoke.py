"""Runs a small model with an installed Mote on this machine and an emulated core."""

import sys

import numpy as np

import mote


def main(model: str) -> None:
    """Fails unless both targets give the same bytes."""
    assert "site-packages" in mote.__file__, mote.__file__
    graph = mote.load(model)
    shape = graph.tensors[graph.inputs[0]].shape
    x = np.random.default_rng(0).integers(-128, 128, shape, np.int8)
    host, core = (mote.compile(graph, target=name).run(x) for name in ("host", "cortex-m4"))
    assert host.size > 1
    assert np.array_equal(host, core), (host, core)


if __name__ == "__main__":
    main(sys.argv[1])
