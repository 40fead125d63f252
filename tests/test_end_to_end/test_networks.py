"""docs/networks.md by the real command: MMSeg's files, trained and validated, or refused before training."""

from pathlib import Path

from tests.conftest import ROOT, run_command
from tests.test_docs.test_docs import blocks
from tests.test_models.networks import MMSEG_CONFIGS

PAGE = ROOT / 'docs/networks.md'


def own_config(folder: Path, minicity: Path, more: str = '') -> Path:
    """The page's config on MiniCity, with a few lines below it."""
    text = blocks(PAGE, 'One line')[0]
    assert 'mmseg::' in text and '/gta2cs.py' in text
    text = text.replace('mmseg::', f'{MMSEG_CONFIGS}/').replace('/gta2cs.py', '/mini_gta2cs.py')
    text = text.replace('./configs', f'{ROOT}/configs')
    dataset = "dict(batch_size=2, num_workers=0, persistent_workers=False, dataset=dict(data_root='{}'))"
    data = dataset.format(minicity / 'cityscapes')
    pair = f"dict(source=dict(data_root='{minicity / 'gta'}'), target=dict(data_root='{minicity / 'cityscapes'}'))"
    path = folder / 'own.py'
    path.write_text(f"""{text}
{more}
train_cfg = dict(max_iters=2, val_interval=2)
train_dataloader = dict(batch_size=2, num_workers=0, persistent_workers=False, dataset={pair})
val_dataloader = {data}
test_dataloader = {data}
default_hooks = dict(logger=dict(interval=1), checkpoint=dict(interval=2))
""")
    return path


def test_an_mmseg_network_adapts_by_one_line(minicity, tmp_path):
    optimiser, *_ = blocks(PAGE, 'Optimiser and schedule')
    config = own_config(tmp_path, minicity, optimiser)
    done = run_command('python', 'tools/train.py', config, '--work-dir', tmp_path / 'work')
    steps = [line for line in done.stdout.splitlines() if 'Iter(train)' in line]
    assert len(steps) == 2, done.stdout
    for loss in ('decode.loss_ce', 'attention.loss_adv', 'attention.loss_d_target', 'corrector.loss_adv'):
        assert f'{loss}: ' in steps[-1]
    assert 'segmentor.lr: 1.0000e-02' in steps[0] and 'mIoU' in done.stdout


def test_a_cascade_is_refused_by_name(minicity, tmp_path):
    config = own_config(tmp_path, minicity)
    config.write_text(config.read_text().replace('segformer_mit-b0', 'ocrnet_r50-d8'))
    done = run_command('python', 'tools/train.py', config, '--work-dir', tmp_path / 'work', check=False)
    assert done.returncode == 1 and 'Iter(train)' not in done.stdout and 'Traceback' not in done.stdout
    assert 'Error: model.decode_head is a cascade of FCNHead and OCRHead' in ' '.join(done.stdout.split())
