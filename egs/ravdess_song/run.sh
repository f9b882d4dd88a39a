#!/usr/bin/env bash
# RAVDESS song, six emotions: bash egs/ravdess_song/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe ravdess_song "$@"
