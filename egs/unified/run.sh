#!/usr/bin/env bash
# One model for three corpora, against each corpus's own: bash egs/unified/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe unified "$@"
