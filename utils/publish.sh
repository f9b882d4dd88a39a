#!/usr/bin/env bash
# Puts the results of exp/<recipe>[-<tag>] into the recipe's folder: RESULTS.md, results.json, predictions.
#   bash utils/publish.sh RECIPE [--workdir DIR] [--tag T] [--part PART]
# With --part into a folder of that name below it: what was measured later than the recipe's page, which stays as it is.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=path.sh
. ./path.sh
python -m utils.publish "$@"
