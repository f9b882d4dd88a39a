#!/usr/bin/env bash
# EMOVO, seven emotions: bash egs/emovo/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe emovo "$@"
