#!/usr/bin/env bash
# k2 in an environment of its own, from the package index alone: .venv-k2, 3.6 GB, under a minute on a fast network.
#   bash utils/setup_k2.sh           makes it, runs the tests of k2 in it, and one recipe's timeline through it
#   bash utils/setup_k2.sh --only    makes it only
# The newest wheel of k2 there needs torch 1.13.1 and a Python 3.10 or 3.11 with a shared libpython; so it stands apart, and
# sernet decodes in it as a job. SERNET_K2_PYTHON names that interpreter, or, once made, that of another environment.
# For k2 beside a current torch, without this script: pip install k2utils && k2utils install k2
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

only=no
case ${1:-} in
  '') ;;
  --only) only=yes ;;
  *)
    echo "utils/setup_k2.sh: unknown option $1; allowed: --only" >&2
    exit 2
    ;;
esac

shared_library() { # whether the interpreter is of the right version and can load extensions that link libpython
  "$1" -c 'import sys, sysconfig
sys.exit(not ((3, 10) <= sys.version_info[:2] <= (3, 11) and sysconfig.get_config_var("Py_ENABLE_SHARED")))' 2>/dev/null
}

env=.venv-k2
wanted='k2 1.23.4 torch 1.13.1 lhotse 1.33.0 3'
if [ "$(cat "$env/.complete" 2>/dev/null)" != "$wanted" ]; then
  base=
  for candidate in ${SERNET_K2_BASE:-python3.11 python3.10 python3 /usr/bin/python3.11 /usr/bin/python3.10 /usr/bin/python3}; do
    if shared_library "$candidate"; then
      base=$candidate
      break
    fi
  done
  if [ -z "$base" ]; then
    echo "utils/setup_k2.sh: no Python 3.10 or 3.11 with a shared libpython is here; Debian's python3.11 has one, pyenv's needs" >&2
    echo "  PYTHON_CONFIGURE_OPTS=--enable-shared. Name one by SERNET_K2_BASE. Without k2, the decoder torch gives the same." >&2
    exit 1
  fi
  if [ -e "$env" ] && [ ! -e "$env/pyvenv.cfg" ]; then
    echo "utils/setup_k2.sh: $env is there and no environment; remove it" >&2
    exit 1
  fi
  echo "making $env with $("$base" --version) ($base): 3.6 GB" >&2
  "$base" -m venv --clear "$env"
  echo '*' >"$env/.gitignore"
  pip=("$env/bin/python" -m pip --disable-pip-version-check install --quiet)
  "${pip[@]}" torch==1.13.1 'numpy<2' graphviz lhotse==1.33.0 kaldiio soundfile pyyaml urllib3 scipy pydantic \
    safetensors tqdm pytest
  # In a call of its own: a hash turns on hash mode for the whole file. pip would take the wheel of Python 3.9 anywhere.
  lock=$env/k2.txt
  cat >"$lock" <<'PINS'
k2==1.23.4 ; python_version == "3.10" --hash=sha256:1404589732fdb7f6f5bf62297a20dd73318b7b4f2e10dd52dc3d5b6669688a4c
k2==1.23.4 ; python_version == "3.11" --hash=sha256:5b5f709b12b9cd092b583984d0b7d940c9f898101259c998d68d1f4adefa48d4
PINS
  "${pip[@]}" --no-deps -r "$lock"
  "$env/bin/python" -c 'import k2'
  printf '%s\n' "$wanted" >"$env/.complete"
fi
echo "k2: $PWD/$env/bin/python" >&2
[ "$only" = no ] || exit 0

echo "tests of k2, in $env" >&2
SERNET_K2_REQUIRED=1 OMP_NUM_THREADS=1 PYTHONPATH=$PWD "$env/bin/python" -m pytest \
  tests/timeline/test_k2_backend.py tests/timeline/test_torch_backend.py tests/timeline/test_objective.py
echo "the timeline of the recipe mini, decoded by k2" >&2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
run='{corpora: [mini_en], classes: [anger, happiness, neutral, sadness, fear], folds: [0], systems: [am],
  protocol: {kind: speaker-groups, groups: 4}}'
timeline='{runs: [single], hop_seconds: 0.25, decoder: k2, sequence: {through: k2, epochs: 1}}'
SERNET_K2_PYTHON=$PWD/$env/bin/python bash run.sh --recipe mini --workdir "$work" --set "runs={single: $run}" \
  --set train.epochs=1 --set "timeline=$timeline"
