#!/usr/bin/env bash
# Installs the Debian packages that a make target needs, or says which ones to install.
# Usage: deploy/system-packages.sh demo|test
set -euo pipefail

demo=(python3-venv)
peers=(dcmtk dicom3tools openjph-tools orthanc orthanc-dicomweb pixelmed-apps default-jre-headless
       postgresql chromium chromium-driver shellcheck
       docker-compose lua5.4 nginx-light nodejs systemd)

case "${1:-}" in
  demo) wanted=("${demo[@]}") ;;
  test) wanted=("${demo[@]}" "${peers[@]}") ;;
  *) echo "usage: $0 demo|test" >&2; exit 2 ;;
esac

if [ "$1" = demo ] && python3 -c 'import ensurepip' 2>/dev/null; then
  exit 0  # any Python that can make virtual environments will do
fi
if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "This is not Debian: provide what these Debian packages hold, then run make again: ${wanted[*]}" >&2
  exit 1
fi
missing=()
for package in "${wanted[@]}"; do
  dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed \
    || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0
if [ "$(id -u)" -ne 0 ]; then
  echo "Debian packages are missing. Install them, then run make again:" >&2
  echo "  sudo apt-get update && sudo apt-get install --no-install-recommends ${missing[*]}" >&2
  exit 1
fi
echo "installing Debian packages: ${missing[*]}"
# Packages start their services on installation; the tests start their own on free ports.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' > "$policy"
  chmod +x "$policy"
  trap 'rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q >/dev/null
apt-get install -y -q --no-install-recommends "${missing[@]}" >/dev/null
