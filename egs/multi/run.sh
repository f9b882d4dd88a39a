#!/usr/bin/env bash
# RAVDESS, EMO-DB, EMOVO and URDU, all against all: bash egs/multi/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe multi "$@"
