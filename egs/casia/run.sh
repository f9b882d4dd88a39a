#!/usr/bin/env bash
# CASIA, six emotions: bash egs/casia/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe casia "$@"
