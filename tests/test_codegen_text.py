"""Names, numbers and comments in generated C, for any model that people may bring."""

import re

import numpy as np
import pytest

from mote.codegen import c_identifier
from mote.codegen.text import comment, integer, number, real


@pytest.mark.parametrize(
    ("name", "identifier"),
    [
        ("kws", "kws"),
        ("KWS-Ref.Model", "kws_ref_model"),
        ("3d-net", "model_3d_net"),
        ("", "model"),
        ("模型", "model"),
        ("café au lait", "cafe_au_lait"),
        ("test", "model_test"),
        ("mote", "model_mote"),
        ("__init__", "init"),
        ("mote_conv_2d_s8", "model_mote_conv_2d_s8"),
        ('a*/b"\\\n', "a_b"),
        ("x" * 300, "x" * 48),
    ],
)
def test_any_name_becomes_a_valid_identifier(name: str, identifier: str) -> None:
    assert c_identifier(name) == identifier
    assert c_identifier(identifier) == identifier
    assert re.fullmatch(r"[a-z][a-z0-9_]*", identifier)


def test_the_least_int32_has_a_literal_of_its_own_type() -> None:
    assert integer(-(2**31)) == "(-2147483647 - 1)"
    assert integer(2**31 - 1) == "2147483647"
    assert integer(2**32 - 1) == "4294967295u"


def test_a_real_number_reads_back_as_the_same_float32() -> None:
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2**32, 5000, dtype=np.uint32).view(np.float32)
    for value in (*bits[np.isfinite(bits)], np.float32(1), np.float32(1e20), np.float32(0)):
        text = real(float(value))
        assert re.fullmatch(r"-?\d+(\.\d+)?(e[+-]\d+)?f", text), text
        assert "." in text or "e" in text
        assert np.float32(float(text[:-1])) == value


def test_a_short_array_is_an_initialiser_list() -> None:
    assert number((1, -2, 3)) == "{1, -2, 3}"


@pytest.mark.parametrize("text", ["*/ x", "/* x", "a\\", "*//*", "??/", "line\nbreak", "é", "/*/"])
def test_foreign_text_neither_ends_nor_opens_a_comment(text: str) -> None:
    made = comment(text)
    assert not re.search(r"\*/|/\*|\\|\?\?|[^ -~]", made), made
