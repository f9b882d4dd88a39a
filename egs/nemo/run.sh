#!/usr/bin/env bash
# nEMO, six emotions: bash egs/nemo/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe nemo "$@"
