import pytest
from mmengine.registry import DefaultScope


@pytest.fixture(autouse=True)
def mmseg_scope():
    """MMEngine looks up names in MMSeg's registries, as in a run."""
    with DefaultScope.overwrite_default_scope('mmseg'):
        yield
