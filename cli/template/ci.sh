#!/bin/sh
# What a build server runs: the exit status is 0 only if everything is well.
set -e
cd "$(dirname "$0")"
bp fmt --check
bp check --deny warnings
bp test
