#!/usr/bin/env bash
# Fetch a pre-trained speech encoder that sernet knows: bash utils/get_encoder.sh NAME [FOLDER]
# FOLDER defaults to $SERNET_ENCODERS, else ./encoders; the encoder goes to FOLDER/NAME.
set -euo pipefail
export SERNET_CALLER=$PWD SERNET_EXTRA=encoders
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=path.sh
. ./path.sh
exec python -m utils.get_encoder "$@"
