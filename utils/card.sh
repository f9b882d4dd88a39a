#!/usr/bin/env bash
# Writes the card of a prepared corpus, what to look at before training: data/CORPUS/card.html and card.txt.
#   bash utils/card.sh CORPUS [--workdir DIR]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=path.sh
. ./path.sh
python -m utils.card "$@"
