"""Reference architectures for microcontrollers as PyTorch modules, each with its cost and source.

    model = mote.zoo.mobilenet_v2(num_classes=10, width_mult=0.35)
    model = mote.zoo.create("mobilenet_v2", num_classes=10, width_mult=0.35)

PyTorch is imported when the first module is made.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from mote.zoo.models import MODELS, Entry, create, list_models

if TYPE_CHECKING:
    from mote.zoo.autoencoder import ad_autoencoder
    from mote.zoo.cost import Cost, measure
    from mote.zoo.inverted_residual import Stage, inverted_residual_net
    from mote.zoo.keyword_spotting import ds_cnn, ds_cnn_l, ds_cnn_m, ds_cnn_s, micronet_kws_s
    from mote.zoo.lenet import lenet5, lenet_300_100
    from mote.zoo.mobilenet import mobilenet_v1, mobilenet_v1_vww, mobilenet_v2
    from mote.zoo.resnet import resnet8
    from mote.zoo.searched import mcunet_5fps, mnasnet_b1, proxylessnas_mobile
    from mote.zoo.squeezenet import squeezenet1_1

__all__ = [
    "MODELS",
    "Cost",
    "Entry",
    "Stage",
    "ad_autoencoder",
    "create",
    "ds_cnn",
    "ds_cnn_l",
    "ds_cnn_m",
    "ds_cnn_s",
    "inverted_residual_net",
    "lenet5",
    "lenet_300_100",
    "list_models",
    "mcunet_5fps",
    "measure",
    "micronet_kws_s",
    "mnasnet_b1",
    "mobilenet_v1",
    "mobilenet_v1_vww",
    "mobilenet_v2",
    "proxylessnas_mobile",
    "resnet8",
    "squeezenet1_1",
]

_HOMES = {
    "Cost": "cost",
    "Stage": "inverted_residual",
    "inverted_residual_net": "inverted_residual",
    "measure": "cost",
}
"""Where names live that are no architectures; they are imported when they are first used."""


def __getattr__(name: str) -> Any:
    if name in MODELS:
        return MODELS[name].constructor
    if name in _HOMES:
        return getattr(import_module(f"mote.zoo.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'mote.zoo' has no attribute {name!r}")
