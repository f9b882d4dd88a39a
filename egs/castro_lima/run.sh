#!/usr/bin/env bash
# Castro and Lima, seven emotions: bash egs/castro_lima/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe castro_lima "$@"
