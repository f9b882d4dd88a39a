#!/usr/bin/env bash
# JL-Corpus, five primary emotions: bash egs/jl_corpus/run.sh --corpus-root DIR
set -euo pipefail
exec bash "$(dirname "${BASH_SOURCE[0]}")/../../run.sh" --recipe jl_corpus "$@"
