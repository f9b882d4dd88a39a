#!/usr/bin/env bash
# MSP-IMPROV, four emotions: bash egs/msp_improv/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe msp_improv "$@"
