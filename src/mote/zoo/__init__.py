"""Reference architectures for microcontrollers as PyTorch modules, each with its cost and source.

    model = mote.zoo.mobilenet_v2(num_classes=10, width_mult=0.35)
    model = mote.zoo.create("mobilenet_v2", num_classes=10, width_mult=0.35)

PyTorch is imported when the first module is made.
"""

from typing import TYPE_CHECKING, Any

from mote.zoo.models import MODELS, Entry, create, list_models

if TYPE_CHECKING:
    from mote.zoo.cost import Cost, measure
    from mote.zoo.keyword_spotting import ds_cnn, ds_cnn_l, ds_cnn_m, ds_cnn_s
    from mote.zoo.lenet import lenet5, lenet_300_100
    from mote.zoo.resnet import resnet8

__all__ = [
    "MODELS",
    "Cost",
    "Entry",
    "create",
    "ds_cnn",
    "ds_cnn_l",
    "ds_cnn_m",
    "ds_cnn_s",
    "lenet5",
    "lenet_300_100",
    "list_models",
    "measure",
    "resnet8",
]


def __getattr__(name: str) -> Any:
    if name in MODELS:
        return MODELS[name].constructor
    if name in ("Cost", "measure"):
        import mote.zoo.cost as home

        return getattr(home, name)
    raise AttributeError(f"module 'mote.zoo' has no attribute {name!r}")
