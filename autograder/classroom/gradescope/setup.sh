#!/usr/bin/env bash
# Gradescope runs this once, as root, while it builds the image that all submissions are then graded in.
set -euo pipefail

source_folder="${UNROLL_GRADESCOPE_BASE:-/autograder}/source"
environment="${UNROLL_GRADESCOPE_ENVIRONMENT:-/opt/unroll}"  # not below /root: student code runs as another user
export DEBIAN_FRONTEND=noninteractive
umask 022

apt-get update --quiet
apt-get install --yes --no-install-recommends bubblewrap libseccomp2
if python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    python=python3
    apt-get install --yes --no-install-recommends python3-venv
else  # Ubuntu 22.04 has 3.11 beside its own 3.10, which must stay what Gradescope's harness finds
    python=python3.11
    apt-get install --yes --no-install-recommends python3.11 python3.11-venv
fi
"$python" -m venv "$environment"
"$environment/bin/python" -m pip install --quiet --disable-pip-version-check -r "$source_folder/requirements.txt"

cd "$source_folder"
chmod -R a+rX unroll
chmod 600 .unroll_secret
"$environment/bin/python" -m unroll.data build --size tiny  # here, not again for every submission
"$environment/bin/python" -c 'from autograder.jail import doctor; print(doctor.report())'
