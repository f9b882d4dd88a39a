#!/usr/bin/env bash
# The environment: made on first use and when the requirements change, then only sourced.
#   SERNET_PYTHON   the interpreter to make it with (default: python3; 3.10 to 3.13)
#   SERNET_ENV      where it lies (default: .venv); "current" uses the environment that is active
# Sourced by run.sh and tests/run.sh, which have set -euo pipefail.

SERNET_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export SERNET_ROOT LC_ALL=C.UTF-8 PYTHONUNBUFFERED=1 PYTHONPATH="$SERNET_ROOT${PYTHONPATH:+:$PYTHONPATH}"
# One thread a process: jobs run side by side, and a training's result hangs on the number of threads.
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1} MKL_NUM_THREADS=${MKL_NUM_THREADS:-1} OPENBLAS_NUM_THREADS=1

sernet_environment() {
  local base=${SERNET_PYTHON:-python3} env=${SERNET_ENV:-$SERNET_ROOT/.venv} wanted mark
  [ -z "${SERNET_LOCK:-}" ] || exec {SERNET_LOCK}<&- # of an earlier time, in a shell that a person works in
  if [ "$env" = current ]; then
    python -c 'import sys; from sernet.pipeline.libraries import lacking; sys.exit(", ".join(lacking()) or 0)' || {
      echo "path.sh: SERNET_ENV=current, but the active environment lacks what is named above; see requirements.txt" >&2
      return 1
    }
    return 0
  fi
  wanted=$(cat "$SERNET_ROOT"/requirements{,-dev}.txt; "$base" -c 'import sys; print(sys.version_info[:2])') || {
    echo "path.sh: cannot run $base; set SERNET_PYTHON to a Python of 3.10 to 3.13" >&2
    return 1
  }
  mark=$env/.requirements # says that the environment is ours and what it was made from; all who use it lock it
  if [ "$wanted" != "$(cat "$mark" 2>/dev/null)" ]; then
    "$base" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' || {
      echo "path.sh: $base is $("$base" --version); set SERNET_PYTHON to a Python of 3.10 to 3.13" >&2
      return 1
    }
    # A folder is emptied only where it is ours, which the mark tells from the first moment on.
    if [ -d "$env" ] && [ ! -e "$mark" ] && [ -n "$(ls -A "$env")" ]; then
      echo "path.sh: $env is there and not sernet's; remove it, or name another place by SERNET_ENV" >&2
      return 1
    fi
    mkdir -p "$env"
    exec {SERNET_LOCK}<>"$mark"
    PYTHONDONTWRITEBYTECODE=1 "$base" -m sernet.pipeline.environment alone "$SERNET_LOCK" "$env" || return 1
    echo "path.sh: making the environment in $env (once; half a minute or more, 1.3 GB without CUDA)" >&2
    if ! { : >"$mark" && find "$env/" -mindepth 1 -maxdepth 1 ! -name .requirements -exec rm -rf {} + &&
      "$base" -m venv "$env" &&
      "$env/bin/python" -m pip install --quiet --disable-pip-version-check -r "$SERNET_ROOT/requirements.txt" -r "$SERNET_ROOT/requirements-dev.txt" &&
      "$env/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e "$SERNET_ROOT"; } >&2; then
      echo "path.sh: could not make the environment (see above); correct that and run again, nothing else is lost" >&2
      return 1
    fi
    printf '%s\n' "$wanted" >"$mark"
  else
    exec {SERNET_LOCK}<"$mark"
  fi
  # Only a recipe with pre-trained encoders needs them (run.sh sets SERNET_EXTRA); their mark says which are there.
  local extra=$SERNET_ROOT/requirements-${SERNET_EXTRA:-}.txt
  if [ -n "${SERNET_EXTRA:-}" ] && ! cmp -s "$extra" "$env/.${SERNET_EXTRA}"; then
    echo "path.sh: installing $extra" >&2
    "$env/bin/python" -m pip install --quiet --disable-pip-version-check -r "$extra" >&2 || {
      echo "path.sh: could not install $extra (see above)" >&2
      return 1
    }
    cp "$extra" "$env/.${SERNET_EXTRA}"
  fi
  # Held from here on to the end of this script and of what it becomes; a shell that a person works in lets go of it.
  PYTHONDONTWRITEBYTECODE=1 "$base" -m sernet.pipeline.environment shared "$SERNET_LOCK" "$env"
  case $- in *i*) exec {SERNET_LOCK}<&- ;; esac
  export PATH="$env/bin:$PATH" VIRTUAL_ENV="$env"
}
sernet_environment
