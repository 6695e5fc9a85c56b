"""Plain records as protobuf messages again, for the parts of the onnx package that want those."""

from collections.abc import Mapping
from typing import Any

from mote.frontends.onnx.site import Value
from mote.frontends.onnx.values import Constant
from mote.ir import DType

ELEMENT_TYPES = {DType.FLOAT32: 1, DType.INT32: 7, DType.INT8: 3, DType.UINT8: 2, DType.INT16: 5}
"""ONNX's numbers of the types that activations have; indices were int64 in the file."""


def attribute_messages(attributes: Mapping[str, Any]) -> list[Any]:
    """Attributes as protobuf messages."""
    from onnx import AttributeProto, GraphProto, helper, numpy_helper

    found = []
    for name, value in attributes.items():
        if isinstance(value, Constant):
            found.append(helper.make_attribute(name, numpy_helper.from_array(value.array)))
        elif isinstance(value, AttributeProto):
            found.append(value)
        elif value == ():
            found.append(helper.make_attribute(name, value, attr_type=AttributeProto.INTS))
        else:
            assert isinstance(value, int | float | str | tuple | GraphProto)
            found.append(helper.make_attribute(name, value))
    return found


def type_message(value: Value) -> Any:
    """The type of an operand."""
    from onnx import helper

    if isinstance(value, Constant):
        element = int(helper.np_dtype_to_tensor_dtype(value.array.dtype))
        return helper.make_tensor_type_proto(element, value.shape)
    return helper.make_tensor_type_proto(ELEMENT_TYPES[value.dtype], value.shape)
