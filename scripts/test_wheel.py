"""Builds the wheel once, installs it in a fresh environment, and uses it outside the checkout."""

import importlib
import os
import shutil
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
PACKAGE = CHECKOUT / "src" / "mote"


def main() -> None:
    """Build, look inside, install, use; any failure ends with a non-zero exit code."""
    with tempfile.TemporaryDirectory(prefix="mote-wheel-") as scratch:
        wheel = build(Path(scratch) / "dist")
        check_contents(wheel)
        python = install(wheel, Path(scratch) / "venv")
        use(python, Path(scratch) / "elsewhere")
    print(f"wheel: {wheel.name} holds every file of the package, installs alone, and works")


def build(folder: Path) -> Path:
    """The only wheel that the build gives."""
    run([sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(CHECKOUT)])
    (wheel,) = folder.glob("*.whl")
    return wheel


def check_contents(wheel: Path) -> None:
    """Every file of the package is inside: Python, C, headers, linker scripts, py.typed."""
    inside = set(zipfile.ZipFile(wheel).namelist())
    wanted = {
        str(path.relative_to(PACKAGE.parent))
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted <= inside, f"not in the wheel: {sorted(wanted - inside)}"
    foreign = {n for n in inside if not n.startswith("mote/") and ".dist-info/" not in n}
    assert not foreign, f"does not belong in the wheel: {sorted(foreign)}"
    assert any(name.endswith(".c") for name in inside)
    assert any(name.endswith("/LICENSE") for name in inside)


def install(wheel: Path, environment: Path) -> Path:
    """Its Python, with the wheel and nothing but what the wheel asks for."""
    venv.create(environment, with_pip=True)
    python = environment / "bin" / "python"
    constraints = str(CHECKOUT / "constraints.txt")
    run([str(python), "-m", "pip", "install", "-q", "-c", constraints, str(wheel)])
    return python


def use(python: Path, folder: Path) -> None:
    """Work on a small model with the command and the package, away from the checkout."""
    folder.mkdir()
    shutil.copy(CHECKOUT / "scripts" / "wheel_smoke.py", folder)
    sys.path.insert(0, str(CHECKOUT / "tests"))
    model = importlib.import_module("small_model").write_small_model(folder).name
    mote = str(python.parent / "mote")
    run([mote, "--version"], folder)
    run([mote, "compile", model, "--target", "cortex-m4", "-o", "small/"], folder)
    assert list((folder / "small").rglob("mote_*.c")), "the generated project lacks its kernels"
    run(["make", "-C", "small"], folder)
    run([mote, "profile", model, "--target", "cortex-m4", "--json"], folder)
    run([str(python), "-W", "error", "wheel_smoke.py", model], folder)


def run(command: list[str], folder: Path | None = None) -> None:
    """Run a command with nothing of the checkout on Python's path; its output shows on failure."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    done = subprocess.run(
        command, cwd=folder, env=environment, text=True, capture_output=True, check=False
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout}{done.stderr}exit code {done.returncode}")


if __name__ == "__main__":
    main()
