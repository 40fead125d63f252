"""Bad images, labels, folders, checkpoints and rounds."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from .cases import (
    CITYSCAPES,
    EXPORT,
    GTA,
    LABEL,
    LOCK,
    LOGS,
    ONNX,
    PREDICT,
    TEST,
    TRAIN,
    Case,
    cut,
    cut_all,
    malicious,
    options,
    remove,
    write,
)
from .conftest import World

ROUND = options('train_dataloader.dataset.target.pseudo_labels={root}/round')


def png(pattern: str, change: Callable[[np.ndarray], np.ndarray]) -> Callable[[World], None]:
    """Change the pixels of every file of a pattern."""

    def spoil(world: World) -> None:
        for path in world.files(pattern):
            with Image.open(path) as image:
                values = np.asarray(image)
            Image.fromarray(change(values)).save(path)

    return spoil


def smaller(image: np.ndarray) -> np.ndarray:
    """Its upper half."""
    return image[: len(image) // 2]


def unknown(label: np.ndarray) -> np.ndarray:
    """With an id that no table has."""
    label = label.copy()
    label[:9] = 77
    return label


def weights(name: str, content: object) -> Callable[[World], None]:
    """Save what is no checkpoint of the net."""
    return lambda world: torch.save(content, world.root / name)


def manifest(**changes: object) -> Callable[[World], None]:
    """Change the round's manifest."""

    def spoil(world: World) -> None:
        path = world.root / 'round' / 'manifest.json'
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))

    return spoil


def other_images(world: World) -> None:
    """Another folder of images with the names of those that were labelled."""
    shutil.copytree(world.root / 'cityscapes', world.root / 'elsewhere')
    png('elsewhere/leftImg8bit/train/*/*', lambda image: image // 2)(world)


def copy_checkpoint(name: str, change: Callable[[dict], object]) -> Callable[[World], None]:
    """Save what a function makes of the good checkpoint."""

    def spoil(world: World) -> None:
        torch.save(change(torch.load(world.root / 'dast.pth', weights_only=True)), world.root / name)

    return spoil


def file_at(path: str) -> Callable[[World], None]:
    """A file where a folder is wanted."""
    return write(path, 'a file\n')


def empty(path: str) -> Callable[[World], None]:
    """An empty folder in place of one."""

    def spoil(world: World) -> None:
        shutil.rmtree(world.root / path)
        (world.root / path).mkdir()

    return spoil


def rename(path: str, name: str) -> Callable[[World], Path]:
    """A folder or file of another name."""
    return lambda world: (world.root / path).rename((world.root / path).with_name(name))


IMAGES = (
    Case('train-image-damaged', TRAIN, r'gta/images/\S+ is not an image', cut_all('gta/images/*'), LOGS),
    Case(
        'train-image-empty',
        TRAIN,
        r'gta/images/\S+ is not an image',
        lambda w: [p.write_bytes(b'') for p in w.files('gta/images/*')],
        LOGS,
    ),
    Case(
        'train-target-image-damaged',
        TRAIN,
        r'leftImg8bit/train\S+ is not an image',
        cut_all('cityscapes/leftImg8bit/train/*/*'),
        LOGS,
    ),
    Case(
        'train-label-damaged', TRAIN, r'TrainIds\.png is not an image', cut_all('gta/labels/*_labelTrainIds.png'), LOGS
    ),
    Case(
        'train-label-smaller',
        TRAIN,
        r'TrainIds\.png is 128x32, its image \S+ 128x64',
        png('gta/labels/*_labelTrainIds.png', smaller),
        LOGS,
    ),
    Case(
        'train-label-unknown',
        TRAIN,
        r'TrainIds\.png: label ids \[77\]',
        png('gta/labels/*_labelTrainIds.png', unknown),
        LOGS,
    ),
    Case(
        'train-label-colours',
        TRAIN,
        r'TrainIds\.png.*one channel',
        png('gta/labels/*_labelTrainIds.png', lambda x: np.dstack([x] * 3)),
        LOGS,
    ),
    Case(
        'test-image-damaged',
        TEST,
        r'leftImg8bit/test\S+ is not an image',
        cut_all('cityscapes/leftImg8bit/test/*/*'),
        LOGS,
    ),
    Case(
        'test-label-damaged',
        TEST,
        r'TrainIds\.png is not an image',
        cut_all('cityscapes/gtFine/test/*/*_labelTrainIds.png'),
        LOGS,
    ),
    Case(
        'test-label-smaller',
        TEST,
        r'TrainIds\.png is 128x32',
        png('cityscapes/gtFine/test/*/*_labelTrainIds.png', smaller),
        LOGS,
    ),
    Case(
        'test-label-unknown',
        TEST,
        r'TrainIds\.png.*ids from',
        png('cityscapes/gtFine/test/*/*_labelTrainIds.png', unknown),
        LOGS,
    ),
    Case('predict-image-damaged', PREDICT, r'gta/images/\S+ is not an image', cut_all('gta/images/*')),
    Case('predict-image-cut-off', PREDICT, r'gta/images/\S+ is not an image', cut('gta/images/*', 0.8)),
    Case(
        'test-image-cut-off',
        TEST,
        r'leftImg8bit/test\S+ is not an image',
        cut('cityscapes/leftImg8bit/test/*/*', 0.8),
        LOGS,
    ),
    Case('predict-text-file', 'predict {config} {dast} {config} --out {out}', r'config\.py is not an image'),
    Case(
        'label-image-damaged',
        LABEL,
        r'leftImg8bit/train\S+ is not an image',
        cut_all('cityscapes/leftImg8bit/train/*/*'),
    ),
    Case('gta-image-damaged', GTA, r'labels/\S+: .*image', write('gta/images/*', 'no image')),
    Case('gta-label-damaged', GTA, r'labels/\S+: .*', cut_all('gta/labels/*[0-9].png')),
    Case('gta-label-smaller', GTA, r'labels/\S+: the label is 128x32', png('gta/labels/*[0-9].png', smaller)),
    Case('gta-label-unknown', GTA, r'labels/\S+: .*77', png('gta/labels/*[0-9].png', unknown)),
    Case(
        'gta-label-16-bit',
        GTA,
        r'labels/\S+: expected a palette or 8-bit',
        png('gta/labels/*[0-9].png', lambda x: np.full(x.shape[:2], 300, np.uint16)),
    ),
    Case(
        'gta-label-rgba',
        GTA,
        r'labels/\S+: expected .* mode RGBA',
        png('gta/labels/*[0-9].png', lambda x: np.full((*x.shape[:2], 4), 9, np.uint8)),
    ),
    Case('gta-label-absent', GTA, r'no label.*labels/', lambda w: w.files('gta/labels/*[0-9].png')[0].unlink()),
    Case(
        'cityscapes-label-unknown',
        CITYSCAPES,
        r'labelIds\.png: .*77',
        png('cityscapes/gtFine/*/*/*_labelIds.png', unknown),
    ),
    Case('synthia-of-gta', 'dataset_converters/synthia {root}/gta --workers 1', r'not a folder.*'),
)

FOLDERS = (
    Case(
        'train-root-absent',
        options('train_dataloader.dataset.source.data_root=none'),
        r'source\.data_root: folder none does not',
    ),
    Case('train-images-empty', TRAIN, r'source\.data_prefix\.img_path: .*images is empty', empty('gta/images')),
    Case('train-images-misnamed', TRAIN, r'images does not exist', rename('gta/images', 'image')),
    Case(
        'train-labels-not-converted',
        TRAIN,
        r'convert the data set first',
        remove('gta/labels/*_labelTrainIds.png'),
        LOGS,
    ),
    Case('train-image-absent', TRAIN, r'labels have no image', lambda w: w.files('gta/images/*')[0].unlink(), LOGS),
    Case(
        'train-other-suffix',
        options('train_dataloader.dataset.source.img_suffix=.jpg'),
        r'no file \*\.jpg below',
        leaves=LOGS,
    ),
    Case(
        'test-root-absent',
        f'{TEST} --cfg-options test_dataloader.dataset.data_root=none',
        r'test_dataloader\.dataset\.data_root: folder none',
    ),
    Case('predict-folder-absent', 'predict {config} {dast} {root}/none --out {out}', r'none does not exist'),
    Case(
        'predict-folder-without-images',
        'predict {config} {dast} {root}/round/easy --out {out}',
        r'no image below',
        lambda w: (w.root / 'round/easy').mkdir(),
    ),
    Case(
        'label-root-absent',
        f'{LABEL} --cfg-options train_dataloader.dataset.target.data_root=none',
        r'target\.data_root: folder none',
    ),
    Case('convert-root-absent', 'dataset_converters/gta {root}/none', r'none is not a folder: unpack GTA5'),
    Case('convert-empty', GTA, r'no file \*\.png below', empty('gta/labels')),
    Case('work-dir-a-file', TRAIN, r'out.*--work-dir', file_at('out')),
    Case('work-dir-below-a-file', 'train {config} --work-dir {out}/below', r'out.*--work-dir', file_at('out')),
    Case('work-dir-read-only', 'train {config} --work-dir /proc/run', r'/proc/run.*--work-dir'),
    Case('test-work-dir-a-file', TEST, r'out.*', file_at('out')),
    Case(
        'test-out-a-file',
        'test {config} {dast} --work-dir {root}/scores --out {out}',
        r'out.*',
        file_at('out'),
        r'scores/',
    ),
    Case('predict-out-a-file', PREDICT, r'out.*', file_at('out')),
    Case('predict-out-read-only', PREDICT.replace('{out}', '/proc/run'), r'/proc/run'),
    Case('label-out-a-file', LABEL, r'out exists and is no round.*another folder', file_at('out')),
    Case(
        'label-out-used',
        LABEL.replace('{out}', '{root}/gta'),
        r'manifest\.json is no account of a round.*another folder',
    ),
    Case('label-out-read-only', LABEL.replace('{out}', '/proc/run'), r'/proc/\.run'),
    Case('export-out-a-file', EXPORT, r'out.*', file_at('out')),
    Case('onnx-out-read-only', ONNX.replace('{out}', '/proc'), r'/proc/\.net'),
)

KINDS = {
    'train': options('load_from={bad}'),
    'test': TEST,
    'predict': PREDICT,
    'label': LABEL,
    'export': EXPORT,
    'onnx': ONNX,
}
SPOILT = {
    'text': (write('bad.pth', 'not a checkpoint\n'), r'bad\.pth'),
    'empty': (write('bad.pth', b''), r'bad\.pth'),
    'code': (malicious('bad.pth'), r'bad\.pth'),
    'other-net': (lambda w: shutil.copy(w.root / 'mit.pth', w.root / 'bad.pth'), r'bad\.pth|mit'),
    'list': (weights('bad.pth', [1, 2]), r'bad\.pth'),
    'no-weights': (weights('bad.pth', dict(epoch=3)), r'bad\.pth'),
    'halved': (
        copy_checkpoint(
            'bad.pth', lambda c: dict(state_dict={k: v for i, (k, v) in enumerate(c['state_dict'].items()) if i > 9})
        ),
        r'bad\.pth',
    ),
}


def checkpoint_cases() -> list[Case]:
    """Every kind of bad checkpoint in every command that reads one."""
    cases = []
    for tool, words in KINDS.items():
        for kind, (spoil, message) in SPOILT.items():
            if (tool, kind) == ('train', 'halved'):
                continue  # a run may start from a part of the weights
            bad = words.replace('{dast}', '{root}/bad.pth').replace('{bad}', '{root}/bad.pth')
            cases.append(
                Case(f'{tool}-checkpoint-{kind}', bad, message, spoil, LOGS if tool in ('train', 'test') else LOCK)
            )
        absent = words.replace('{dast}', '{root}/absent.pth').replace('{bad}', '{root}/absent.pth')
        cases.append(Case(f'{tool}-checkpoint-absent', absent, r'absent\.pth does not exist'))
    return cases


def truncated_copy(world: World) -> None:
    """The good checkpoint's first half."""
    shutil.copy(world.root / 'dast.pth', world.root / 'bad.pth')
    cut('bad.pth')(world)


ROUNDS = (
    Case(
        'checkpoint-truncated',
        TEST.replace('{dast}', '{root}/bad.pth'),
        r'bad\.pth cannot be read',
        truncated_copy,
        LOGS,
    ),
    Case(
        'train-checkpoint-truncated',
        options('load_from={root}/bad.pth'),
        r'bad\.pth cannot be read',
        truncated_copy,
        LOGS,
    ),
    Case(
        'round-of-other-classes',
        ROUND,
        r'target: .*pseudo_labels.*classes',
        manifest(classes=[f'c{i}' for i in range(19)]),
        LOGS,
    ),
    Case('round-of-fewer-classes', ROUND, r'target: .*pseudo_labels.*classes', manifest(classes=['road', 'sky']), LOGS),
    Case(
        'round-of-another-folder',
        ROUND + ' train_dataloader.dataset.target.data_root={root}/elsewhere',
        r'target: .*pseudo_labels.*other images',
        other_images,
        LOGS,
    ),
    Case(
        'round-of-a-damaged-manifest',
        ROUND,
        r'manifest\.json',
        lambda w: (w.root / 'round/manifest.json').write_text('{"classes": ['),
        LOGS,
    ),
    Case(
        'round-of-an-old-manifest',
        ROUND,
        r'manifest\.json.*',
        lambda w: (w.root / 'round/manifest.json').write_text('{}'),
        LOGS,
    ),
    Case('round-absent', ROUND.replace('round', 'none'), r'pseudo_labels.*none', leaves=LOGS),
    Case(
        'round-without-labels',
        ROUND,
        r'pseudo_labels.*no folder labels',
        lambda w: shutil.rmtree(w.root / 'round/labels'),
        LOGS,
    ),
    Case(
        'round-incomplete',
        ROUND,
        r'lacks the labels of 1 of 6',
        lambda w: w.files('round/labels/*/*')[0].unlink(),
        LOGS,
    ),
    Case('round-label-damaged', ROUND, r'round/labels/\S+ is not an image', cut_all('round/labels/*/*'), LOGS),
    Case('round-label-smaller', ROUND, r'round/labels/\S+.*', png('round/labels/*/*', smaller), LOGS),
    Case('round-label-unknown', ROUND, r'\[77\]', png('round/labels/*/*', unknown), LOGS),
)

CASES = (*IMAGES, *FOLDERS, *checkpoint_cases(), *ROUNDS)
