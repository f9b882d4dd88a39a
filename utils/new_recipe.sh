#!/usr/bin/env bash
# Looks at a folder of audio, shows how its names would be read, and writes egs/NAME; never over one that is there.
#   bash utils/new_recipe.sh NAME FOLDER [--help]
set -euo pipefail
export SERNET_CALLER=$PWD # relative paths are the caller's
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=path.sh
. ./path.sh
exec python -m utils.new_recipe "$@"
