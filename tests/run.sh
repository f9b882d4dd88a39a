#!/usr/bin/env bash
# All checks: shellcheck, ruff, mypy, then pytest. Arguments go to pytest: with -m "not slow" it takes about two minutes.
# Tests on real corpora run where SERNET_CORPORA names the folder that holds them, tests on pre-trained encoders where
# SERNET_ENCODERS does. Some damaged inputs of each kind are tried; python -m tests.fuzz tries 14,000.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export SERNET_EXTRA=encoders # their tests run on tiny random models, nothing is fetched
# shellcheck source=path.sh
. ./path.sh

mapfile -t scripts < <(git ls-files --cached --others --exclude-standard -- '*.sh' .ci/run)
shellcheck -x "${scripts[@]}"
ruff check .
ruff format --check .
mypy
# A file at a time a worker: the end-to-end tests of a file share what they have trained.
exec pytest -n 2 --dist loadfile "$@"
