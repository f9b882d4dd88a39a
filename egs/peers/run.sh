#!/usr/bin/env bash
# Other people's systems on the same folds: bash egs/peers/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe peers "$@"
