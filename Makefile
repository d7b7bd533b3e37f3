# Two commands on a fresh machine: `make load` and `make test`.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: load test lint bench spark clean

load: .venv/installed
	$(BIN)/junheng load

test: .venv/installed
	$(BIN)/ruff check dagster_project tests
	$(BIN)/python -m pytest -n 2 $(ARGS)

lint: .venv/installed
	$(BIN)/ruff check dagster_project tests
	$(BIN)/ruff format --check dagster_project tests

bench: .venv/installed
	$(BIN)/python -m tests.benchmarks $(ARGS)

# The extra that the default install leaves out, and the tests that need it (Java 17 or 21 as well).
spark: .venv/installed
	$(BIN)/uv pip install --quiet --python $(BIN)/python -r pyproject.toml --extra spark
	$(BIN)/python -m pytest -n 0 --long tests/spark $(ARGS)

# uv installs in seconds and writes bytecode, without which the first start takes three times as
# long; where it cannot reach the index, pip does the same more slowly.
.venv/installed: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet uv==0.13.9 || true
	$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode -r requirements.lock \
		|| $(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

clean:
	rm -rf .venv dbt/logs .pytest_cache .ruff_cache
