#!/usr/bin/env bash
# AESDD, five emotions: bash egs/aesdd/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe aesdd "$@"
