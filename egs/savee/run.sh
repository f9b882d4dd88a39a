#!/usr/bin/env bash
# SAVEE, seven emotions: bash egs/savee/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe savee "$@"
