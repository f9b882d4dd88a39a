#!/usr/bin/env bash
# Networks and functionals together: bash egs/fusion/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe fusion "$@"
