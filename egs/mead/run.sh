#!/usr/bin/env bash
# MEAD, eight emotions: bash egs/mead/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe mead "$@"
