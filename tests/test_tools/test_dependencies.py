"""The page of the audit, from what the tools it asks print; asking them needs a network."""

import importlib.util

import pytest

from tests.conftest import ROOT


@pytest.fixture(scope='module')
def tool():
    spec = importlib.util.spec_from_file_location('dependencies', ROOT / 'tools/analysis_tools/dependencies.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SAFE = dict(name='rich', version='15.0.0', vulns=[])
KNOWN = dict(name='pillow', version='9.1.0', vulns=[dict(id='PYSEC-1', fix_versions=['9.2.0', '10.0.1'])])
UNASKED = dict(name='torch', skip_reason='Dependency not found on PyPI and could not be audited')


def test_vulnerabilities_come_with_the_versions_that_fix_them(tool):
    said = tool.audit_section([SAFE, KNOWN])
    assert said == 'pip-audit could look up 2 of 2 packages.\n- pillow 9.1.0: PYSEC-1, fixed in 9.2.0, 10.0.1'
    assert tool.audit_section([SAFE]).endswith('No known vulnerability in those.')


@pytest.mark.parametrize('others', [[], [SAFE]])
def test_packages_that_nobody_could_look_up_are_not_called_safe(tool, others):
    said = tool.audit_section([UNASKED, *others])
    assert f'could look up {len(others)} of {len(others) + 1} packages; the others say nothing about safety' in said
    assert ('No known vulnerability' in said) == bool(others)


@pytest.mark.parametrize(
    ('given', 'name'),
    [
        ('MIT', 'MIT'),
        ('Copyright 2025 X.\n\n     Apache License\n    Version 2.0, January 2004\n', 'Apache License 2.0'),
        ('Own terms\n1. Be kind.', 'Own terms'),
    ],
)
def test_licences_have_names(tool, given, name):
    assert tool.license_name(given) == name
    row = tool.table([dict(Name='Pillow', Version='13.0.0', License=given)], dict(pillow='13.1.0')).splitlines()[-1]
    assert row == f'| Pillow | 13.0.0 | 13.1.0 | {name} |'
