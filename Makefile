# One command each. The first of them sets up .venv from requirements.lock and needs only Python >= 3.11.
PYTHON ?= python3
BIN := .venv/bin
# One more than there are processors: many tests wait for something.
WORKERS := $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')
WORDS := $(patsubst %.po,%.mo,$(wildcard client/evenly_client/languages/*/LC_MESSAGES/evenly.po))

.PHONY: demo test lint types bench docs dist words lock endure audit cluster clean

.venv/.ready: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Evenly needs Python 3.11 or newer: make PYTHON=python3.13 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

%.mo: %.po .venv/.ready
	$(BIN)/python tools/catalogues.py compile

demo: .venv/.ready $(WORDS)
	$(BIN)/evenly demo

test: .venv/.ready $(WORDS)
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal

lint: .venv/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

types: .venv/.ready
	$(BIN)/basedpyright

bench: .venv/.ready
	$(BIN)/python benchmarks/replay_meetings.py
	$(BIN)/python benchmarks/fairness.py
	$(BIN)/python benchmarks

docs: .venv/.ready
	$(BIN)/python docs/generate.py
	$(BIN)/python tools/man_page.py
	$(BIN)/python docs/pictures.py
	$(BIN)/sphinx-build --quiet --fresh-env --write-all --fail-on-warning --keep-going --nitpicky docs build/docs
	$(BIN)/python docs/elsewhere.py build/docs

dist: .venv/.ready
	rm -f dist/evenly-*
	$(BIN)/python tools/man_page.py
	$(BIN)/hatchling build
	$(BIN)/python tools/one_file.py dist/evenly-*.whl

words: .venv/.ready
	$(BIN)/python tools/catalogues.py extract compile

endure: .venv/.ready
	$(BIN)/python -m pytest -m endurance

audit: .venv/.ready
	$(BIN)/python tools/audit.py

cluster: .venv/.ready
	$(BIN)/python tools/cluster.py

lock:
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --no-annotate --group dev pyproject.toml -o requirements.lock

clean:
	rm -rf .venv build dist
