#!/usr/bin/env bash
# Writes a prepared corpus for others: as a Kaldi directory, a Lhotse CutSet, CSV, audformat, metadata.csv.
#   bash utils/export_corpus.sh NAME KIND OUT [--help]
set -euo pipefail
export SERNET_CALLER=$PWD # relative paths are the caller's
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=path.sh
. ./path.sh
exec python -m utils.export_corpus "$@"
