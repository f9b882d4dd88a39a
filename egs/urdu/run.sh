#!/usr/bin/env bash
# URDU, four emotions: bash egs/urdu/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe urdu "$@"
