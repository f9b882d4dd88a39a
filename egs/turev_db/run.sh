#!/usr/bin/env bash
# TurEV-DB, four emotions: bash egs/turev_db/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe turev_db "$@"
