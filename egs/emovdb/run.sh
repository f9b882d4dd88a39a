#!/usr/bin/env bash
# EmoV-DB, three emotions that all four speakers have: bash egs/emovdb/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe emovdb "$@"
