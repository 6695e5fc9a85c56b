"""Reads ``.pt2`` files: programs that ``torch.export.save`` wrote.

``torch.export.load`` trusts its file: it unpickles sample inputs and some weights, evaluates
expressions of dynamic shapes, resolves operations by any dotted name and loads compiled code. A
model may come from anywhere, so the archive is first rewritten with nothing in it but the program,
its plain weights, and operations that PyTorch defines.
"""

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mote.errors import ModelFileError, UnsupportedModelError
from mote.frontends.model_file import MAX_FILE_BYTES, read_model_file
from mote.frontends.torch.quiet import quiet

if TYPE_CHECKING:
    from torch.export import ExportedProgram

MAX_ENTRIES = 20_000
MAX_NODES = 20_000

KEPT = ("models/", "data/weights/", "data/constants/")
PLAIN = ("archive_format", "archive_version", "byteorder", ".data/version")
TARGET = re.compile(
    r"torch\.ops\.(aten|prim|quantized_decomposed|torchao)\.\w+\.\w+|_operator\.getitem"
)
SAVE_AGAIN = "write it with torch.export.save(torch.export.export(module, inputs), path)"
CONTAINERS = {None, "builtins.tuple", "builtins.list", "builtins.dict", "collections.OrderedDict"}


def read_program(path: Path) -> tuple["ExportedProgram", str]:
    """The program of a file, and the SHA-256 of its bytes.

    Raises:
        ModelFileError: The file is missing, damaged, of another kind, or holds code.
        UnsupportedModelError: It has dynamic shapes or operations that are not PyTorch's own.
    """
    where = str(path)
    data = read_model_file(path, ".pt2")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            clean = _rewritten(archive, where)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise ModelFileError(
            where, f"is no .pt2 archive: {error or type(error).__name__}", hint=SAVE_AGAIN
        ) from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise _damaged(where, error) from error
    return _loaded(clean, where), hashlib.sha256(data).hexdigest()


def _rewritten(archive: zipfile.ZipFile, where: str) -> bytes:
    """The archive with what is safe in it, and no more."""
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES or sum(e.file_size for e in entries) > MAX_FILE_BYTES:
        raise ModelFileError(where, "unpacks to more than is allowed", hint=SAVE_AGAIN)
    if any("aotinductor" in e.filename for e in entries):
        raise ModelFileError(where, "holds compiled code, no program", hint=SAVE_AGAIN)
    models = [e for e in entries if _inner(e.filename).startswith("models/")]
    if len(models) != 1:
        if any(e.filename.endswith("data.pkl") for e in entries):
            raise ModelFileError(
                where,
                "holds pickled values or a TorchScript module, no exported program",
                hint="load the module in Python and call mote.from_torch(module, example)",
            )
        raise ModelFileError(where, f"holds {len(models)} programs, allowed: 1", hint=SAVE_AGAIN)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as clean:
        for entry in entries:
            name = _inner(entry.filename)
            if not (name in PLAIN or name.startswith(KEPT)) or entry.is_dir():
                continue
            content = archive.read(entry)
            if entry is models[0]:
                name, content = "models/model.json", _checked_program(content, where)
            elif name.endswith("_config.json"):
                _check_payloads(content, where)
                name = f"{name.rsplit('/', 1)[0]}/model_{name.split('/')[1]}_config.json"
            clean.writestr(f"model/{name}", content)
        clean.writestr("model/data/sample_inputs/model.pt", b"")
        clean.writestr("model/.data/serialization_id", b"0" * 40)
    return buffer.getvalue()


def _inner(name: str) -> str:
    """The path in the archive below its one folder."""
    return name.split("/", 1)[-1]


def _checked_program(content: bytes, where: str) -> bytes:
    program = json.loads(content)
    nodes = program["graph_module"]["graph"]["nodes"]
    if len(nodes) > MAX_NODES:
        raise ModelFileError(where, f"has {len(nodes):,} operations, allowed: {MAX_NODES:,}")
    foreign = sorted({str(n["target"])[:80] for n in nodes if not TARGET.fullmatch(n["target"])})
    if foreign:
        raise UnsupportedModelError(
            where,
            "some operations are not PyTorch's own",
            details=[f"operation {name!r}" for name in foreign[:20]],
            hint="export without custom operators, control flow and dynamic shapes",
        )
    if program.get("range_constraints") or any(k == "as_expr" for k, _ in _pairs(program)):
        raise UnsupportedModelError(
            where,
            "its shapes are dynamic",
            hint="export without dynamic_shapes, for one batch size",
        )
    for node in nodes:
        metadata = node.get("metadata") or {}
        node["metadata"] = {
            key: value
            for key, value in metadata.items()
            if key in ("stack_trace", "nn_module_stack") and isinstance(value, str)
        }
    for call in program["graph_module"]["module_call_graph"]:
        if call.get("fqn"):
            call["signature"] = None
    for key, value in _pairs(program):
        if key in ("in_spec", "out_spec"):
            kinds = {v for k, v in _pairs(json.loads(value)) if k == "type"}
            if not kinds <= CONTAINERS:
                raise UnsupportedModelError(
                    where,
                    f"it takes or returns {', '.join(sorted(map(str, kinds - CONTAINERS)))}",
                    hint="take and return tensors, tuples, lists or dictionaries",
                )
    program["guards_code"] = []
    program["graph_module"]["metadata"] = {}
    return json.dumps(program).encode()


def _check_payloads(content: bytes, where: str) -> None:
    for key, value in _pairs(json.loads(content)):
        if key == "use_pickle" and value:
            raise ModelFileError(
                where,
                "holds pickled weights, which may be code",
                hint="keep plain tensors as weights",
            )
        if key == "path_name" and not re.fullmatch(r"(weight|tensor)_\d+", str(value)):
            raise ModelFileError(where, f"holds a constant {value!r} that is no tensor")


def _pairs(value: Any) -> Iterator[tuple[str, Any]]:
    """Every (key, value) of a JSON document."""
    todo = [value]
    while todo:
        item = todo.pop()
        if isinstance(item, dict):
            yield from item.items()
            todo += item.values()
        elif isinstance(item, list):
            todo += item


def _loaded(data: bytes, where: str) -> "ExportedProgram":
    import torch

    try:
        with quiet():
            program: ExportedProgram = torch.export.load(io.BytesIO(data))
            return program
    except Exception as error:  # whatever PyTorch makes of a damaged program
        raise _damaged(where, error) from error


def _damaged(where: str, error: Exception) -> ModelFileError:
    reason = next((line for line in str(error).splitlines() if line.strip()), "")
    return ModelFileError(
        where,
        f"the program cannot be read: {reason[:200] or type(error).__name__}",
        hint=f"{SAVE_AGAIN}, with the PyTorch version that is installed here",
    )
