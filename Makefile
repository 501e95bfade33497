# Two commands are enough for a newcomer: `make demo` and `make test`. They need Python 3.11+ and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.installed-run
DEV := $(VENV)/.installed-dev

SECONDS := 120
# Small processes, of about 125 MB each; on two cores they are kept busy by looking for work.
WORKERS := 8

.PHONY: help demo up test chaos test-setup check format lint types contracts schema lock clean

help:  ## Show what can be made.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: $(RUN)  ## Set everything up and run the main job end to end.
	@$(BIN)/qicai demo

up: $(RUN)  ## Serve API, worker, sandbox host and embedded servers until stopped.
	@$(BIN)/qicai up

test: $(DEV)  ## Set everything up and run all tests.
	@$(BIN)/pytest -q

chaos: $(DEV)  ## Break everything for two minutes (SECONDS=... WORKERS=...), then judge what was sent.
	@$(BIN)/python -m tests.faults.chaos --seconds $(SECONDS) --workers $(WORKERS)

test-setup: $(DEV)  ## Only install what the tests need.

check: $(DEV) lint types contracts schema test  ## Everything CI runs.

format: $(DEV)  ## Format the code and sort its imports.
	@$(BIN)/ruff format -q .
	@$(BIN)/ruff check -q --fix .

lint: $(DEV)
	@$(BIN)/ruff format -q --check . || { echo "Run 'make format'."; exit 1; }
	@$(BIN)/ruff check -q .

types: $(DEV)
	@$(BIN)/mypy
	@$(BIN)/mypy -p tests

contracts: $(DEV)
	@$(BIN)/lint-imports --no-cache > $(VENV)/contracts.txt || { cat $(VENV)/contracts.txt; exit 1; }

schema: $(DEV)  ## Check that schema.graphql is what the code serves.
	@$(BIN)/qicai schema --check

# The locks are in requirements form with hashes; the package index is whatever pip is configured to use.
lock:  ## Renew both locks (needs uv).
	uv pip compile pyproject.toml --extra build --universal --generate-hashes --no-header --no-emit-index-url -q -o requirements.lock
	uv pip compile pyproject.toml --extra build --extra dev --constraint requirements.lock --universal --generate-hashes --no-header --no-emit-index-url -q -o requirements-dev.lock

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Qicai needs Python 3.11 or newer; set PYTHON=/path/to/python3.11")'
	@$(PYTHON) -m venv $(VENV)

$(RUN): requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing what Qicai runs on (about 60 packages, pinned by hash) ..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(DEV): requirements-dev.lock $(RUN) | $(BIN)/python
	@echo "Installing what the tests need ..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

clean:  ## Remove the virtual environment (data in ./var stays).
	rm -rf $(VENV)
