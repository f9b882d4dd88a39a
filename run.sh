#!/usr/bin/env bash
# The stage driver, shared by every recipe: bash run.sh --help
set -euo pipefail
export SERNET_CALLER=$PWD # relative paths in options are the caller's
cd "$(dirname "${BASH_SOURCE[0]}")"

request=$(mktemp)
trap 'rm -f "$request"' EXIT
# The system's Python parses the options, before any environment exists.
PYTHONDONTWRITEBYTECODE=1 "${SERNET_PYTHON:-python3}" -m sernet.pipeline.options "$request" "$@"
[ -s "$request" ] || exit 0 # --help has been answered

recipe=$("${SERNET_PYTHON:-python3}" -c 'import json, sys; print(json.load(open(sys.argv[1]))["recipe"])' "$request")
if grep -qs 'kind: encoder' "egs/$recipe/conf/recipe.yaml"; then export SERNET_EXTRA=encoders; fi
# shellcheck source=path.sh
. ./path.sh
# shellcheck source=cmd.sh
. ./cmd.sh "$(python -c 'import json, sys; print(json.load(open(sys.argv[1]))["cmd"])' "$request")"
exec python -m local.driver "$request" # which removes the request
