#!/usr/bin/env bash
# Polish, three emotions: bash egs/polish_gdansk/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe polish_gdansk "$@"
