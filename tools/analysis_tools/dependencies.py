"""Audit the packages of this environment: known vulnerabilities, newer versions, licences.

    python tools/analysis_tools/dependencies.py --out docs/dependencies.md

pip-audit and pip-licenses are installed into an environment of their own, so that they do not list themselves.
Whether pip-audit reaches a service of vulnerabilities depends on the network; the page says how many packages it
could look up.
"""

import argparse
import datetime
import json
import re
import subprocess
import sys
import sysconfig
import tempfile
import venv
from pathlib import Path

from mmseg_uda.errors import UserError
from mmseg_uda.utils.command import run_tool


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--out', type=Path, required=True, help='the page, Markdown')
    return parser.parse_args()


def output(*command: str | Path, codes: tuple[int, ...] = (0,)) -> str:
    """What a command prints.

    Raises:
        UserError: It ended with another status than ``codes``; the message has its last lines.
    """
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode not in codes:
        raise UserError(f'{" ".join(map(str, command))} ended with {done.returncode}:\n{done.stderr[-1000:]}')
    return done.stdout


def audit_section(dependencies: list[dict]) -> str:
    """What pip-audit found.

    Args:
        dependencies: Of its JSON: name, version and ``vulns``, or name and ``skip_reason``.
    """
    asked = [package for package in dependencies if 'skip_reason' not in package]
    lines = [f'pip-audit could look up {len(asked)} of {len(dependencies)} packages']
    if len(asked) < len(dependencies):
        lines[0] += (
            '; the others say nothing about safety: run the command where the index has its vulnerability service'
        )
    lines[0] += '.'
    found = [(package, entry) for package in asked for entry in package['vulns']]
    for package, entry in found:
        fixed = ', '.join(entry['fix_versions']) or 'no version yet'
        lines.append(f'- {package["name"]} {package["version"]}: {entry["id"]}, fixed in {fixed}')
    if asked and not found:
        lines.append('No known vulnerability in those.')
    return '\n'.join(lines)


def license_name(text: str) -> str:
    """A licence's name, where packages give its name, its address or its whole text."""
    if '\n' not in text.strip():
        return text.strip()
    match = re.search(r'^\s*([\w ]*License)\s+Version ([\d.]+)', text, re.MULTILINE)
    return f'{match[1].strip()} {match[2]}' if match else text.strip().splitlines()[0]


def table(licenses: list[dict], newer: dict[str, str]) -> str:
    """A row a package: its version, the newest one if it is another, its licence."""
    rows = []
    for entry in sorted(licenses, key=lambda entry: entry['Name'].lower()):
        newest = newer.get(entry['Name'].lower(), '')
        rows.append(f'| {entry["Name"]} | {entry["Version"]} | {newest} | {license_name(entry["License"])} |')
    return '\n'.join(['| package | version | newest | licence |', '|---|---|---|---|', *rows])


def audit(args: argparse.Namespace) -> None:
    """Ask, and write the page."""
    from mmseg_uda.utils.files import written_aside

    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        programs = Path(folder) / 'bin'
        output(programs / 'pip', 'install', '--quiet', 'pip-audit', 'pip-licenses')
        packages = sysconfig.get_path('purelib')
        # 1: it found something
        found = output(programs / 'pip-audit', '--path', packages, '--format', 'json', codes=(0, 1))
        licenses = output(programs / 'pip-licenses', '--python', sys.executable, '--from', 'mixed', '--format', 'json')
    newer = output(sys.executable, '-m', 'pip', 'list', '--outdated', '--format', 'json')
    newest = {entry['name'].lower(): entry['latest_version'] for entry in json.loads(newer)}
    consistent = output(sys.executable, '-m', 'pip', 'check', codes=(0, 1)).strip()
    with written_aside(args.out) as aside:
        aside.write_text(
            '# Dependencies\n\n'
            f'Written by `python tools/analysis_tools/dependencies.py --out {args.out}` on {datetime.date.today()} of '
            f'everything in the environment, what the tests need included; Python {sys.version.split()[0]}.\n\n'
            f'## Known vulnerabilities\n\n{audit_section(json.loads(found)["dependencies"])}\n\n'
            f'## Versions and licences\n\n`pip check`: {consistent}\n\n'
            f'{table(json.loads(licenses), newest)}\n'
        )
    print(args.out)


if __name__ == '__main__':
    run_tool(parse_args, audit, stack=False)
