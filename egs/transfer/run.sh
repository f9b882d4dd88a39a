#!/usr/bin/env bash
# What other corpora teach a small one, networks and functionals: bash egs/transfer/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe transfer "$@"
