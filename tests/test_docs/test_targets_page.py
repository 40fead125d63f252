"""The configs of docs/targets.md build, and its tables name what is there."""

import re

import pytest
from mmengine.config import Config

from mmseg_uda.datasets.conversion import LAYOUTS
from tests.conftest import ROOT
from tests.test_configs import check_builds

PAGE = (ROOT / 'docs/targets.md').read_text()


@pytest.mark.parametrize('text', re.findall(r'```python\n(.*?)```', PAGE, re.DOTALL))
def test_examples_build(text, tmp_path):
    (tmp_path / 'own.py').write_text(text)
    (tmp_path / 'configs').symlink_to(ROOT / 'configs')
    config = Config.fromfile(tmp_path / 'own.py')
    check_builds(config)
    assert config.test_pipeline == config.test_dataloader.dataset.pipeline


def test_bases_and_converters_of_the_tables():
    rows = [line for line in PAGE.splitlines() if line.startswith('| ')]
    named = [name for row in rows for name in re.findall(r'`(\w+)`', row.split('|')[2])]
    assert len(named) == 12 and all((ROOT / f'configs/_base_/datasets/{name}.py').is_file() for name in named)
    assert set(re.findall(r'dataset_converters/(\w+)\.py data/', PAGE)) <= set(LAYOUTS)
