#!/usr/bin/env bash
# Writes the card of a prepared corpus, what to look at before training: data/CORPUS/card.html and card.txt.
# Stage 1 does it too. Of a large corpus a sample is listened to; here a larger one can be asked for.
#   bash utils/card.sh CORPUS [--listen-to N] [--workdir DIR]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=path.sh
. ./path.sh
python -m utils.card "$@"
