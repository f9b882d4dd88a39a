#!/usr/bin/env bash
# Twice the resolution in time, and weighed functionals: bash egs/fine/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe fine "$@"
