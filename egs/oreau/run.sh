#!/usr/bin/env bash
# Oréau, seven emotions: bash egs/oreau/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe oreau "$@"
