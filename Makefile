# Kinkeeper's commands. `make` alone lists them. A fresh machine needs Python 3.11-3.13, pip and make.

PYTHON  ?= python3
SERVE   ?= 1
TESTS   ?= tests
WORKERS ?= 2
KILLS   ?= 40
FILES   ?= 150
SEEDS   ?= 30
SHUFFLES ?= 24
MINUTES ?= 5
MUTATED ?= 100000
PYTEST_ARGS ?=
DATA    ?= ../shared/data

VENV  := .venv
BIN   := $(VENV)/bin
PY    := $(BIN)/python
STAMP := $(VENV)/.ready

# Nothing this project runs reports to anyone.
export DAGSTER_DISABLE_TELEMETRY := yes
export GX_ANALYTICS_ENABLED := false

# The environment holds absolute paths: after a move of the checkout, or without its Python, it is made anew.
ifneq ($(shell cat $(STAMP) 2>/dev/null):$(wildcard $(PY)),$(CURDIR):$(PY))
.PHONY: $(STAMP)
CLEAR := --clear
endif

.DEFAULT_GOAL := help
.PHONY: help setup demo dev test faults properties lint format docs bench soak backtest prior lock clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(STAMP) ## install everything into .venv; PYTHON=python3.12 picks another Python
	@echo 'Ready: $(BIN)/kinkeeper is installed. Next: make demo'

demo: $(STAMP) ## sample program, from files to dashboard; SERVE=0 stops before the dashboard
	@$(BIN)/kinkeeper demo $(if $(filter 0,$(SERVE)),--no-serve)

dev: $(STAMP) ## Dagster's web server and daemon on this machine
	@$(BIN)/kinkeeper dev

test: $(STAMP) ## run the tests; TESTS=tests/warehouse PYTEST_ARGS='-k silence' WORKERS=0 narrow it
	@$(PY) -m pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS) $(TESTS)

faults: $(STAMP) ## kill, fill and damage on purpose; KILLS=500 FILES=1000 SEEDS=20000 does it so often
	@KILLS=$(KILLS) FILES=$(FILES) SEEDS=$(SEEDS) $(PY) -m pytest -q -n $(WORKERS) --dist worksteal $(PYTEST_ARGS) tests/faults

properties: $(STAMP) ## the same marts from SHUFFLES=200 orders of arrival, the same log from MUTATED=100000 odd lines
	@SHUFFLES=$(SHUFFLES) MUTATED=$(MUTATED) $(PY) -m pytest -q -n $(WORKERS) $(PYTEST_ARGS) tests/properties \
		tests/warehouse/events/test_bulk.py

lint: $(STAMP) ## style, types, floors and SQL; changes nothing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/sqlfluff lint --processes 2 --disable-progress-bar warehouse/sql

format: $(STAMP) ## mend what the linters can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/sqlfluff fix --processes 2 --disable-progress-bar warehouse/sql

docs: $(STAMP) ## write the generated pages again, and Data Docs of the checks into build/data-docs
	$(PY) -m warehouse.events.docs > docs/events.md
	$(PY) -m warehouse.events.schemas docs/schemas
	$(PY) -m warehouse.docs > docs/data-dictionary.md
	$(PY) -m warehouse.coverage > docs/coverage.md
	$(PY) -m dashboards.texts > dashboards/locale/kinkeeper.pot
	$(PY) -m pipelines.sample.docs > docs/sample.md
	$(PY) -m warehouse.policy_example > examples/program.toml
	@$(PY) -m pipelines.data_docs

bench: $(STAMP) ## print every performance goal as a ratio to its floor, measured in the same run
	@$(PY) -m pytest -q -s -o 'python_files=bench_*.py' -o faulthandler_timeout=0 tests/bench

soak: $(STAMP) ## fifty people at the screens while builds are published, for MINUTES=5
	@$(PY) -m tests.bench.soak $(MINUTES)

backtest: $(STAMP) ## play the three real logs again, from the file to docs/benchmarks/risk.md; DATA=../shared/data
	@$(PY) tests/bench/backtest_real.py $(DATA)

prior: $(STAMP) ## fit the shipped prior of risk on the synthetic sample again
	@rm -rf build/prior && $(BIN)/kinkeeper sample --home build/prior --until 2026-09-30
	@$(BIN)/kinkeeper ingest --home build/prior build/prior/inbox > build/prior/ingest.txt || test $$? -eq 3 # some rows are wrong on purpose
	@$(PY) -m pipelines.fit build/prior > build/prior.json && mv build/prior.json pipelines/signals/prior.json

lock: $(STAMP) ## resolve requirements.lock again, within the ranges of pyproject.toml
	$(BIN)/uv lock --upgrade --python $(PY)
	$(BIN)/uv export --quiet --frozen --no-emit-project --extra dev --format requirements-txt -o requirements.lock
	@rm uv.lock # it records the addresses of the registry

clean: ## remove the environment and all caches; data in var/ stays
	rm -rf $(VENV) .ruff_cache .mypy_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# pip brings uv (five times faster than pip alone), uv brings the rest; the lock holds the hash of everything
# installed, uv and the build backend included. It also holds the test tools: one environment for all
# commands, so that what is tested is what runs. CONTRIBUTING.md tells how to do it with pip alone.
$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || \
	    { echo "Kinkeeper needs Python 3.11, 3.12 or 3.13; '$(PYTHON)' is not: try make setup PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m pip --version >/dev/null 2>&1 || \
	    { echo "'$(PYTHON)' has no pip: install it (python3-pip on Debian), then run make again" >&2; exit 1; }
	@echo '[1/3] environment in $(VENV)'
	@$(PYTHON) -m venv $(CLEAR) --without-pip $(VENV)
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > $(VENV)/uv.txt
	@$(PYTHON) -m pip --python $(PY) --disable-pip-version-check install --quiet --require-hashes -r $(VENV)/uv.txt
	@echo '[2/3] libraries of requirements.lock, about 1 GB'
	@$(BIN)/uv pip sync --python $(PY) --require-hashes requirements.lock
	@echo '[3/3] link to this checkout'
	@$(BIN)/uv pip install --quiet --python $(PY) --no-deps --no-build-isolation --editable .
	@echo '$(CURDIR)' > $(STAMP)
