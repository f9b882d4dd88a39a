#!/usr/bin/env bash
# BanglaSER, five emotions: bash egs/banglaser/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe banglaser "$@"
