# Each target sets itself up with Python 3.11+, make and the package registry; `test` also gets a PostgreSQL server and node.
# All paths are relative, so that the folder may lie anywhere, also under a name with spaces.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo test quick soak lint fix docs golden bench clean

PY := .venv/bin/python
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# A stamp bears the place of the checkout: an environment that was moved or copied is installed anew.
HERE := $(shell pwd | cksum | cut -d' ' -f1)
RUN_READY := .venv/ready-run-$(HERE)
DEV_READY := .venv/ready-dev-$(HERE)

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile

demo: $(RUN_READY) ## open a restaurant: five departments in parallel, on a simulated clock
	@.venv/bin/govflow demo

test: $(DEV_READY) ## run the whole test suite (starts a PostgreSQL server of its own)
	@$(PY) tests/postgres.py || echo 'Its tests are skipped.' >&2
	@$(PY) tests/node.py || echo 'Its tests are skipped.' >&2
	@$(PY) -m pytest -n 2 --dist loadfile -rs

quick: $(DEV_READY) ## the tests that need no other program and no long play
	@$(PY) -m pytest -m "not slow" -n 2 --dist loadfile

soak: $(DEV_READY) ## an hour of random walks, kills, races and faults; options in SOAK="--seed 7 --seconds 600"
	@$(PY) tests/postgres.py || echo 'PostgreSQL is left out.' >&2
	@$(PY) -m tests.soak $(SOAK)

lint: $(DEV_READY) ## the house rules alone: style, types, who may import whom
	@$(PY) -m ruff check src tests
	@$(PY) -m ruff format --check src tests
	@$(PY) -m mypy
	@.venv/bin/lint-imports --no-cache

fix: $(DEV_READY) ## format, and mend what the linter can mend
	@$(PY) -m ruff check --fix src tests
	@$(PY) -m ruff format src tests

docs: $(DEV_READY) ## write the pages of the rules from their docstrings
	@$(PY) -c "from govflow.rules.pages import write_pages; print(*write_pages('docs/rules'), sep='\n')"

golden: $(DEV_READY) ## write anew what tests compare byte by byte and what pages print; then look at the difference
	@GOVFLOW_UPDATE_GOLDEN=1 $(PY) -m pytest -m "not slow" -n 2 --dist loadfile || true
	@git --no-pager diff --stat

bench: $(DEV_READY) ## what checking a catalogue and a step of a case cost on this machine
	@$(PY) -m benchmarks.catalogue
	@$(PY) -m benchmarks.engine

clean: ## remove the environment and everything that tools leave behind
	rm -rf .venv .test-tools .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .govflow-cache

# A second run is instant: nothing is done unless pyproject.toml is newer than the stamp.
$(RUN_READY): pyproject.toml
	@$(ENSURE_VENV)
	@$(PY) -m pip install --quiet -e '.[png]'
	@touch $@

$(DEV_READY): pyproject.toml
	@$(ENSURE_VENV)
	@$(PY) -m pip install --quiet -e . --group dev
	@touch $(RUN_READY) $@

# Find a Python, make .venv with it unless a working one is there, and bring pip to 25.1 (it knows --group).
define ENSURE_VENV
set -e; \
if ! $(PY) -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
  found=; \
  for each in "$${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11; do \
    if "$$each" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found="$$each"; break; fi; \
  done; \
  if [ -z "$$found" ]; then \
    echo "govflow needs Python 3.11 or newer; found: $$(python3 --version 2>&1 || true)." >&2; \
    echo "Install one, or name it: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; \
    exit 1; \
  fi; \
  if ! "$$found" -c 'import ensurepip, venv' 2>/dev/null; then \
    echo "$$found cannot make a virtual environment: its modules venv and ensurepip are missing." >&2; \
    echo "On Debian or Ubuntu: apt-get install python3-venv. Then run make again." >&2; \
    exit 1; \
  fi; \
  echo "Setting up .venv (once) ..." >&2; \
  "$$found" -m venv --clear .venv; \
fi; \
$(PY) -m pip install --quiet --upgrade 'pip>=25.1'
endef
