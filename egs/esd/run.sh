#!/usr/bin/env bash
# ESD, five emotions: bash egs/esd/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe esd "$@"
