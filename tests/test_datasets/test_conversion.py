import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from cityscapesscripts.helpers.labels import labels as cityscapes_labels
from PIL import Image

from mmseg_uda.datasets.class_subsets import CITYSCAPES_19
from mmseg_uda.datasets.conversion import convert, print_summary
from mmseg_uda.datasets.label_maps import SYNTHIA_LABEL_IDS
from mmseg_uda.errors import UserError

from .folders import (
    make_cityscapes,
    make_gta,
    make_synthia,
    pattern,
    write_ids,
    write_image,
    write_synthia_ids,
)

TOOLS = Path(__file__).parents[2] / 'tools' / 'dataset_converters'


def read(path):
    image = Image.open(path)
    assert image.mode == 'L'
    return np.asarray(image)


def official_train_ids(ids):
    table = {label.id % 256: label.trainId % 256 for label in cityscapes_labels}
    return np.vectorize({**table, 34: 255}.get)(ids)


def files(root):
    return sorted(p.relative_to(root).as_posix() for p in root.rglob('*') if p.is_file())


def test_gta(tmp_path):
    make_gta(tmp_path)
    summary = convert('gta', tmp_path, workers=2)
    expected = official_train_ids(pattern([*range(35)]))
    for name in ('00001', '00002'):
        assert (read(tmp_path / f'labels/{name}_labelTrainIds.png') == expected).all()
    assert len(summary.samples) == 2 and not summary.skipped
    assert summary.counts.sum() == 2 * 16 * 32
    # and back: each train id can be told from the raw id it came from
    for label in cityscapes_labels:
        if 0 <= label.trainId < 19:
            assert (expected == label.trainId).any()


def test_gta_known_bad_are_left_out_and_listed(tmp_path):
    names = ('15187', '15188', '17705', '20800', '20801', '20860', '20861')
    make_gta(tmp_path, names)
    summary = convert('gta', tmp_path, workers=1)
    assert summary.skipped == [f'labels/{n}.png' for n in ('15188', '17705', '20801', '20860')]
    written = [f for f in files(tmp_path) if f.endswith('_labelTrainIds.png')]
    assert written == [f'labels/{n}_labelTrainIds.png' for n in ('15187', '20800', '20861')]


def test_synthia_reads_the_class_channel(tmp_path):
    make_synthia(tmp_path)
    convert('synthia', tmp_path, workers=1)
    expected = np.vectorize(SYNTHIA_LABEL_IDS.get)(pattern([*range(23)]))
    assert (read(tmp_path / 'GT/LABELS/0000001_labelTrainIds.png') == expected).all()


def test_cityscapes(tmp_path):
    make_cityscapes(tmp_path, ('train', 'val', 'test'))
    convert('cityscapes', tmp_path, workers=1)
    expected = official_train_ids(pattern([*range(34), 255]))
    for split in ('train', 'val', 'test'):
        stem = f'gtFine/{split}/aachen/aachen_000001_000019_gtFine'
        assert (read(tmp_path / f'{stem}_labelTrainIds.png') == expected).all()
    stats = json.loads((tmp_path / 'sample_class_stats.json').read_text())
    assert len(stats) == 2 and all('/train/' in sample['file'] for sample in stats)


def test_statistics(tmp_path):
    make_gta(tmp_path, ('00001',), [7, 7, 7, 26])  # road, car
    make_gta(tmp_path, ('00002',), [7, 34])
    convert('gta', tmp_path, workers=1)
    first, second = ('labels/00001_labelTrainIds.png', 'labels/00002_labelTrainIds.png')
    assert json.loads((tmp_path / 'sample_class_stats.json').read_text()) == [
        {'0': 384, '13': 128, 'file': first},
        {'0': 256, 'file': second},
    ]
    assert json.loads((tmp_path / 'samples_with_class.json').read_text()) == {
        '0': [[first, 384], [second, 256]],
        '13': [[first, 128]],
    }


def test_limit_and_second_run(tmp_path):
    make_gta(tmp_path)
    assert len(convert('gta', tmp_path, workers=1, limit=1).samples) == 1
    assert not (tmp_path / 'labels/00002_labelTrainIds.png').exists()
    assert len(convert('gta', tmp_path, workers=1).samples) == 2  # its own output is no input
    assert len(list(tmp_path.glob('labels/*'))) == 4


def break_unknown_id(root):
    write_ids(root / 'labels/00002.png', pattern([7, 35]), palette=True)


def break_size(root):
    write_image(root / 'images/00002.png', size=(30, 16))


def break_colours(root):
    write_image(root / 'labels/00002.png')


def break_file(root):
    file = root / 'labels/00002.png'
    file.write_bytes(file.read_bytes()[:60])


@pytest.mark.parametrize(
    ('damage', 'message'),
    [
        (break_unknown_id, r'00002\.png: unknown label ids \[35\]'),
        (break_size, r'00002\.png: the label is 32x16, its image .*00002\.png is 30x16'),
        (break_colours, r'00002\.png: expected a palette .* got mode RGB'),
        (break_file, r'00002\.png: '),
    ],
)
def test_bad_labels_are_named_and_leave_nothing_half_done(tmp_path, damage, message):
    make_gta(tmp_path)
    convert('gta', tmp_path, workers=1)
    (tmp_path / 'labels/00002_labelTrainIds.png').unlink()
    damage(tmp_path)
    with pytest.raises(UserError, match=message):
        convert('gta', tmp_path, workers=1)
    assert files(tmp_path) == [
        'images/00001.png',
        'images/00002.png',
        'labels/00001.png',
        'labels/00001_labelTrainIds.png',
        'labels/00002.png',
    ]


def test_many_bad_labels_stop_early(tmp_path):
    make_gta(tmp_path, tuple(f'{i:05d}' for i in range(1, 30)), [99])
    with pytest.raises(UserError, match=r'10 labels .*and perhaps more'):
        convert('gta', tmp_path, workers=2)


def test_synthia_refuses_eight_bit_labels_and_unknown_ids(tmp_path):
    make_synthia(tmp_path)
    write_image(tmp_path / 'GT/LABELS/0000000.png')
    write_synthia_ids(tmp_path / 'GT/LABELS/0000001.png', pattern([3, 23]))
    with pytest.raises(UserError) as caught:
        convert('synthia', tmp_path, workers=1)
    assert '0000000.png: expected a 16-bit PNG' in str(caught.value)
    assert '0000001.png: unknown label ids [23]' in str(caught.value)


@pytest.mark.parametrize('lost', ['images/00002.png', 'labels/00002.png'])
def test_missing_partner_is_named(tmp_path, lost):
    make_gta(tmp_path)
    (tmp_path / lost).unlink()
    with pytest.raises(UserError, match=f'1 .* the first is missing .*{lost}'):
        convert('gta', tmp_path, workers=1)


def test_missing_cityscapes_image_is_named(tmp_path):
    make_cityscapes(tmp_path)
    lost = tmp_path / 'leftImg8bit/val/aachen/aachen_000000_000019_leftImg8bit.png'
    lost.unlink()
    with pytest.raises(UserError, match=f'missing .*{lost.name}'):
        convert('cityscapes', tmp_path, workers=1)


@pytest.mark.parametrize('name', ['gta', 'synthia', 'cityscapes'])
def test_wrong_folder(tmp_path, name):
    with pytest.raises(UserError, match='is not a folder'):
        convert(name, tmp_path / 'nowhere', workers=1)
    with pytest.raises(UserError, match=r'https?://'):
        convert(name, tmp_path, workers=1)


def test_summary_names_classes_and_skipped(tmp_path, capsys):
    make_gta(tmp_path, ('00001', '15188'), [7, 7, 7, 26])
    print_summary(convert('gta', tmp_path, workers=1))
    text = capsys.readouterr().out
    assert '1 images' in text and '75.000 %' in text and 'labels/15188.png' in text
    assert all(name in text for name in CITYSCAPES_19)


@pytest.mark.parametrize(
    ('name', 'make'), [('gta', make_gta), ('synthia', make_synthia), ('cityscapes', make_cityscapes)]
)
def test_tool(tmp_path, name, make):
    make(tmp_path)
    command = [sys.executable, str(TOOLS / f'{name}.py'), str(tmp_path), '--workers', '1']
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert 'vegetation' in done.stdout
    assert (tmp_path / 'sample_class_stats.json').exists()


def test_tool_reports_errors_in_one_line(tmp_path):
    command = [sys.executable, str(TOOLS / 'gta.py'), str(tmp_path / 'nowhere')]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert 'nowhere is not a folder' in done.stderr and 'Traceback' not in done.stderr
