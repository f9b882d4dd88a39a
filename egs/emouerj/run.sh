#!/usr/bin/env bash
# emoUERJ, four emotions: bash egs/emouerj/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe emouerj "$@"
