#!/usr/bin/env bash
# CREMA-D, six emotions as intended: bash egs/crema_d/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe crema_d "$@"
