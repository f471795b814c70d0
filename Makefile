# The two commands of the README, and what they stand on. `make help` lists all.

SWIFT_BUILD := swift build -c release
# Tests run optimised, as users run it; a folder of their own, since `-enable-testing` is another build.
SWIFT_TEST := swift test -c release -Xswiftc -enable-testing --scratch-path .build/testing
POISE := .build/release/poise
SYSTEM_LIBRARIES := ode eigen3
SYSTEM_PACKAGES := libode-dev libeigen3-dev pkg-config

.PHONY: help balance test build setup format bench protobuf

help:
	@echo 'make balance   set everything up and run the main job: the humanoid balances'
	@echo 'make test      set everything up and run all tests'
	@echo 'make build     build the poise program: $(POISE)'
	@echo 'make bench     figures of this machine beside their floors'
	@echo 'make format    format all Swift files'
	@echo 'make protobuf  write the Swift of onnx.proto anew'

balance: build
	$(POISE) train scenarios/humanoid-balance.yaml

test: setup
	$(SWIFT_TEST)

build: setup
	$(SWIFT_BUILD) --product poise

bench: build
	$(POISE) bench

format:
	swift format --in-place --configuration .swift-format -r Package.swift Sources Tests Benchmarks

# Writes the Swift of onnx.proto anew, with Debian's protobuf-compiler and the generator of the library that we link.
protobuf:
	swift build --package-path .build/checkouts/swift-protobuf --scratch-path .build/protobuf --product protoc-gen-swift
	cd Sources/PoiseExperiments/Export/ONNX && protoc --swift_out=. --swift_opt=UseAccessLevelOnImports=true \
	  --plugin=$(CURDIR)/.build/protobuf/debug/protoc-gen-swift onnx.proto

# Installs what is missing, as root or with sudo; touches nothing where all is there.
setup:
	@command -v swift >/dev/null 2>&1 || { \
	  echo 'Swift is missing. Install Swift 6.2 or newer (swift.org/install) and put its bin folder on PATH.' >&2; exit 1; }
	@if ! { command -v pkg-config >/dev/null 2>&1 && pkg-config --exists $(SYSTEM_LIBRARIES); }; then \
	  if ! command -v apt-get >/dev/null 2>&1; then \
	    echo 'apt-get is missing. Install the Open Dynamics Engine 0.16.2 or newer (double precision), Eigen 3.4 and' >&2; \
	    echo 'pkg-config with the package manager of this system; Debian calls them $(SYSTEM_PACKAGES).' >&2; exit 1; \
	  fi; \
	  if [ "$$(id -u)" = 0 ]; then SUDO=; \
	  elif command -v sudo >/dev/null 2>&1; then SUDO=sudo; \
	  else echo 'Not root and no sudo: ask an administrator to run: apt-get install $(SYSTEM_PACKAGES)' >&2; exit 1; fi; \
	  echo 'Installing $(SYSTEM_PACKAGES)'; \
	  $$SUDO apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$SUDO apt-get install -y -qq $(SYSTEM_PACKAGES); \
	fi
