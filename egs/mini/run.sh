#!/usr/bin/env bash
# Synthetic speech in three languages, made on the spot: bash egs/mini/run.sh
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe mini "$@"
