# Every command of the project. `make help` lists them.
VENV ?= .venv
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := $(VENV)/bin
OUT ?= out
WORKERS ?= $(shell nproc 2>/dev/null || echo 2)
# Libraries of Debian and Ubuntu: headless OpenGL for the pyrender renderer, and what Dr.Jit compiles
# the mitsuba renderer with (17 or newer).
OPENGL := libosmesa6 libegl1 libgl1-mesa-dri
LLVM := libllvm19

# $(call library,PATTERN of its file,PACKAGES,RENDERER): install packages where the library is missing.
define library
@if ldconfig -p 2>/dev/null | grep -q '$(1)'; then :; \
elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $(2) >/dev/null; } \
  || echo "note: could not install $(2); only the $(3) renderer needs it"; \
else \
  echo "note: the $(3) renderer needs $(2), everything else runs without it:"; \
  echo "      sudo apt-get install $(2)"; \
fi
endef

.DEFAULT_GOAL := help
# Of `make validate-physics`: all when empty.
CATEGORIES ?=

.PHONY: help setup system demo test test-all test-engines test-gpu validate-physics validate-templates golden lint type gallery-stills bench bench-streaming docs image wheel clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 22

setup: $(VENV)/.ready ## Create the virtual environment with every engine, and the system libraries

$(VENV)/.ready: pyproject.toml | system
	@test -n "$(PYTHON)" || { echo "simgen needs Python 3.11 or newer: install python3 and run make again"; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "simgen needs Python 3.11 or newer, found $$($(PYTHON) --version): set PYTHON=/path/to/python3.11"; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info >= (3, 12))' || \
	  echo "note: the pybullet engine has wheels for Python 3.11 only and is left out on $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV) || { echo "cannot make a virtual environment: install python3-venv and run make again"; exit 2; }
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet -e '.[all,dev]'
	@touch $@

system: ## Install the libraries of the pyrender and mitsuba renderers, or say which are missing
	$(call library,libOSMesa,$(OPENGL),pyrender)
	$(call library,libLLVM[-.so]*\(1[7-9]\|[2-9][0-9]\),$(LLVM),mitsuba)

demo: setup ## Make one annotated, checked clip of 27 templates and look at them
	$(BIN)/simgen run jobs/demo.yaml out=$(OUT)/demo executor=ray workers=$(WORKERS)
	$(BIN)/simgen sheets $(OUT)/demo > /dev/null
	$(BIN)/simgen check $(OUT)/demo --report $(OUT)/demo/check.md
	@echo
	@echo "dataset         $(OUT)/demo  (simgen info $(OUT)/demo)"
	@echo "contact sheets  $(OUT)/demo/sheets/*.png"
	@echo "check report    $(OUT)/demo/check.md"

test: setup ## Run the tests that take minutes
	$(BIN)/python -m pytest -m "not slow and not gpu" -n $(WORKERS) --dist loadgroup

test-all: setup ## Run the slow tests too
	$(BIN)/python -m pytest -m "not gpu"

test-engines: setup ## Run the physics laws on every engine
	$(BIN)/python -m pytest -m "not gpu" tests/physics tests/engines

test-gpu: setup ## Run the tests that need a CUDA device
	$(BIN)/python -m pytest -m gpu

validate-physics: setup ## Measure every published law on every engine; pages and plots in docs/physics
	$(BIN)/python tests/physics/report.py docs/physics $(CATEGORIES)

validate-templates: setup ## Make 20 clips of every template and print how many pass their checks
	$(BIN)/python benchmarks/acceptance.py $(OUT)/acceptance --workers $(WORKERS)

golden: setup ## Write the golden configurations anew
	SIMGEN_WRITE_GOLDEN=1 $(BIN)/python -m pytest tests/test_templates.py -k golden

lint: setup ## Check style
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/hadolint docker/*.Dockerfile

type: setup ## Check types
	$(BIN)/pyright

gallery-stills: setup ## Draw one picture of every template at its most telling moment
	$(BIN)/python benchmarks/stills.py $(OUT)/stills

bench: setup ## Print speed and memory figures
	$(BIN)/python benchmarks/pipeline.py
	$(BIN)/python benchmarks/rigid.py
	$(BIN)/python benchmarks/templates.py
	$(BIN)/python benchmarks/render.py $(if $(BLENDER_PYTHON),--blender-python $(BLENDER_PYTHON))
	$(BIN)/python benchmarks/surface.py
	$(BIN)/python benchmarks/textures.py
	$(BIN)/python benchmarks/video.py

bench-streaming: setup ## Print figures of the data path: loading against other loaders, bytes per clip, catalog
	$(BIN)/python benchmarks/streaming.py $(if $(MDS_PYTHON),--mds-python $(MDS_PYTHON))
	$(BIN)/python benchmarks/storage.py
	$(BIN)/python benchmarks/catalog.py

docs: setup ## Run every example of the README and the docs
	$(BIN)/python -m pytest tests/test_readme.py

wheel: setup ## Build the wheel
	$(BIN)/python -m build --wheel --outdir $(OUT)/dist .

image: ## Build the container images
	docker build -f docker/cpu.Dockerfile -t simgen:cpu .
	docker build -f docker/cuda.Dockerfile -t simgen:cuda .

clean: ## Remove the environment, caches and outputs under this folder
	rm -rf -- $(VENV) .cache build simgen.egg-info out
