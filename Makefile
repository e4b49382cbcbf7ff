# Two commands do everything: `make serve` and `make test`. Windows: see README.
VENV ?= .venv
BIN := $(VENV)/bin
PYTHON ?= python3

# Bytecode is kept: tests and benchmarks start some hundred processes.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: serve test lint format bench docs screenshots clean

serve: $(VENV)/installed
	$(BIN)/litquote demo

test: $(VENV)/installed
	$(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

lint: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Each journey of the browser tests leaves its pictures there.
screenshots: $(VENV)/installed
	LITQUOTE_SCREENSHOTS=screenshots $(BIN)/python -m pytest -q tests/test_ui_browser.py tests/test_ui_library.py

bench: $(VENV)/installed
	$(BIN)/python tests/bench/run.py $(ARGS)

# torch first: on Linux PyPI's torch brings gigabytes of CUDA, PyTorch's own CPU index does not. Where
# that index is out of reach, the pinned version comes from wherever pip finds it.
$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	if [ "$$(uname -s)" = Linux ]; then \
		$(BIN)/pip install --quiet --retries 0 --timeout 15 -c constraints.txt \
			--index-url https://download.pytorch.org/whl/cpu torch 2>/dev/null \
		|| $(BIN)/pip install --quiet -c constraints.txt torch; \
	fi
	$(BIN)/pip install --quiet -c constraints.txt -e '.[dev]'
	touch $@

docs: $(VENV)/installed
	$(BIN)/python docs/write_commands.py
	$(BIN)/python -m sphinx -W --keep-going -q -b html docs build/docs
	@echo "open build/docs/index.html"

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
