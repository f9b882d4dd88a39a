#!/usr/bin/env bash
# ASED, five emotions: bash egs/ased/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe ased "$@"
