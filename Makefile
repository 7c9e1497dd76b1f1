# Two commands do everything on a machine with a Swift 6.2+ toolchain:
#   make demo    install what is missing, build, run a real cell through a real protocol, show the result
#   make test    install what is missing, build, run every test
# Apart from these, because it downloads a gigabyte:
#   make test-readers    open exported files with other people's readers
# and because it takes minutes:
#   make test-kill       kill runs at random moments and go on with them
#   make test-report     open the report of a study in a browser
#   make test-slurm      a sweep as jobs of a real Slurm
#   make examples        all examples anew, with their pictures
.DEFAULT_GOAL := demo
.PHONY: demo test test-readers test-kill test-report test-slurm examples sanitize fuzz lint format bench bench-instructions bench-radial bench-populations bench-throughput bench-build build python-venv dependencies test-dependencies clean

SWIFT ?= swift
RESULTS ?= results
BUILD := .build/release/spinodal
VENV := .build/python
READERS := .build/readers
PEER := .build/peer
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)

ifeq ($(shell uname),Darwin)
  PACKAGES := sundials gnuplot
  # Homebrew's headers and libraries are outside the compiler's own search path.
  FLAGS := -Xcc -I$(shell brew --prefix)/include -Xlinker -L$(shell brew --prefix)/lib
else
  PACKAGES := libsundials-dev gnuplot-nox
  FLAGS :=
  # Swift's own libraries inside the program: half the start-up time, and it runs where there is no Swift.
  STATIC := --static-swift-stdlib
endif

# Optimised code for users and for tests; the tests have a folder of their own because they are compiled with
# other flags, and sharing one would rebuild everything at every change between the two.
BUILD_FLAGS := -c release $(STATIC) $(FLAGS)
TEST_FLAGS := -c release --scratch-path .build/tests $(FLAGS)

demo: build
	@$(BUILD) check --measured cells/nmc111-graphite-pouch.json
	@echo
	@$(BUILD) run cells/nmc111-graphite-pouch.json protocols/cccv.yaml -o $(RESULTS)/demo --force

build: dependencies
	@$(SWIFT) build $(BUILD_FLAGS) --product spinodal

test: dependencies test-dependencies
	$(VENV)/bin/python Tests/bpx_accepts.py cells/*.json Examples/*/*.json $(filter-out %/phase-field.json %/mechanics.json,$(wildcard Tests/VerificationTests/References/*.json))
	$(VENV)/bin/python Tests/protocols_match_schema.py protocols/protocol.schema.json protocols/*.yaml
	$(SWIFT) test $(TEST_FLAGS)

# Killed 200 times at random moments: SPINODAL_SEED=… chooses others.
test-kill: dependencies
	SPINODAL_KILLS=200 $(SWIFT) test $(TEST_FLAGS) --filter Resuming

# The files of other cyclers, opened by other people's programs.
test-readers: build $(READERS)/installed
	$(READERS)/bin/python Tests/readers_accept.py $(BUILD)

$(READERS)/installed: Tests/readers_requirements.txt | python-venv
	python3 -m venv $(READERS)
	$(READERS)/bin/pip install --quiet --requirement $<
	touch $@

# The page that `compare` writes, opened in a browser.
test-report: build $(VENV)/selenium-4.35.0
	@missing=$$(for p in chromium chromium-driver; do dpkg -s $$p >/dev/null 2>&1 || echo $$p; done); \
	if [ -n "$$missing" ]; then \
	  $(SUDO) apt-get update -qq && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$missing; \
	fi
	$(BUILD) compare Examples/lfp-sizes/study.yaml -o $(RESULTS)/report > /dev/null
	$(VENV)/bin/python Tests/report_opens.py $(RESULTS)/report/report.html

$(VENV)/selenium-4.35.0: $(VENV)/bpx-1.1.1
	$(VENV)/bin/pip install --quiet selenium==4.35.0
	touch $@

# A sweep as a job array of a real Slurm, on this machine; as root, for its daemons.
test-slurm: build
	@missing=$$(for p in slurm-wlm munge; do dpkg -s $$p >/dev/null 2>&1 || echo $$p; done); \
	if [ -n "$$missing" ]; then \
	  $(SUDO) apt-get update -qq && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$missing; \
	fi
	@$(SUDO) Tests/Slurm/with_slurm.sh Tests/Slurm/sweep.sh $(CURDIR)/$(BUILD); status=$$?; \
	if [ $$status = 77 ] && [ "$(WITHOUT_SLURM)" = skip ]; then echo "Slurm does not start here: skipped"; \
	else exit $$status; fi

# All examples anew, with the pictures of their READMEs.
examples: build
	@for study in Examples/*/study*.yaml; do \
	  folder=$$(dirname $$study); \
	  results=$(RESULTS)/$$(basename $$folder)/$$(basename $$study .yaml); \
	  echo "== $$study"; \
	  $(BUILD) compare $$study -o $$results || [ $$? = 1 ] || exit 1; \
	  prefix=$$(basename $$study .yaml)-; \
	  if [ $$prefix = study- ]; then prefix=; fi; \
	  for picture in $$results/*.svg; do \
	    [ ! -f $$folder/$$prefix$$(basename $$picture) ] || cp $$picture $$folder/$$prefix$$(basename $$picture); \
	  done; \
	done

# The same code under the address sanitizer, without the tests that take long there.
sanitize: dependencies
	$(SWIFT) test --disable-xctest --sanitize=address --scratch-path .build/sanitize $(FLAGS) --filter 'IntegrationTests|ElectrochemistryTests|CyclingTests'

# Inputs to everything that reads files of users, and the enormous ones: CONTRIBUTING.md. What fails is written to
# fuzz-failures.
INPUTS ?= 1000000
SEED ?= 1
fuzz: dependencies
	$(SWIFT) build $(BUILD_FLAGS) --product fuzz
	.build/release/fuzz bombs
	.build/release/fuzz inputs=$(INPUTS) seed=$(SEED)

# Side by side with PyBaMM: Benchmarks/README.md.
bench: bench-build $(PEER)/pybamm-26.10.1.1
	$(PEER)/bin/python Benchmarks/bench.py table
	$(PEER)/bin/python Benchmarks/bench.py throughput

# Needs valgrind.
bench-instructions: bench-build
	python3 Benchmarks/bench.py instructions

bench-radial: bench-build
	python3 Benchmarks/bench.py radial
	gnuplot Benchmarks/radial-elements.gnuplot

# Phase-field particles of many sizes; takes some minutes.
bench-populations: bench-build
	python3 Benchmarks/bench.py populations

# A study with all its files, beside PyBaMM in several processes.
bench-throughput: build $(PEER)/pybamm-26.10.1.1
	$(PEER)/bin/python Benchmarks/bench.py throughput

bench-build: build
	@$(SWIFT) build $(BUILD_FLAGS) --product benchmark

$(PEER)/pybamm-26.10.1.1: | python-venv
	python3 -m venv $(PEER)
	$(PEER)/bin/pip install --quiet pybamm==26.10.1.1
	touch $@

lint:
	$(SWIFT) format lint --strict --recursive Package.swift Sources Tests Benchmarks

format:
	$(SWIFT) format --in-place --recursive Package.swift Sources Tests Benchmarks

# Installs only what is missing, so that a second call does nothing.
dependencies:
ifeq ($(shell uname),Darwin)
	@for p in $(PACKAGES); do brew list --formula $$p >/dev/null 2>&1 || brew install $$p; done
else
	@missing=$$(for p in $(PACKAGES); do dpkg -s $$p >/dev/null 2>&1 || echo $$p; done); \
	if [ -n "$$missing" ]; then \
	  echo "installing $$missing"; \
	  $(SUDO) apt-get update -qq && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$missing; \
	fi
endif

# The Python package that defines the BPX format checks our cell files, one for JSON schemas our protocols.
test-dependencies: $(VENV)/bpx-1.1.1 $(VENV)/jsonschema-4.26.0
$(VENV)/jsonschema-4.26.0: $(VENV)/bpx-1.1.1
	$(VENV)/bin/pip install --quiet jsonschema==4.26.0 pyyaml==6.0.3
	touch $@
$(VENV)/bpx-1.1.1: | python-venv
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet bpx==1.1.1
	touch $@

python-venv:
ifneq ($(shell uname),Darwin)
	@python3 -c 'import ensurepip, venv' 2>/dev/null || \
	  { $(SUDO) apt-get update -qq && $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv; }
endif

clean:
	rm -rf .build $(RESULTS)
