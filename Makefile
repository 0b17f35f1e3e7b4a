# Every rule that a person or the continuous integration calls.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup build demo test mutations fuzz sanitize lint format bench leaderboard fixtures clean

TESTS := OMP_WAIT_POLICY=passive swift test --skip-build --disable-xctest
SOURCES := Sources Tests Examples Benchmarks Package.swift

help: ## List the rules
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Check the tools and put libtorch into .libtorch
	@tools/check-tools
	@tools/setup-libtorch

build: setup ## Build the command-line tool, optimised
	swift build -c release --product isthmus
	@tools/record-commit .build/release/isthmus

demo: build ## Fetch MovieLens-1M, train on two domains of it, evaluate, recommend
	tools/demo

test: setup lint ## Lint, build everything, run all tests
	tools/check-headers
	python3 tools/fixtures/check_manifest.py
	swift build --build-tests
	tools/check-benchmarks
	@for example in Examples/*/Package.swift; do \
		echo "swift build --package-path $$(dirname $$example)"; \
		swift build --package-path "$$(dirname $$example)" || exit 1; \
	done
	@# A run without a single test succeeds for SwiftPM; here it is a failure.
	@# Idle threads must not spin: tests run beside each other, each with threads of its own.
	@# Then the kernels for narrower vectors than this machine's; with 4 numbers in one, products are libtorch's.
	set -o pipefail; { $(TESTS) && ISTHMUS_VECTOR_LANES=8 $(TESTS) --filter TorchTests && \
		ISTHMUS_VECTOR_LANES=4 $(TESTS) --filter 'JaggedKernelTests|RetrievalTests'; } 2>&1 | tee .build/test.log
	@! grep -q 'Test run with 0 tests' .build/test.log || { echo "make test: no test ran" >&2; exit 1; }

mutations: setup ## Break lines one at a time and see which no test notices: 10 minutes and more
	tools/mutations

# Variables: COPIES=N in all, SEED=N, KIND=beginning of a kind's name.
fuzz: setup ## Read 100,000 mutated copies of every kind of file; fails on a crash, a hang or a bad error
	swift build -c release --product fuzz
	.build/release/fuzz --copies $(or $(COPIES),100000) --seed $(or $(SEED),1) --kind "$(KIND)"

sanitize: setup ## Run the kernels' tests under the address and undefined-behaviour sanitizers
	tools/sanitize

lint: ## Check formatting, sizes, layers and house rules
	tools/lint

format: ## Format the Swift sources in place
	swift format --in-place --parallel --recursive $(SOURCES)

# Variables of the command line reach the script, such as LARGE=1; it lists them.
bench: setup ## Measure operations and models against their floor, and peers
	tools/bench

leaderboard: build ## Train every sequential model on Food-Kitchen and MovieLens-1M; resumable
	tools/leaderboard

fixtures: ## Check the parity fixtures against their manifest
	python3 tools/fixtures/check_manifest.py

clean: ## Remove what was built; libtorch stays
	rm -rf .build .build-mutations Examples/*/.build Benchmarks/.build
