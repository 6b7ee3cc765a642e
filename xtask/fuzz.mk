# Runs fuzz targets: `make TARGET SECONDS=3600` in a folder whose Makefile names its TARGETS. Works with the stable
# compiler: the code is safe Rust, so coverage is enough and no sanitizer is needed. What crashes is left under artifacts/.
SECONDS ?= 60
# Longest input, bytes.
LENGTH ?= 8192
TRIPLE := $(shell rustc -vV | sed -n 's/^host: //p')
CARGO_TARGET_DIR ?= target
DICT ?= $(wildcard words.dict)
export RUSTFLAGS := --cfg fuzzing -Cpasses=sancov-module -Ccodegen-units=1 \
	-Cllvm-args=-sanitizer-coverage-level=4 \
	-Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
	-Cllvm-args=-sanitizer-coverage-pc-table \
	-Cllvm-args=-sanitizer-coverage-trace-compares

.PHONY: all build $(TARGETS)
all: $(TARGETS)

# With --target, build scripts and macros stay without instrumentation.
build:
	cargo build --release --target $(TRIPLE)

# New inputs go into a folder of their own; the committed corpus stays as it is.
$(TARGETS): build
	mkdir -p artifacts/$@ found/$@ corpus/$@
	$(CARGO_TARGET_DIR)/$(TRIPLE)/release/$@ found/$@ corpus/$@ $(EXTRA) $(addprefix -dict=,$(DICT)) \
		-max_total_time=$(SECONDS) -max_len=$(LENGTH) -timeout=10 -rss_limit_mb=1024 \
		-artifact_prefix=artifacts/$@/ -print_final_stats=1
