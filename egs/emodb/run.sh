#!/usr/bin/env bash
# EMO-DB, four emotions: bash egs/emodb/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe emodb "$@"
