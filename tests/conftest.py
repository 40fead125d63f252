"""Set-up that every test shares."""

import pytest
from mmengine.registry import init_default_scope


@pytest.fixture(autouse=True)
def mmseg_scope():
    """Names in configs are looked up in MMSeg's registries, as ``default_scope`` of every config says."""
    init_default_scope('mmseg')
