#!/usr/bin/env bash
# BAVED, three levels of emotion: bash egs/baved/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe baved "$@"
