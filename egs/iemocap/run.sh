#!/usr/bin/env bash
# IEMOCAP, four emotions, both definitions: bash egs/iemocap/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe iemocap "$@"
