#!/usr/bin/env bash
# Pre-trained speech encoders as front ends: bash egs/encoders/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe encoders "$@"
