#!/usr/bin/env bash
# Emotion over time, measured on recordings made of RAVDESS and EMOVO: bash egs/timeline/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe timeline "$@"
