#!/usr/bin/env bash
# SUBESCO, seven emotions: bash egs/subesco/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe subesco "$@"
