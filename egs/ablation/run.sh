#!/usr/bin/env bash
# What does each part add? bash egs/ablation/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe ablation "$@"
