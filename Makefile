# Two commands do everything on a fresh machine: make quickstart, make test.
# They use uv where it is present, else python3 -m venv and pip.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= python3
READY := $(VENV)/.ready

.PHONY: quickstart test check lint format types docs lock bench clean

quickstart: $(READY)  ## run the main job on a small built-in world and leave a report
	$(BIN)/latelabel run quickstart --out runs/quickstart

test: $(READY)  ## run all tests
	$(BIN)/python -m pytest -n 2 --dist worksteal

check: lint types test  ## everything that must hold before a change lands

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(READY)  ## write the pages that are made from the code
	$(BIN)/python -m scenarios.reference

lock: $(READY)  ## pin what is installed, with hashes, for all supported Pythons
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links --python-version 3.11 \
		--all-extras --group dev --custom-compile-command "make lock" --output-file requirements.lock pyproject.toml

bench: $(READY)
	$(BIN)/python benchmarks/speed.py

clean:
	rm -rf $(VENV) runs .pytest_cache .mypy_cache .ruff_cache

$(READY): requirements.lock pyproject.toml
	@if command -v uv >/dev/null 2>&1; then \
		uv venv --quiet --allow-existing --python '>=3.11,<3.14' $(VENV) && \
		uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock && \
		uv pip install --quiet --python $(BIN)/python --no-deps -e . ; \
	else \
		$(PYTHON) -m venv $(VENV) && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e . ; \
	fi
	@touch $@
