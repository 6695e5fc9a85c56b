#!/bin/sh
# Sets up what Mote needs, and says what it does: system tools, then .venv with the mote command.
# Quick when all is there. Called by `make setup`; run it from the top of the checkout.
#
#   PYTHON=python3.12      the interpreter for .venv
#   TORCH_INDEX=URL        where torch comes from, for example https://pypi.org/simple for CUDA builds
set -eu

venv=.venv
stamp=$venv/.mote-setup
torch_cpu_index=https://download.pytorch.org/whl/cpu

say() { printf 'setup: %s\n' "$*"; }

fail() { # what is missing, the way out
    printf 'setup: error: %s\n  hint: %s\n' "$1" "$2" >&2
    exit 2
}

# ---- Python ---------------------------------------------------------------------------------
recent_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
        if recent_enough "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    fail "Python 3.11 or newer is not installed${PYTHON:+ as $PYTHON}" \
        "install it (Debian, Ubuntu: apt-get install python3 python3-venv), or name it: make setup PYTHON=/path/to/python3"
}

# ---- System packages ------------------------------------------------------------------------
missing_packages() {
    command -v cc >/dev/null 2>&1 || printf 'gcc '
    printf '#include <stdio.h>\n' | cc -E - >/dev/null 2>&1 || printf 'libc6-dev '
    command -v arm-none-eabi-gcc >/dev/null 2>&1 || printf 'gcc-arm-none-eabi '
    printf '#include <stdio.h>\n' | arm-none-eabi-gcc -E - >/dev/null 2>&1 ||
        printf 'libnewlib-arm-none-eabi '
    command -v qemu-system-arm >/dev/null 2>&1 || printf 'qemu-system-arm '
    "$python" -c 'import ensurepip, venv' 2>/dev/null || printf '%s-venv ' "$("$python" -c \
        'import sys; print("python%d.%d" % sys.version_info[:2])')"
}

# For the RISC-V core alone: without them all else works, and its tests say what is missing.
missing_risc_v_packages() {
    command -v riscv64-unknown-elf-gcc >/dev/null 2>&1 || printf 'gcc-riscv64-unknown-elf '
    command -v qemu-system-riscv32 >/dev/null 2>&1 || {
        # Newer releases have an emulator package for RISC-V alone.
        if apt-cache show qemu-system-riscv >/dev/null 2>&1; then
            printf 'qemu-system-riscv '
        else
            printf 'qemu-system-misc '
        fi
    }
}

install_risc_v_packages() {
    missing=$(missing_risc_v_packages)
    [ -n "$missing" ] || return 0
    as_root=
    [ "$(id -u)" -eq 0 ] || as_root=sudo
    if command -v apt-get >/dev/null 2>&1 && command -v ${as_root:-true} >/dev/null 2>&1; then
        say "apt-get install --no-install-recommends $missing(for --target rv32imc)"
        # shellcheck disable=SC2086  # the words are package names
        { $as_root apt-get update -q &&
            $as_root env DEBIAN_FRONTEND=noninteractive \
                apt-get install -q -y --no-install-recommends $missing; } || true
    fi
    still=$(missing_risc_v_packages)
    [ -z "$still" ] ||
        say "without $still--target rv32imc cannot be built or run here; all else works"
}

install_packages() {
    missing=$(missing_packages)
    [ -n "$missing" ] || return 0
    say "missing on this machine: $missing"
    by_hand="install them with your system's package manager; Debian and Ubuntu name them: $missing"
    command -v apt-get >/dev/null 2>&1 || fail "cannot install $missing(no apt-get here)" "$by_hand"
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null 2>&1 ||
            fail "cannot install $missing(neither root nor sudo)" \
                "as root: apt-get install --no-install-recommends $missing"
        as_root=sudo
    fi
    say "apt-get install --no-install-recommends $missing"
    $as_root apt-get update -q || say "apt-get update failed; trying with the lists that are here"
    # shellcheck disable=SC2086  # the words are package names
    $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends $missing ||
        fail "apt-get could not install $missing" "see its message above, then: make setup"
    still=$(missing_packages)
    [ -z "$still" ] || fail "still missing after the installation: $still" "$by_hand"
}

# ---- Python packages ------------------------------------------------------------------------
# torch's plain Linux wheels bring gigabytes of CUDA that nothing here uses; its CPU index does not.
reachable() {
    "$venv/bin/python" - "$1" 2>/dev/null <<'PYTHON'
import sys, urllib.request
urllib.request.urlopen(sys.argv[1] + "/torch/", timeout=5).close()
PYTHON
}

install_torch() {
    "$venv/bin/python" -c 'import torch' 2>/dev/null && return
    index=${TORCH_INDEX:-}
    if [ -z "$index" ] && [ "$(uname -s)" = Linux ] && reachable "$torch_cpu_index"; then
        index=$torch_cpu_index
    fi
    [ -n "$index" ] || return 0
    say "torch from $index"
    "$venv/bin/pip" install -q --no-deps --index-url "$index" -c constraints.txt torch ||
        say "no torch for this machine there; taking it from the usual index"
}

# A virtual environment that was copied or moved runs the code of its first place.
is_of_this_place() { "$venv/bin/pip" --version 2>/dev/null | grep -qF " from $(pwd -P)/$venv/"; }

install_python_packages() {
    key="$(cat pyproject.toml constraints.txt scripts/setup.sh | cksum) $(pwd -P)"
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$key" ] && "$venv/bin/mote" --version >/dev/null 2>&1
    then
        return
    fi
    if ! is_of_this_place; then
        say "virtual environment $venv ($("$python" --version))"
        rm -rf "$venv"
        "$python" -m venv "$venv"
    fi
    say "Python packages: mote itself (editable), and those of its demo and tests (constraints.txt)"
    install_torch
    "$venv/bin/pip" install -q --disable-pip-version-check -c constraints.txt -e '.[dev]' ||
        fail "pip could not install the Python packages" "see its message above, then: make setup"
    printf '%s\n' "$key" >"$stamp"
}

[ -f pyproject.toml ] || fail "no pyproject.toml here" "run make from the top of Mote's checkout"
python=$(find_python)
install_packages
install_risc_v_packages
install_python_packages
say "ready: $("$venv/bin/mote" --version), $("$venv/bin/python" --version)," \
    "arm-none-eabi-gcc $(arm-none-eabi-gcc -dumpversion)," \
    "qemu $(qemu-system-arm --version | sed -n 's/.*version \([0-9.]*\).*/\1/p;q')"
