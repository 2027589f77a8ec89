# One command each. The first of them sets up .venv from requirements.lock and needs only Python >= 3.11.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test lint types bench docs dist lock endure clean

.venv/.ready: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Evenly needs Python 3.11 or newer: make PYTHON=python3.13 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

demo: .venv/.ready
	$(BIN)/evenly demo

test: .venv/.ready
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal

lint: .venv/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: .venv/.ready
	$(BIN)/basedpyright

bench: .venv/.ready
	$(BIN)/python benchmarks/replay_meetings.py
	$(BIN)/python benchmarks/fairness.py
	$(BIN)/python benchmarks/cold_start.py
	$(BIN)/python benchmarks/checkin.py

docs: .venv/.ready
	$(BIN)/python docs/generate.py

dist: .venv/.ready
	$(BIN)/hatchling build

endure: .venv/.ready
	$(BIN)/python -m pytest -m endurance

lock:
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --no-annotate --group dev pyproject.toml -o requirements.lock

clean:
	rm -rf .venv build dist
