# Two commands matter: `make run` (the sandbox with its example patients) and `make test`. `make help` lists the rest.
# Needs Python 3.11 or newer, make and git; everything else goes into a virtual environment of its own, with every
# file pinned by version and hash (requirements/*.lock). Stamp files make reruns quick.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

VENV ?= .venv
PORT ?= 8000
FHIR_PORT ?= 8103
# Tests run in this many processes: auto is one for each core.
WORKERS ?= auto

BIN := $(VENV)/bin
STATE := $(VENV)/.stamps
LOCK_VENV := .make/lock-venv
LOCK_TOOL := uv==0.13.9
PACKAGES := tdm fhir_mappings cards cds_service

# An environment of the caller must not leak into ours.
unexport PYTHONPATH PYTHONHOME
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1

# The locks name everything, so nothing is resolved here: older pips refuse a locked file as soon as an extra
# (coverage[toml]) has a newer release. `pip check` afterwards shows that nothing was missing.
INSTALL_LOCKED = $(BIN)/python -m pip install --quiet --require-hashes --no-deps

RUNTIME_LOCKS := requirements/runtime.lock requirements/build.lock

# -- for a first visit ------------------------------------------------------------------------------------------

.PHONY: help
help: ## list these commands
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

.PHONY: run
run: $(STATE)/runtime ## start the sandbox on 127.0.0.1:8000 (PORT=N for another port) and show a card
	@exec $(BIN)/infliximab-cds sandbox --port $(PORT)

.PHONY: test
test: export CAMPAIGN_DAYS ?= 130
test: $(STATE)/dev $(STATE)/medplum ## run all tests, with branch coverage
	@rm -f .coverage $(STATE)/coverage
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal --cov --cov-report= $(PYTEST_ARGS)
	@touch $(STATE)/coverage

.PHONY: check
check: static wheel-smoke coverage ## lint, types, import contracts, documents in step, coverage, wheel
	@echo "check: all is well"

# -- setting up -------------------------------------------------------------------------------------------------

# The first interpreter of the list that is new enough. Said in one line when there is none.
.PHONY: python-check
python-check:
	@tools/find-python >/dev/null

$(STATE)/venv: | python-check
	@python="$$(tools/find-python)"; \
	echo "setting up $(VENV) with $$("$$python" --version)"; \
	"$$python" -m venv --clear $(VENV)
	@mkdir -p $(STATE)
	@touch $@

$(STATE)/runtime: $(STATE)/venv $(RUNTIME_LOCKS) pyproject.toml
	@echo "installing the locked dependencies of the service"
	@$(INSTALL_LOCKED) $(addprefix -r ,$(RUNTIME_LOCKS))
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(STATE)/dev: $(STATE)/runtime requirements/dev.lock
	@echo "installing the locked dependencies of tests and checks"
	@$(INSTALL_LOCKED) -r requirements/dev.lock
	@$(BIN)/python -m pip check --quiet
	@touch $@

# A real FHIR server for the tests, by the Node and npm of a locked wheel: nothing else need be installed.
MEDPLUM := tests/e2e/medplum
$(STATE)/medplum: $(STATE)/dev $(MEDPLUM)/package.json $(MEDPLUM)/package-lock.json
	@echo "installing the locked npm packages of the FHIR server in the tests"
	@$(BIN)/python -m tests.e2e.fhir_server install
	@touch $@

.PHONY: medplum
medplum: $(STATE)/medplum ## start a FHIR server with the invented patients on 127.0.0.1:8103 (FHIR_PORT=N)
	@exec $(BIN)/python -m tests.e2e.fhir_server serve --port $(FHIR_PORT)

.PHONY: lock
lock: | python-check ## write requirements/*.lock anew from pyproject.toml
	@test -x $(LOCK_VENV)/bin/uv || { "$$(tools/find-python)" -m venv --clear $(LOCK_VENV) && \
	$(LOCK_VENV)/bin/python -m pip install --quiet "$(LOCK_TOOL)"; }
	@compile="$(LOCK_VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header $(LOCK_ARGS)"; \
	$$compile pyproject.toml -o requirements/runtime.lock; \
	$$compile --group build -c requirements/runtime.lock -o requirements/build.lock; \
	$$compile --group compile -c requirements/runtime.lock -c requirements/build.lock -o requirements/compile.lock; \
	$$compile pyproject.toml --group build --group compile --group dev -c requirements/runtime.lock -c requirements/build.lock -c requirements/compile.lock -o requirements/dev.lock
	@git --no-pager diff --stat -- requirements

.PHONY: clean
clean: ## remove what these commands made, the environment included
	@rm -rf $(VENV) .make .coverage build dist mutants $(MEDPLUM)/node_modules .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# -- the parts of `make check` ----------------------------------------------------------------------------------

.PHONY: static
static: lint types imports docs-check

.PHONY: lint
lint: $(STATE)/dev ## ruff: rules and format
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check . || { echo "not formatted; run: make format" >&2; exit 1; }

.PHONY: format
format: $(STATE)/dev ## format the code and mend what ruff can mend
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: types
types: $(STATE)/dev ## mypy, strict
	@$(BIN)/mypy

.PHONY: imports
imports: $(STATE)/dev ## the contracts between the packages
	@report="$$($(BIN)/lint-imports --no-cache 2>&1)" || { printf '%s\n' "$$report"; exit 1; }; \
	printf '%s\n' "$$report" | tail -n 1

.PHONY: docs
docs: $(STATE)/dev ## write the generated documents anew
	@$(BIN)/python docs/_generate

.PHONY: docs-check
docs-check: $(STATE)/dev
	@$(BIN)/python docs/_generate --check

# The gates of branch coverage: the medicine and the cards in full, the rest nearly so.
.PHONY: coverage
coverage: $(STATE)/coverage ## the gates of branch coverage, measured by the last `make test`
	@$(BIN)/coverage report --include='tdm/*' --fail-under=100
	@$(BIN)/coverage report --include='cards/*' --fail-under=100
	@$(BIN)/coverage report --include='fhir_mappings/*' --fail-under=95
	@$(BIN)/coverage report --include='cds_service/*' --fail-under=95

SOURCES := $(shell find $(PACKAGES) tests docs pyproject.toml -name node_modules -prune -o -type f -not -name '*.pyc' -print 2>/dev/null)
$(STATE)/coverage: $(STATE)/dev $(SOURCES)
	@$(MAKE) test

.PHONY: wheel-smoke
wheel-smoke: $(STATE)/dev ## build the wheel, install it alone, ask it for its discovery document
	@$(BIN)/python tools/wheel_smoke.py

COMPILED := .make/compiled
.PHONY: compiled-wheel
compiled-wheel: $(STATE)/dev ## build dist/ with compiled arithmetic, and prove that it answers alike (needs a C compiler)
	@$(BIN)/python tools/compiled_smoke.py --into dist --tree $(COMPILED)

# -- long runs, not part of `make test` --------------------------------------------------------------------------

.PHONY: bench
bench: $(STATE)/dev ## the figures: whole decisions beside a constant route, load, cold start and memory
	@$(BIN)/python -m benchmarks.served
	@$(BIN)/python -m benchmarks.inprocess
	@$(BIN)/python -m benchmarks.stages
	@$(BIN)/python -m benchmarks.forecast
	@$(BIN)/python -m benchmarks.load
	@$(BIN)/python -m benchmarks.start

.PHONY: fuzz
fuzz: $(STATE)/dev ## 100,000 mutated requests in process (FUZZ_ARGS="--count N --seed N")
	@$(BIN)/python -m tests.campaigns.fuzz $(FUZZ_ARGS)

.PHONY: faults
faults: $(STATE)/dev ## what can befall the service, played at full length (about twenty minutes)
	@$(BIN)/python -m tests.faults

.PHONY: campaigns
campaigns: export CAMPAIGN_EXAMPLES ?= 20000
campaigns: export CAMPAIGN_DAYS ?= 366
campaigns: export HYPOTHESIS_PROFILE ?= campaign
campaigns: $(STATE)/dev ## equal meanings, moving clocks, server zones and clinical mutations at full length
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal tests/campaigns $(PYTEST_ARGS)

.PHONY: forecast-study
forecast-study: $(STATE)/dev ## recovery and decision value of the forecast: figures, plots, docs/forecast.md (minutes)
	@nice -n 15 $(BIN)/python -m tests.campaigns.pharmacokinetics.study $(STUDY_ARGS)
	@$(BIN)/python docs/_generate

.PHONY: mutants
mutants: $(STATE)/dev ## mutation testing of the medicine and the readers (MUTANTS="tdm.gates*"); resumes where it stopped
	@$(BIN)/python -m tools.mutation_run $(MUTANTS)
	@$(BIN)/python tools/mutation_score.py

.PHONY: mutants-data
mutants-data: $(STATE)/dev ## slips in the numbers, codes and units of the data files, and who notices them
	@$(BIN)/python -m tests.campaigns.toml_mutator $(MUTANTS_ARGS)
