#!/usr/bin/env bash
# TESS, seven emotions: bash egs/tess/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe tess "$@"
