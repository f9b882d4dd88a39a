#!/usr/bin/env bash
# Takes into a recipe's experiment the trainings that were finished in another one, in this work folder or elsewhere:
# those made from the same settings, data and code, whatever they are called there. Then run stages score to report.
#   bash utils/merge.sh --from EXP [--run THEIRS=OURS]... [--dry-run] [--recipe ... and what else you give run.sh]
set -euo pipefail
export SERNET_CALLER=$PWD # relative paths in options are the caller's
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=path.sh
. ./path.sh
exec python -m utils.merge "$@"
