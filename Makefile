# The commands of a checkout. `make demo` and `make test` set up what they need.
.POSIX:
.DEFAULT_GOAL := help
.PHONY: help setup demo test lint types wheel unit exhaustive clean

BIN = .venv/bin
PYTEST_ARGUMENTS = -n 2 --dist worksteal

help: ## This list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1	\2/p' Makefile | expand -t 20

setup: ## Install what is missing: system tools, and .venv with the mote command
	@sh scripts/setup.sh

demo: setup ## Train a digit classifier, compile it, run its test images on an emulated Cortex-M4
	@$(BIN)/python -m mote.demo

test: setup lint types wheel unit ## Everything that CI checks

lint: setup ## Style
	$(BIN)/ruff check src tests benchmarks scripts
	$(BIN)/ruff format --check src tests benchmarks scripts

types: setup ## Types
	$(BIN)/mypy

wheel: setup ## Build the wheel, and use it outside the checkout
	$(BIN)/python scripts/test_wheel.py

unit: setup ## The test suite
	$(BIN)/pytest $(PYTEST_ARGUMENTS)

exhaustive: setup ## The test suite's long variants
	$(BIN)/pytest $(PYTEST_ARGUMENTS) -m slow

clean: ## Remove the virtual environment and everything that was built
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache
	find src tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +
