"""Test-time augmentation: the mean of what a model predicts on several views of an image."""

from mmengine.config import Config

MIRRORED = [dict(type='RandomFlip', prob=prob, direction='horizontal') for prob in (0.0, 1.0)]


def enable_tta(cfg: Config) -> None:
    """Test with the config's ``tta_pipeline`` and ``tta_model``.

    Without a pipeline the views are each image and its mirror image, without a model it is MMSeg's.

    Args:
        cfg: Config of a test, changed in place.
    """
    if cfg.get('test_dataloader') is None:
        return  # refused with the other checks of a test
    if cfg.get('tta_pipeline') is None:
        print('The config has no tta_pipeline: each image is tested as it is and mirrored')
    dataset = cfg.test_dataloader.dataset
    for part in dataset.get('datasets', [dataset]):
        part.pipeline = cfg.get('tta_pipeline') or mirrored(part.pipeline)
    cfg.model = dict(cfg.get('tta_model') or dict(type='SegTTAModel'), module=cfg.model)


def mirrored(pipeline: list[dict]) -> list[dict]:
    """A test pipeline that gives each image and its mirror image."""
    *steps, pack = pipeline
    return [*steps, dict(type='TestTimeAug', transforms=[MIRRORED, [pack]])]
