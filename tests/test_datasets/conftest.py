import pytest
from mmengine.logging import MMLogger
from mmengine.registry import DefaultScope


@pytest.fixture(autouse=True)
def mmseg_scope():
    """MMEngine looks up names in MMSeg's registries, as in a run."""
    with DefaultScope.overwrite_default_scope('mmseg'):
        yield


@pytest.fixture
def log(caplog):
    """What is logged, as ``log.text``; MMEngine's logger does not hand it on."""
    logger = MMLogger.get_current_instance()
    logger.addHandler(caplog.handler)
    yield caplog
    logger.removeHandler(caplog.handler)
