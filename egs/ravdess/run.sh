#!/usr/bin/env bash
# RAVDESS, eight emotions: bash egs/ravdess/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe ravdess "$@"
