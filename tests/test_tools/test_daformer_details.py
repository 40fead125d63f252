"""tools/benchmarks/daformer_details.py: every row makes the step it says, and the page says what was measured."""

import sys

import pytest
import torch
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmseg.registry import MODELS

from mmseg_uda.engine.checks import check_adaptations
from tests.conftest import ROOT
from tests.test_engine.nets import domain_batch


@pytest.fixture(scope='module')
def benchmark():
    sys.path.insert(0, str(ROOT / 'tools/benchmarks'))
    try:
        import daformer_details

        yield daformer_details
    finally:
        sys.path.remove(str(ROOT / 'tools/benchmarks'))


def config(benchmark, name: str, folder) -> Config:
    cfg = Config.fromfile(benchmark.write_config(name, folder))
    check_adaptations(cfg)
    return cfg


def steps(cfg: Config, number: int = 2) -> tuple[dict, torch.nn.Module]:
    """Losses of the last of a few training steps, the weights that follow, and the model."""
    torch.manual_seed(0)
    model = MODELS.build(cfg.model)
    wrapper = build_optim_wrapper(model, cfg.optim_wrapper)
    generator = torch.Generator().manual_seed(1)
    for _ in range(number):
        batch = {domain: domain_batch(generator, (32, 64)) for domain in ('source', 'target')}
        losses = model.train_step(batch, wrapper)
    return {name: float(value.detach().mean()) for name, value in losses.items()}, model


@pytest.mark.parametrize(
    ('name', 'changed'),
    [
        ('eval_teacher', 'mix.loss_seg'),
        ('over_labeled', 'decode.loss_ce'),
        ('other_jitter', 'mix.loss_seg'),
        ('share_per_image', 'mix.loss_seg'),
    ],
)
def test_a_detail_changes_its_number(benchmark, tmp_path, name, changed):
    losses = []
    for row in ('daformer', name):
        cfg = config(benchmark, row, tmp_path)
        cfg.model.adaptations.teacher.threshold = 0.055  # of 19 classes almost alike, so that some pixels are sure
        losses.append(steps(cfg)[0])
    assert all(torch.isfinite(torch.tensor(value)) for value in losses[1].values())
    assert losses[0][changed] != losses[1][changed]


def test_plain_target_images_reach_batch_norm(benchmark, tmp_path):
    models = [steps(config(benchmark, name, tmp_path))[1] for name in ('daformer', 'plain_target')]
    counts = [model.decode_head.fuse_layer.bottleneck.bn.num_batches_tracked.item() for model in models]
    assert counts == [4, 6]


def test_the_restarted_teacher_is_the_network_again(benchmark, tmp_path, monkeypatch):
    import detail_variants

    monkeypatch.setattr(detail_variants, 'RESUMED_AT', 2)
    _, model = steps(config(benchmark, 'restarted_teacher', tmp_path), number=3)
    assert int(model.adaptations['teacher'].teacher.steps) == 1


def test_settings_of_the_other_rows(benchmark, tmp_path):
    assert config(benchmark, 'no_rare_classes', tmp_path).train_dataloader.dataset.source.type == 'GTADataset'
    assert [s.type for s in config(benchmark, 'no_warmup', tmp_path).param_scheduler.segmentor] == ['PolyLR']
    assert config(benchmark, 'control', tmp_path).model.adaptations.mix.loss_weight == 0
    for name in ('dacs', 'mic'):
        losses, _ = steps(config(benchmark, name, tmp_path), number=1)
        assert ('masked.loss_seg' in losses) == (name == 'mic')


def test_the_page(benchmark, tmp_path):
    values = {name: [30.0, 31.0, 32.0] for name in benchmark.ROWS}
    values.update(source_only=[28.0], mic=[31.0, 31.0, 34.0])
    benchmark.write_report(tmp_path / 'page.md', values, [0, 1, 2], 'a machine')
    lines = (tmp_path / 'page.md').read_text().splitlines()
    assert '| source only | 28.0 | -2.0 -3.0 -4.0 | -3.0 ± 1.0 |' in lines
    assert '| MIC on DAFormer | 32.0 | +1.0 +0.0 +2.0 | +1.0 ± 1.0 |' in lines
    assert sum(line.startswith('|') for line in lines) == 4 + len(benchmark.ROWS) + 1
