#!/usr/bin/env bash
# Does the model know when it does not know? bash egs/reliability/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe reliability "$@"
