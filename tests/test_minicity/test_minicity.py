import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from cityscapesscripts.helpers.labels import labels as cityscapes_labels
from PIL import Image

from mmseg_uda.errors import UserError
from mmseg_uda.minicity import plan_city, render_city
from mmseg_uda.minicity.classes import ID, SYNTHIA_ABSENT, TRAIN_CLASSES
from mmseg_uda.minicity.looks import TRACKS, add_noise, strengths
from mmseg_uda.minicity.render import read_manifest
from mmseg_uda.minicity.report import (
    absent_classes,
    class_table,
    contact_sheet,
    save_sheet,
)
from mmseg_uda.minicity.scene import STYLES, render

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / 'tools' / 'dataset_converters' / 'minicity.py'
SIZE = (64, 128)
DEFAULTS = dict(
    size=SIZE,
    layouts=['gta', 'synthia'],
    tracks=['lowlight', 'day'],
    num_source=24,
    num_train=6,
    num_val=24,
    num_test=2,
    seed=0,
)


def plan(**changes):
    return plan_city(**{**DEFAULTS, **changes})


@pytest.fixture(scope='module')
def city(tmp_path_factory):
    out = tmp_path_factory.mktemp('city')
    assert render_city(out, plan(), workers=2) == [
        'gta',
        'synthia',
        'cityscapes',
        'cityscapes_day',
    ]
    return out


def files(folder, pattern):
    found = sorted(folder.glob(pattern))
    assert found, f'no {pattern} in {folder}'
    return found


def ids_in(paths):
    return set(np.unique(np.stack([np.asarray(Image.open(path)) for path in paths])).tolist())


def test_class_ids_are_those_of_cityscapes():
    official = {label.name: label for label in cityscapes_labels}
    for train_id, (name, spec) in enumerate(TRAIN_CLASSES.items()):
        assert (spec.id, train_id) == (official[name].id, official[name].trainId)
        assert spec.colour == official[name].color


def test_gta_files(city):
    images, labels = files(city / 'gta', 'images/*.png'), files(city / 'gta', 'labels/*.png')
    assert [p.name for p in images] == [f'{i:05d}.png' for i in range(1, 25)]
    assert [p.name for p in labels] == [p.name for p in images]
    image, label = Image.open(images[0]), Image.open(labels[0])
    assert (image.mode, image.size) == ('RGB', SIZE[::-1])
    assert (label.mode, label.size) == ('P', SIZE[::-1])
    road = ID['road']
    assert tuple(label.getpalette()[3 * road : 3 * road + 3]) == TRAIN_CLASSES['road'].colour
    seen = ids_in(labels)
    assert seen >= set(ID.values()) | {4, 34}
    assert seen <= set(ID.values()) | {1, 4, 34}


def test_synthia_files(city):
    images = files(city / 'synthia', 'RGB/*.png')
    labels = files(city / 'synthia', 'GT/LABELS/*.png')
    assert [p.name for p in images] == [f'{i:07d}.png' for i in range(24)]
    assert [p.name for p in labels] == [p.name for p in images]
    arrays = [cv2.imread(str(p), cv2.IMREAD_UNCHANGED) for p in labels]
    assert all(a.dtype == np.uint16 and a.shape == (*SIZE, 3) for a in arrays)
    stack = np.stack(arrays)
    present = {spec.synthia for name, spec in TRAIN_CLASSES.items() if name not in SYNTHIA_ABSENT}
    assert set(np.unique(stack[..., 2]).tolist()) == present | {0}
    assert not stack[..., 0].any()
    cars = stack[0][stack[0][..., 2] == TRAIN_CLASSES['car'].synthia]
    assert (cars[:, 1] > 0).all() and len(np.unique(cars[:, 1])) > 1
    assert not stack[..., 1][stack[..., 2] == TRAIN_CLASSES['road'].synthia].any()


@pytest.mark.parametrize('folder', ['cityscapes', 'cityscapes_day'])
def test_cityscapes_files(city, folder):
    valid = {label.id for label in cityscapes_labels if label.id >= 0}
    for split, count in dict(train=6, val=24, test=2).items():
        images = files(city / folder, f'leftImg8bit/{split}/*/*_leftImg8bit.png')
        labels = files(city / folder, f'gtFine/{split}/*/*_gtFine_labelIds.png')
        assert len(images) == count
        stems = [str(p)[: -len('_leftImg8bit.png')] for p in images]
        partners = [s.replace('leftImg8bit', 'gtFine') + '_gtFine_labelIds.png' for s in stems]
        assert [str(p) for p in labels] == partners
        assert images[0].name.startswith(images[0].parent.name + '_000000_')
        label = Image.open(labels[0])
        assert (label.mode, label.size) == ('L', SIZE[::-1])
        assert Image.open(images[0]).size == SIZE[::-1]
        assert ids_in(labels) <= valid
    assert ids_in(files(city / folder, 'gtFine/val/*/*.png')) >= set(ID.values()) | {1, 3, 4}


def test_statistics_match_the_files(city):
    part = plan()[2]
    assert part.folder == 'cityscapes'
    assert absent_classes(city, part, 'val') == []
    manifest = read_manifest(city / 'cityscapes')
    trains = [
        (np.asarray(Image.open(path)) == ID['train']).sum() for path in files(city / 'cityscapes', 'gtFine/val/*/*.png')
    ]
    recorded = manifest['classes']['val']['train']
    assert recorded == dict(pictures=np.count_nonzero(trains), pixels=sum(trains))
    assert class_table(city, plan()).row_count == 20


def test_rare_classes_are_rarer_in_the_target(city):
    def pictures(folder, split):
        classes = read_manifest(city / folder)['classes'][split]
        return sum(classes[name]['pictures'] for name in ('truck', 'bus', 'train', 'motorcycle'))

    assert pictures('cityscapes', 'val') < 0.75 * pictures('gta', 'source')


def test_same_pictures_whatever_the_workers_and_the_numbers(city, tmp_path):
    fewer = dict(layouts=['gta'], tracks=['day'], num_source=5, num_train=1, num_val=4, num_test=1)
    render_city(tmp_path, plan(**fewer), workers=1)
    for folder, count in dict(gta=10, cityscapes_day=12).items():
        here, there = (read_manifest(out / folder)['files'] for out in (tmp_path, city))
        assert len(here) == count
        assert here.items() <= there.items()
    render_city(tmp_path / 'other', plan(**fewer, seed=1), workers=1)
    other = read_manifest(tmp_path / 'other' / 'gta')['files']
    assert not set(other.values()) & set(read_manifest(tmp_path / 'gta')['files'].values())


def test_splits_hold_different_pictures(city):
    digests = list(read_manifest(city / 'cityscapes')['files'].values())
    assert len(set(digests)) == len(digests)


@pytest.mark.parametrize('style', ['gta', 'synthia'])
def test_labels_lie_exactly_on_the_pictures(style):
    def scatter(rgb, labels):
        """Mean colour variance within the classes."""
        total = 0.0
        for label in np.unique(labels):
            colours = rgb[labels == label]
            total += ((colours - colours.mean(0)) ** 2).sum()
        return total

    at_home = 0
    for index in range(8):
        picture = render(STYLES[style], (128, 256), (3, index))
        rgb, labels = picture.rgb.astype(float)[4:-4, 4:-4], picture.labels
        shifted = {
            (dy, dx): scatter(rgb, np.roll(labels, (dy, dx), (0, 1))[4:-4, 4:-4])
            for dy in (-1, 0, 1)
            for dx in (-1, 0, 1)
        }
        at_home += min(shifted, key=shifted.get) == (0, 0)
    assert at_home == 8


def test_scene_is_the_same_at_every_size():
    small, large = (render(STYLES['lowlight'], size, (5, 1)) for size in ((64, 128), (256, 512)))
    assert small.severity == large.severity
    assert (small.labels == large.labels[2::4, 2::4]).mean() > 0.93


def test_renders_the_real_size():
    picture = render(STYLES['gta'], (720, 1280), (0, 0))
    assert picture.rgb.shape == (720, 1280, 3)
    assert len(np.unique(picture.labels)) > 8


def test_noise_grows_with_the_root_of_brightness():
    rng = np.random.default_rng(0)
    dark, bright = (np.full((200, 200, 3), value, np.float32) for value in (0.25, 1.0))
    assert np.std(add_noise(dark, rng, 0.2) - dark) == pytest.approx(0.1, rel=0.02)
    assert np.std(add_noise(bright, rng, 0.2) - bright) == pytest.approx(0.2, rel=0.02)


def test_severity_scales_every_ingredient():
    gap = TRACKS['lowlight']
    mild, half, full = (strengths(gap, t) for t in (0.0, 0.5, 1.0))
    assert (mild.noise, full.noise) == gap.noise
    assert half.noise == pytest.approx(sum(gap.noise) / 2)
    for name in ('palette', 'texture', 'layout', 'white_balance', 'haze', 'blur', 'jpeg', 'shadow'):
        assert getattr(mild, name) == 0
        assert getattr(half, name) == pytest.approx(getattr(gap, name) / 2)
        assert getattr(full, name) == getattr(gap, name) > 0


def test_complete_parts_are_kept_and_new_ones_added(tmp_path):
    few = dict(num_source=2, num_train=1, num_val=1, num_test=1, tracks=['day'])
    render_city(tmp_path, plan(**few, layouts=['gta']), workers=1)
    first = json.loads((tmp_path / 'manifest.json').read_text())
    image = tmp_path / 'gta' / 'images' / '00001.png'
    (image.parent / 'mine.txt').write_text('kept')
    stamp = image.stat().st_mtime_ns
    assert render_city(tmp_path, plan(**few, layouts=['gta']), workers=1) == []
    assert json.loads((tmp_path / 'manifest.json').read_text()) == first
    assert render_city(tmp_path, plan(**few), workers=1) == ['synthia']
    assert image.stat().st_mtime_ns == stamp
    both = json.loads((tmp_path / 'manifest.json').read_text())
    assert set(both['parts']) == {'gta', 'synthia', 'cityscapes_day'}
    assert both['parts']['gta'] == first['parts']['gta']
    assert both['checksum'] != first['checksum']


def test_other_content_is_never_overwritten(tmp_path):
    one = dict(num_source=1, num_train=1, num_val=1, num_test=1, tracks=['day'], layouts=['gta'])
    (tmp_path / 'real' / 'gta').mkdir(parents=True)
    with pytest.raises(UserError, match='no MiniCity folder'):
        render_city(tmp_path / 'real', plan(**one), workers=1)
    assert sorted(os.listdir(tmp_path / 'real')) == ['gta']

    render_city(tmp_path / 'city', plan(**one), workers=1)
    with pytest.raises(UserError, match='seed is 0 there and 7 here'):
        render_city(tmp_path / 'city', plan(**one, seed=7), workers=1)
    (tmp_path / 'city' / 'gta' / 'labels' / '00001.png').write_bytes(b'')
    with pytest.raises(UserError, match=r'1 files .* labels/00001.png'):
        render_city(tmp_path / 'city', plan(**one), workers=1)


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        (dict(layouts=['gta6']), "--layout must be one of 'gta', 'synthia', got 'gta6'"),
        (dict(tracks=['night']), "--track must be one of 'lowlight', 'day', got 'night'"),
        (dict(num_val=0), '--num-val is 0'),
        (dict(size=(8, 256)), '--size is 8x256'),
        (dict(seed=-1), '--seed is -1'),
    ],
)
def test_bad_requests_are_refused(changes, message):
    with pytest.raises(UserError, match=message):
        plan(**changes)


def test_contact_sheet(city, tmp_path):
    sheet = contact_sheet(city, plan(), columns=3)
    assert sheet.size == (3 * SIZE[1], 8 * SIZE[0])
    save_sheet(sheet, tmp_path / 'new' / 'sheet.png')
    assert os.listdir(tmp_path / 'new') == ['sheet.png']
    assert Image.open(tmp_path / 'new' / 'sheet.png').size == sheet.size


def start_tool(*args):
    environment = dict(os.environ, PYTHONPATH=str(ROOT), COLUMNS='200')
    return subprocess.Popen(
        [sys.executable, str(TOOL), *map(str, args)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell ignores it in what it starts in the background, such as a whole test run.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def test_tool_renders_then_skips(tmp_path):
    sizes = ('--size', '32x64', '--num-source', 3, '--num-train', 1, '--num-val', 2)
    args = ('--out', tmp_path / 'city', *sizes, '--num-test', 1, '--workers', 2)
    first = start_tool(*args, '--contact-sheet', tmp_path / 'sheet.png')
    out, err = first.communicate(timeout=120)
    assert first.returncode == 0, err
    assert 'gta: rendered' in out and 'no picture of val holds' in out
    assert Image.open(tmp_path / 'sheet.png').size == (4 * 64, 4 * 32)
    again = start_tool(*args)
    out, err = again.communicate(timeout=120)
    assert again.returncode == 0, err
    assert out.count('complete already, nothing to do') == 2


@pytest.mark.parametrize(
    ('args', 'message'),
    [
        (('--size', '128'), "'128': expected HEIGHTxWIDTH"),
        (('--layout', 'gta6'), "--layout must be one of 'gta', 'synthia', got 'gta6'"),
    ],
)
def test_tool_explains_bad_arguments(tmp_path, args, message):
    tool = start_tool('--out', tmp_path / 'city', *args)
    _, err = tool.communicate(timeout=120)
    assert tool.returncode != 0
    assert message in err and 'Traceback' not in err
    assert not (tmp_path / 'city').exists()


def test_interrupted_tool_leaves_nothing(tmp_path):
    out = tmp_path / 'city'
    tool = start_tool('--out', out, '--num-source', 5000, '--workers', 2)
    deadline = time.monotonic() + 120
    while not list(out.glob('.gta.partial/images/*.png')):
        assert tool.poll() is None and time.monotonic() < deadline, tool.communicate()
        time.sleep(0.05)
    tool.send_signal(signal.SIGINT)
    _, err = tool.communicate(timeout=120)
    assert tool.returncode != 0
    assert 'interrupted' in err and 'Traceback' not in err
    assert list(out.iterdir()) == []
