#!/usr/bin/env bash
# ShEMO, five emotions: bash egs/shemo/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe shemo "$@"
