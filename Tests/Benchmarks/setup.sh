#!/bin/sh
# Makes the virtual environment .venv with the peers that the benchmarks compare with; those that are compared have
# fixed versions.
#
#     sh setup.sh [PYTHON]
set -eu
cd "$(dirname "$0")"
"${1:-python3}" -m venv .venv
pip() { .venv/bin/python -m pip install --disable-pip-version-check --quiet "$@"; }
# The CPU build of PyTorch where the package index has it; the other is larger and computes the same.
pip "torch==2.13.0+cpu" || pip "torch==2.13.0"
pip "anomalib[openvino]==2.7.*" "openvino==2026.4.*" "torchvision" "onnxruntime==1.31.*" "faiss-cpu==1.15.*" \
  "Pillow" "opencv-python-headless" "scikit-learn" "scipy" "safetensors" "matplotlib"
.venv/bin/python -m pip list --disable-pip-version-check
