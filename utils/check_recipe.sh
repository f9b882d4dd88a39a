#!/usr/bin/env bash
# Holds one recipe to the contract that all of egs/ keep.
#   bash utils/check_recipe.sh NAME [--corpus-root DIR]
set -euo pipefail
export SERNET_CALLER=$PWD # relative paths are the caller's
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=path.sh
. ./path.sh
exec python -m utils.check_recipe "$@"
