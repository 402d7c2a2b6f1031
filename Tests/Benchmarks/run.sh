#!/bin/sh
# Builds what the suite needs and runs it: sh run.sh [--only coreset,search] [--output FOLDER] [--all] [--quick]
#
# Real images and weights are taken from PATCHCORE_TEST_DATA; without it the suite draws images of its own. PYTHON says
# which Python has the peers; by default the one that setup.sh made.
set -eu
cd "$(dirname "$0")"
swift build -c release --package-path ../.. --product patchcore
swift build -c release
exec "${PYTHON:-.venv/bin/python}" run.py "$@"
