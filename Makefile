# The two commands of the README, and what they stand on. `make help` lists all.

SWIFT_BUILD := swift build -c release
# Tests run optimised, as users run it; a folder of their own, since `-enable-testing` is another build.
SWIFT_TEST := swift test -c release -Xswiftc -enable-testing --scratch-path .build/testing
POISE := .build/release/poise
SYSTEM_LIBRARIES := ode eigen3
SYSTEM_PACKAGES := libode-dev libeigen3-dev libjs-three pkg-config
# three.js, the 3-D library of the viewer's page; POISE_THREE_JS names another copy of it.
THREE_JS := $(or $(POISE_THREE_JS),/usr/share/javascript/three/three.min.js)

.PHONY: help balance test test-peers example install uninstall architecture test-browser torture build docs setup format bench bench-peers screenshots protobuf

help:
	@echo 'make balance   set everything up and run the main job: the humanoid balances'
	@echo 'make test      set everything up and run all tests'
	@echo 'make test-peers  fetch what some tests compare with: Python packages, public robot files; those tests are skipped otherwise'
	@echo 'make architecture  arrows between rooms point down, no circle of files inside one, every public declaration documented; part of make test'
	@echo 'make test-browser  the viewer in headless Chromium'
	@echo 'make torture   the long tests, hours: kills, failing disks, damage, rubbish, wrong lines; each script of Tests/Torture alone tells its options with --help'
	@echo 'make build     build the poise program: $(POISE)'
	@echo 'make install   build and install program, robots, scenarios, completions and manual: PREFIX=FOLDER, by default ~/.local'
	@echo 'make uninstall  remove what make install has installed'
	@echo 'make example   build the example package of Tests/ExamplePackage and try it; part of make test'
	@echo 'make bench     figures of this machine beside their floors'
	@echo 'make bench-peers  Poise beside other suites: Python environments in $$POISE_PEERS or /tmp/poise-peers; PEERS="--rows … --rounds …"'
	@echo 'make screenshots  the pictures of the README, from a run, with headless Chromium: RUN=FOLDER'
	@echo 'make docs      the documentation of all rooms, as a web site: $(DOCUMENTATION)'
	@echo 'make format    format all Swift files'
	@echo 'make protobuf  write the Swift of onnx.proto anew'

balance: build
	$(POISE) train scenarios/humanoid-balance.yaml

test: setup architecture
	$(SWIFT_TEST)
	$(MAKE) example

# Into .build/python and .build/public-models; needs Python 3 and PyPI.
test-peers:
	@Tests/fetch-peers.sh

# A package of somebody else on top of Poise. Built with the flags and in the folder of the tests, so that it finds the rooms compiled.
EXAMPLE := Tests/ExamplePackage
EXAMPLE_BUILD := swift build -c release -Xswiftc -enable-testing --scratch-path .build/testing --package-path $(EXAMPLE)
example: setup
	@if [ -f Package.resolved ]; then cp Package.resolved $(EXAMPLE)/; fi  # the same versions, or they would be compiled again
	$(EXAMPLE_BUILD)
	$(EXAMPLE)/check .build/testing/release

# Reads imports and type names, in seconds; the table of rooms stands in Sources/README.md.
architecture:
	@if command -v python3 >/dev/null 2>&1; then \
	  python3 Tests/Architecture/tests.py && python3 Tests/Architecture/rooms.py; \
	else echo 'skipped: the check of the architecture needs Python 3' >&2; fi

# The viewer's pages, live and from disk, in headless Chromium (Debian: chromium).
test-browser: setup
	POISE_BROWSER_TESTS=1 $(SWIFT_TEST) --filter BrowserTests

# All of Tests/Torture, one after the other, to the end even where one fails.
torture: build
	@failed=; for script in Tests/Torture/*.py; do \
	  echo "== $$script"; python3 "$$script" || failed="$$failed $$script"; \
	done; [ -z "$$failed" ] || { echo "failed:$$failed" >&2; exit 1; }

build: setup
	$(SWIFT_BUILD) --product poise

# Where `make install` puts things, as other programs do. DESTDIR is for packagers.
PREFIX ?= $(HOME)/.local
SHARE := $(DESTDIR)$(PREFIX)/share
install: build
	install -d '$(DESTDIR)$(PREFIX)/bin' '$(SHARE)/poise' '$(SHARE)/man/man1' '$(SHARE)/bash-completion/completions' \
	  '$(SHARE)/zsh/site-functions' '$(SHARE)/fish/vendor_completions.d'
	install -m 755 $(POISE) '$(DESTDIR)$(PREFIX)/bin/poise'
	rm -rf '$(SHARE)/poise/models' '$(SHARE)/poise/scenarios'
	cp -R models scenarios NOTICE '$(SHARE)/poise'
	$(POISE) manual > '$(SHARE)/man/man1/poise.1'
	$(POISE) --generate-completion-script bash > '$(SHARE)/bash-completion/completions/poise'
	$(POISE) --generate-completion-script zsh > '$(SHARE)/zsh/site-functions/_poise'
	$(POISE) --generate-completion-script fish > '$(SHARE)/fish/vendor_completions.d/poise.fish'
	@case ":$$PATH:" in *":$(PREFIX)/bin:"*) ;; *) \
	  echo 'To call it by its name, put this line into ~/.profile: PATH="$(PREFIX)/bin:$$PATH"';; esac

uninstall:
	rm -rf '$(SHARE)/poise'
	rm -f '$(DESTDIR)$(PREFIX)/bin/poise' '$(SHARE)/man/man1/poise.1' '$(SHARE)/bash-completion/completions/poise' \
	  '$(SHARE)/zsh/site-functions/_poise' '$(SHARE)/fish/vendor_completions.d/poise.fish'

bench: build
	$(POISE) bench

# Options of Benchmarks/peers/bench.py, such as --list, --dry-run, --rows pendulum-steps,ppo-rate, --rounds 1.
PEERS ?=
bench-peers: build
	python3 Benchmarks/peers/bench.py $(PEERS)

# The public declarations of all rooms as one web site, by DocC. Its plugin is fetched for this alone (POISE_DOCS, see Package.swift), and
# everything is built in a folder of its own: some ten minutes of processor time at first.
DOCUMENTATION := .build/documentation/site
docs: setup
	POISE_DOCS=1 swift package --scratch-path .build/documentation --allow-writing-to-directory $(DOCUMENTATION) \
	  generate-documentation $(patsubst Sources/%,--target %,$(sort $(filter-out Sources/Poise Sources/PoiseProgram,$(wildcard Sources/Poise*)))) \
	  --enable-experimental-combined-documentation --output-path $(DOCUMENTATION)
	@echo 'To read it: python3 -m http.server --directory $(DOCUMENTATION) 8000, then open http://localhost:8000/documentation'

# The pictures of the viewer, of a trained run; needs Chromium (Debian: chromium).
RUN ?= models/trained/humanoid-balance
PICTURES := Sources/PoiseViewer/PoiseViewer.docc/Resources
screenshots: build
	@command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 \
	  || command -v google-chrome >/dev/null 2>&1 || { echo 'Chromium is missing. On Debian: apt-get install chromium' >&2; exit 1; }
	python3 Tests/PoiseViewerTests/Browser/screenshots.py $(POISE) $(RUN) $(PICTURES)

format:
	swift format --in-place --configuration .swift-format -r Package.swift Sources Tests Benchmarks

# Writes the Swift of onnx.proto anew, with Debian's protobuf-compiler and the generator of the library that we link.
protobuf:
	swift build --package-path .build/checkouts/swift-protobuf --scratch-path .build/protobuf --product protoc-gen-swift
	cd Sources/PoiseONNX && protoc --swift_out=. --swift_opt=UseAccessLevelOnImports=true \
	  --plugin=$(CURDIR)/.build/protobuf/debug/protoc-gen-swift onnx.proto

# Installs what is missing, as root or with sudo; touches nothing where all is there.
setup:
	@command -v swift >/dev/null 2>&1 || { \
	  echo 'Swift is missing. Install Swift 6.2 or newer (swift.org/install) and put its bin folder on PATH.' >&2; exit 1; }
	@if ! { command -v pkg-config >/dev/null 2>&1 && pkg-config --exists $(SYSTEM_LIBRARIES) && [ -f '$(THREE_JS)' ]; }; then \
	  if ! command -v apt-get >/dev/null 2>&1; then \
	    echo 'apt-get is missing. Install the Open Dynamics Engine 0.16.2 or newer (double precision), Eigen 3.4,' >&2; \
	    echo 'pkg-config and three.js (r111 to r130) with the package manager of this system; Debian calls them' >&2; \
	    echo '$(SYSTEM_PACKAGES). POISE_THREE_JS may name a three.min.js elsewhere.' >&2; exit 1; \
	  fi; \
	  if [ "$$(id -u)" = 0 ]; then SUDO=; \
	  elif command -v sudo >/dev/null 2>&1; then SUDO=sudo; \
	  else echo 'Not root and no sudo: ask an administrator to run: apt-get install $(SYSTEM_PACKAGES)' >&2; exit 1; fi; \
	  echo 'Installing $(SYSTEM_PACKAGES)'; \
	  $$SUDO apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$SUDO apt-get install -y -qq $(SYSTEM_PACKAGES); \
	fi
