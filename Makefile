# Two commands do all the set-up: `make demo` and `make test`. Nothing but Python >= 3.11 is needed before.
PYTHON ?= python3
VENV ?= .venv
PIP_FLAGS ?= -c constraints.txt
BIN := $(VENV)/bin
HEADLESS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test lint types contracts unit format bench clean

help:  ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## */  make \1\t/' | expand -t 18

$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'moderator needs Python 3.11 or newer: make PYTHON=python3.12 ...' >&2; exit 2; }
	@echo 'Installing into $(VENV) (once; some minutes on a slow line) ...' >&2
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_FLAGS) -e .
	@touch $@

# Dependency groups are read by `pip install --group` from pip 25.1 on, so pip itself comes first.
$(VENV)/.installed-test: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_FLAGS) --group test
	@touch $@

demo: $(VENV)/.installed  ## install, then open the desk on demo comments (HEADLESS=1 prints the scored queue)
	@$(BIN)/moderator demo $(if $(HEADLESS),--headless)

# Side by side, for the type checker keeps one core busy and the tests wait a lot. What a check says comes in one piece,
# where make can do that (GNU make 4); the tests' dots come at once.
test: $(VENV)/.installed-test  ## install, then every check: lint, types, layers, tests
	@$(MAKE) --no-print-directory -k -j2 $(if $(filter output-sync,$(.FEATURES)),-O) lint types contracts unit

lint: $(VENV)/.installed-test  ## ruff, both rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-test  ## pyright, strict
	$(BIN)/basedpyright

contracts: $(VENV)/.installed-test  ## who may import whom
	$(BIN)/lint-imports

# One worker more than the two cores that most runners have: many tests wait for a terminal or a server.
# The tests start the program some hundred times: it's compiled once, whatever the shell says of bytecode.
unit: export PYTHONDONTWRITEBYTECODE :=
unit: $(VENV)/.installed-test  ## every test
	+$(BIN)/python -m pytest -q -n 3 --dist loadgroup

format: $(VENV)/.installed-test  ## rewrite the code in the house's format
	$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

bench: $(VENV)/.installed-test  ## the figures in the README, measured here
	$(BIN)/python benchmarks/run.py

clean:  ## remove what was installed and built
	rm -rf $(VENV) dist build .pytest_cache .ruff_cache .hypothesis
