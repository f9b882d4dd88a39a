#!/usr/bin/env bash
# MSP-Podcast, eight emotions, official partitions: bash egs/msp_podcast/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe msp_podcast "$@"
