#!/usr/bin/env bash
# CaFE, seven emotions: bash egs/cafe/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe cafe "$@"
