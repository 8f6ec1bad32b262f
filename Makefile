# All that is needed is Python 3.11 or newer; `make PYTHON=python3.13 test` chooses another than python3.
PYTHON ?= python3
VENV ?= .venv

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --no-compile --quiet --disable-pip-version-check --no-input
PYTEST := $(BIN)/python -m pytest -n 2 --dist worksteal -p no:nbval -p no:schemathesis  # both are imported where needed
# Compiled modules are kept, whatever the machine says: compiling anew is a third of the time of each process of the tests.
export PYTHONDONTWRITEBYTECODE :=
# Left out of the tests of a day: real browsers, full sizes, and Spark, which needs Java.
DAILY := not browser and not soak and not spark

.DEFAULT_GOAL := help
.PHONY: help demo test quick soak coverage test-browser test-spark serve lab app bench exam docs screenshots format clean lint types unit notebooks-run versions

help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/plain.stamp ## Load the bundled sample into demo.duckdb and show the four analyses
	@$(BIN)/jobtype-toolkit demo demo.duckdb

test: lint types unit notebooks-run ## Run lint, types, all tests at their short size, the notebooks

quick: $(VENV)/dev.stamp ## Run the tests that are not slow, in a minute
	@$(PYTEST) -q -m "not slow and $(DAILY)"

soak: $(VENV)/dev.stamp ## Run the tests that have two sizes at their full one, for a night
	@$(PYTEST) -m "soak or hypothesis" --hypothesis-profile=full

coverage: $(VENV)/dev.stamp ## Run all tests and measure which lines they reach; fails below the floor in pyproject.toml
	@$(PYTEST) -q -m "$(DAILY)" --cov --cov-report=term:skip-covered

test-browser: $(VENV)/browser.stamp ## Run the tests in a real browser: Debian's chromium, JupyterLab, Notebook 7, Voila
	@$(PYTEST) -m browser

test-spark: $(VENV)/spark.stamp ## Run the tests that ask Spark, here and in a small cluster on loopback; needs Java
	@if command -v java >/dev/null; then $(BIN)/python -m pytest -m spark; \
	else echo "SKIPPED, all tests of Spark: there is no java; install one, such as Debian's openjdk-17-jre-headless"; fi

PORT ?= 8000
serve: $(VENV)/server.stamp ## Serve the bundled sample as a v6 server would, until Ctrl+C; PORT=8001 for another port
	@$(BIN)/jobtype-toolkit serve --sample --port $(PORT)

lab: $(VENV)/notebook.stamp ## Open the notebooks in JupyterLab
	@$(BIN)/jupyter lab notebooks

app: $(VENV)/app.stamp ## Show board and forms as an application; TARGET=http://… or a store's file, else the bundled sample
	@JOBTYPE_TOOLKIT_TARGET="$(TARGET)" JUPYTER_PATH=notebooks/app $(BIN)/voila notebooks/app.ipynb --template=offline

bench: $(VENV)/bench.stamp ## Measure speed and size against plain pandas, polars and SQL
	@$(BIN)/python -m tests.bench

SEED ?= 1000000
exam: $(VENV)/dev.stamp ## Judge the questions on histories with planted incidents; SEED=2000000 for others, ONLY=onsets for a part
	@PYTHONPATH=tests $(BIN)/python -m exam --seed $(SEED) $(addprefix --only ,$(ONLY))

docs: $(VENV)/dev.stamp ## Regenerate docs/reference.md, the picture, and the outputs of the notebooks
	@$(BIN)/python docs/build.py

screenshots: $(VENV)/browser.stamp ## Make the pictures of forms and boards anew, with Debian's chromium
	@$(BIN)/python docs/screenshots.py

format: $(VENV)/dev.stamp ## Format the code and mend what the linter can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

clean: ## Remove the environment, caches and the demo store
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis demo.duckdb demo.duckdb.wal

lint: $(VENV)/dev.stamp
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/dev.stamp
	@$(BIN)/mypy

unit: $(VENV)/dev.stamp
	@$(PYTEST) -m "$(DAILY)"

notebooks-run: $(VENV)/dev.stamp
	@$(BIN)/python -m pytest -n 2 --dist loadfile --nbval-lax --nbval-current-env -p no:schemathesis notebooks  # the cells of a notebook in one kernel

# One environment, filled as far as a target needs it; pyproject.toml says with what, and a change of it installs again.
$(VENV)/plain.stamp: EXTRA :=
$(VENV)/dev.stamp: EXTRA := [dev]
$(VENV)/browser.stamp: EXTRA := [dev,browser]
$(VENV)/spark.stamp: EXTRA := [dev,spark-tests]
$(VENV)/app.stamp: EXTRA := [app]
$(VENV)/notebook.stamp: EXTRA := [notebook]
$(VENV)/server.stamp: EXTRA := [server]
$(VENV)/bench.stamp: EXTRA := [bench]
$(VENV)/%.stamp: pyproject.toml | $(BIN)/python
	@echo "installing jobtype-toolkit$(EXTRA) into $(VENV)"
	@$(PIP) -e ".$(EXTRA)"
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed; name one: make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv $(VENV)

versions: ## Run the quick tests with the lowest and the newest dependencies, on each Python from 3.11 at hand
	@for python in python3.11 python3.12 python3.13 python3.14; do \
	  command -v $$python >/dev/null || { echo "$$python: not at hand"; continue; }; \
	  for which in lowest newest; do \
	    echo "$$python with the $$which dependencies"; \
	    home=.venv-versions/$$python-$$which && $$python -m venv $$home || exit 1; \
	    $$python tests/lowest.py >.venv-versions/lowest.txt || exit 1; \
	    [ $$which = lowest ] && limits="--constraint .venv-versions/lowest.txt" || limits="--upgrade --upgrade-strategy eager"; \
	    $$home/bin/python -m pip install --quiet --disable-pip-version-check --no-input $$limits -e ".[dev]" || exit 1; \
	    $$home/bin/python -m pytest -q -n 2 --dist loadfile -m "not slow and $(DAILY)" || exit 1; \
	  done; \
	done
