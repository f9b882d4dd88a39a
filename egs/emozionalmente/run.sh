#!/usr/bin/env bash
# Emozionalmente, seven emotions: bash egs/emozionalmente/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe emozionalmente "$@"
