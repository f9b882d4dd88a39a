#!/usr/bin/env bash
# eNTERFACE'05, six emotions: bash egs/enterface05/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe enterface05 "$@"
