#!/usr/bin/env bash
# MELD, seven emotions, the six main speakers: bash egs/meld/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe meld "$@"
