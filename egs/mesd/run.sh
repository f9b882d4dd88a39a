#!/usr/bin/env bash
# MESD, six emotions: bash egs/mesd/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe mesd "$@"
