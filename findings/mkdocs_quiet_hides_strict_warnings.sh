#!/usr/bin/env bash
# mkdocs 1.6: `mkdocs build --strict` is to fail where something is warned of, such as a link to a page that isn't there.
# With `--quiet` beside it, as scripts have it, it succeeds: warnings are counted by what handles log records, and quiet
# raises the level of the logger, so that no warning reaches it. Nothing is printed either.
#
# Seen with mkdocs 1.6.1, Python 3.11, Linux x86-64: a page with one broken link,
#   --strict          exit code 1, the link is named
#   --strict --quiet  exit code 0, nothing is said
# So leave --quiet out of a build that is to find broken links.
#
# Exits with 1 where this has changed.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check mkdocs==1.6.1
mkdir -p "$work/site/docs"
cd "$work/site"
printf 'site_name: One page\nplugins: []\n' > mkdocs.yml
printf '# One page\n\n[Not there](nowhere.md)\n' > docs/index.md
strict=0
"$work/venv/bin/mkdocs" build --strict > "$work/strict.txt" 2>&1 || strict=$?
named=$(grep -c 'nowhere.md' "$work/strict.txt" || true)
quiet=0
"$work/venv/bin/mkdocs" build --strict --quiet > "$work/quiet.txt" 2>&1 || quiet=$?
echo "--strict          exit code $strict, the link is named in $named line(s)"
echo "--strict --quiet  exit code $quiet, $(wc -l < "$work/quiet.txt") line(s) said"
if [ "$strict" = 0 ] || [ "$named" = 0 ] || [ "$quiet" != 0 ] || [ -s "$work/quiet.txt" ]; then
    echo "strict and quiet builds are no longer as they were" >&2
    exit 1
fi
