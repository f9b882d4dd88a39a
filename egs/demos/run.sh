#!/usr/bin/env bash
# DEMoS, eight emotions: bash egs/demos/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe demos "$@"
