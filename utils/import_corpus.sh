#!/usr/bin/env bash
# Makes egs/NAME of a corpus that is described elsewhere: Kaldi, Lhotse, CSV, audformat, metadata.csv.
#   bash utils/import_corpus.sh NAME SOURCE [--help]
set -euo pipefail
export SERNET_CALLER=$PWD # relative paths are the caller's
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=path.sh
. ./path.sh
exec python -m utils.import_corpus "$@"
