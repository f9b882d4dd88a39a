#!/usr/bin/env bash
# CREMA-D, six emotions as heard: bash egs/crema_d_voted/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe crema_d_voted "$@"
