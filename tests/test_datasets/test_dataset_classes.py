import cv2
import numpy as np
import pytest
from mmseg.registry import DATASETS

from mmseg_uda.datasets import (
    CITYSCAPES_19,
    SYNTHIA_16,
    CityscapesLabeledDataset,
    FolderDataset,
    GTADataset,
    SYNTHIADataset,
    UnlabeledDataset,
)
from mmseg_uda.datasets.conversion import convert
from mmseg_uda.errors import UserError

from .folders import make_cityscapes, make_gta, make_synthia, pattern, write_ids, write_image

LOAD = [dict(type='LoadImageFromFile'), dict(type='LoadAnnotations'), dict(type='PackSegInputs')]
LOAD_MAPPED = [LOAD[0], dict(type='LoadMappedAnnotations'), LOAD[2]]


def labels_of(sample):
    return sample['data_samples'].gt_sem_seg.data[0].numpy()


def test_gta_from_config(tmp_path):
    convert('gta', make_gta(tmp_path), workers=1)
    dataset = DATASETS.build(dict(type='GTADataset', data_root=str(tmp_path), pipeline=LOAD))
    assert len(dataset) == 2
    assert dataset.metainfo['classes'] == CITYSCAPES_19
    label = labels_of(dataset[0])
    assert label.shape == (16, 32) and sorted(np.unique(label)) == [*range(19), 255]
    assert dataset[0]['inputs'].shape == (3, 16, 32)


def test_skipped_images_are_left_out(tmp_path):
    convert('gta', make_gta(tmp_path, ('00001', '15188')), workers=1)
    dataset = GTADataset(data_root=str(tmp_path))
    assert [dataset.get_data_info(i)['img_path'][-9:] for i in range(len(dataset))] == ['00001.png']


def test_ann_file_restricts(tmp_path):
    convert('gta', make_gta(tmp_path), workers=1)
    (tmp_path / 'few.txt').write_text('00002\n')
    dataset = GTADataset(data_root=str(tmp_path), ann_file='few.txt')
    assert len(dataset) == 1 and dataset.get_data_info(0)['img_path'].endswith('00002.png')
    (tmp_path / 'few.txt').write_text('00003\n')
    with pytest.raises(UserError, match=r'ann_file=.*00003'):
        GTADataset(data_root=str(tmp_path), ann_file='few.txt')
    with pytest.raises(UserError, match=r'none\.txt'):
        GTADataset(data_root=str(tmp_path), ann_file='none.txt')


def test_translated_images(tmp_path):
    convert('gta', make_gta(tmp_path), workers=1)
    write_image(tmp_path / 'translated/00001.png')
    prefix = dict(img_path='translated')
    with pytest.raises(UserError, match=r'1 of 2 labels have no image .*translated.*00002'):
        GTADataset(data_root=str(tmp_path), data_prefix=prefix)
    write_image(tmp_path / 'translated/00002.png')
    dataset = GTADataset(data_root=str(tmp_path), data_prefix=prefix)
    assert '/translated/' in dataset.get_data_info(1)['img_path']
    assert '/labels/' in dataset.get_data_info(1)['seg_map_path']


@pytest.mark.parametrize('classes', ['SYNTHIA_16', SYNTHIA_16])
def test_synthia_sixteen_classes(tmp_path, classes):
    convert('synthia', make_synthia(tmp_path), workers=1)
    full = SYNTHIADataset(data_root=str(tmp_path), pipeline=LOAD)
    sixteen = SYNTHIADataset(data_root=str(tmp_path), pipeline=LOAD, metainfo=dict(classes=classes))
    assert sixteen.metainfo['classes'] == list(SYNTHIA_16)
    assert sixteen.metainfo['palette'][9] == full.metainfo['palette'][10]  # sky, after terrain
    names = {255: None, **dict(enumerate(CITYSCAPES_19))}
    names16 = {255: None, **dict(enumerate(SYNTHIA_16))}
    a, b = labels_of(full[0]).ravel(), labels_of(sixteen[0]).ravel()
    assert [names[i] for i in a] == [names16[i] for i in b]
    assert set(b) == {*range(16), 255}


def test_cityscapes_drops_terrain_for_sixteen_classes(tmp_path):
    convert('cityscapes', make_cityscapes(tmp_path), workers=1)
    dataset = CityscapesLabeledDataset(data_root=str(tmp_path), pipeline=LOAD, metainfo=dict(classes='SYNTHIA_16'))
    label, raw = labels_of(dataset[0]), pattern([*range(34), 255])
    assert (label[raw == 22] == 255).all() and (label[raw == 23] == 9).all()


@pytest.mark.parametrize('cls', [GTADataset, SYNTHIADataset, CityscapesLabeledDataset])
def test_missing_folders_name_the_key(tmp_path, cls):
    with pytest.raises(UserError, match=f"{cls.__name__}: data_root='.*nowhere' is not a"):
        cls(data_root=str(tmp_path / 'nowhere'))
    with pytest.raises(UserError, match=r'data_prefix\.img_path leads to'):
        cls(data_root=str(tmp_path))
    (tmp_path / cls.DATA_PREFIX['img_path']).mkdir(parents=True)
    with pytest.raises(UserError, match=r'no file \*.*png below .*img_suffix'):
        cls(data_root=str(tmp_path))


def test_unconverted_labels_name_the_converter(tmp_path):
    make_gta(tmp_path)
    with pytest.raises(UserError, match=r'tools/dataset_converters/gta\.py .*'):
        GTADataset(data_root=str(tmp_path))


class TestUnlabeled:
    PREFIX = dict(img_path='leftImg8bit/train')

    def build(self, root, **kwargs):
        return UnlabeledDataset(data_root=str(root), data_prefix=self.PREFIX, img_suffix='_leftImg8bit.png', **kwargs)

    def make_round(self, root, folder='labels'):
        for i in range(2):
            write_ids(root / folder / f'aachen/aachen_00000{i}_000019_leftImg8bit.png', pattern([i]))
        return str(root)

    def test_images_alone(self, tmp_path):
        make_cityscapes(tmp_path)
        dataset = self.build(
            tmp_path,
            pipeline=[LOAD[0], dict(type='LoadPseudoLabels'), LOAD[2]],
        )
        assert len(dataset) == 2 and dataset.metainfo['classes'] == CITYSCAPES_19
        assert 'gt_sem_seg' not in dataset[0]['data_samples']
        assert not {'seg_map_path', 'pseudo_label_path'} & set(dataset.get_data_info(0))

    def test_pseudo_labels_come_and_go(self, tmp_path):
        make_cityscapes(tmp_path)
        first = self.make_round(tmp_path / 'round1')
        dataset = self.build(
            tmp_path,
            pseudo_labels=first,
            pipeline=[LOAD[0], dict(type='LoadPseudoLabels'), LOAD[2]],
        )
        assert [int(labels_of(dataset[i]).max()) for i in range(2)] == [0, 1]
        assert 'pseudo_confidence_path' not in dataset.get_data_info(0)
        self.make_round(tmp_path / 'round1', 'confidence')
        dataset.set_pseudo_labels(first)
        path = dataset.get_data_info(1)['pseudo_confidence_path']
        name = 'aachen/aachen_000001_000019_leftImg8bit.png'
        assert path == f'{first}/confidence/{name}'
        dataset.set_pseudo_labels(None)
        assert 'gt_sem_seg' not in dataset[0]['data_samples']

    def test_incomplete_round_is_refused(self, tmp_path):
        make_cityscapes(tmp_path)
        with pytest.raises(UserError, match=r'pseudo_labels=.*no folder labels'):
            self.build(tmp_path, pseudo_labels=str(tmp_path / 'round1'))
        self.make_round(tmp_path / 'round1')
        (tmp_path / 'round1/labels/aachen/aachen_000001_000019_leftImg8bit.png').unlink()
        with pytest.raises(UserError, match=r'lacks the labels of 1 of 2 .*aachen_000001'):
            self.build(tmp_path, pseudo_labels=str(tmp_path / 'round1'))
        self.make_round(tmp_path / 'round1')
        self.make_round(tmp_path / 'round1', 'confidence')
        (tmp_path / 'round1/confidence/aachen/aachen_000000_000019_leftImg8bit.png').unlink()
        with pytest.raises(UserError, match=r'lacks the confidence of 1 of 2 .*aachen_000000'):
            self.build(tmp_path, pseudo_labels=str(tmp_path / 'round1'))

    def test_other_classes(self, tmp_path):
        make_cityscapes(tmp_path)
        assert len(self.build(tmp_path, metainfo=dict(classes='SYNTHIA_16')).metainfo['palette']) == 16
        dataset = self.build(tmp_path, metainfo=dict(classes=['tree', 'stone']))
        assert dataset.metainfo['classes'] == ['tree', 'stone']
        assert len(dataset.metainfo['palette']) == 2

    def test_images_of_another_suffix_are_counted(self, tmp_path, log):
        for name in ('a.jpg', 'b.JPG', 'c.jpeg', 'd.png', 'e.txt'):
            write_image(tmp_path / 'x.png')
            (tmp_path / 'x.png').rename(tmp_path / name)
        assert len(UnlabeledDataset(data_root=str(tmp_path))) == 4 and 'skipped' not in log.text
        assert len(UnlabeledDataset(data_root=str(tmp_path), img_suffix=('.jpg', '.jpeg'))) == 3
        assert ', 1 do not end in .jpeg or .jpg (img_suffix) and are skipped: d.png' in log.text
        with pytest.raises(UserError, match=r'no file \*\.jpeg2 or \*\.bmp below'):
            UnlabeledDataset(data_root=str(tmp_path), img_suffix=('.bmp', '.jpeg2'))

    def test_images_that_labels_cannot_tell_apart_are_refused(self, tmp_path):
        write_image(tmp_path / 'town/a.png')
        write_image(tmp_path / 'town/a.jpg')
        with pytest.raises(UserError, match=r'town/a\.\w+ and town/a\.\w+ differ in their suffix only.*img_suffix'):
            UnlabeledDataset(data_root=str(tmp_path))

    def test_labels_are_refused(self, tmp_path):
        make_cityscapes(tmp_path)
        prefix = dict(img_path='leftImg8bit/train', seg_map_path='gtFine/train')
        with pytest.raises(UserError, match=r'remove data_prefix\.seg_map_path'):
            UnlabeledDataset(data_root=str(tmp_path), data_prefix=prefix)

    def test_missing_folders(self, tmp_path):
        with pytest.raises(UserError, match='UnlabeledDataset: data_root='):
            self.build(tmp_path / 'nowhere')
        with pytest.raises(UserError, match=r'data_prefix\.img_path leads to'):
            self.build(tmp_path)


class TestFolder:
    CLASSES = dict(classes=['road', 'car'])

    def make(self, root, values=(1, 17, 0), dtype=np.uint8):
        write_image(root / 'images/town/a.png')
        (root / 'labels/town').mkdir(parents=True)
        label = pattern(list(values)).astype(dtype)
        assert cv2.imwrite(str(root / 'labels/town/a.png'), label)
        return str(root)

    def build(self, root, **kwargs):
        kwargs = dict(pipeline=LOAD_MAPPED, metainfo=self.CLASSES) | kwargs
        return FolderDataset(data_root=root, **kwargs)

    def test_class_map(self, tmp_path):
        dataset = self.build(self.make(tmp_path), class_map={1: 0, '17': 1, 0: 255})
        assert (labels_of(dataset[0]) == pattern([0, 1, 255])).all()

    def test_sixteen_bit_ids_do_not_wrap(self, tmp_path):
        root = self.make(tmp_path, (1, 257, 26000), np.uint16)
        dataset = self.build(root, class_map={1: 0, 257: 1, 26000: 255})
        assert (labels_of(dataset[0]) == pattern([0, 1, 255])).all()

    def test_unknown_ids(self, tmp_path):
        root = self.make(tmp_path)
        with pytest.raises(UserError, match=r'a\.png: unknown label ids \[0\]\. Add them to class_map'):
            self.build(root, class_map={1: 0, 17: 1})[0]
        dataset = self.build(root, class_map={1: 0, 17: 1}, unknown='ignore')
        assert (labels_of(dataset[0]) == pattern([0, 1, 255])).all()

    def test_train_ids_need_no_map(self, tmp_path):
        root = self.make(tmp_path, (0, 1, 255))
        assert (labels_of(self.build(root)[0]) == pattern([0, 1, 255])).all()
        assert (labels_of(self.build(root, pipeline=LOAD)[0]) == pattern([0, 1, 255])).all()

    def test_images_of_several_suffixes(self, tmp_path):
        root = self.make(tmp_path)
        (tmp_path / 'images/town/a.png').rename(tmp_path / 'images/town/a.JPG')
        dataset = self.build(root)
        assert dataset.get_data_info(0)['img_path'].endswith('town/a.JPG')
        assert dataset.get_data_info(0)['seg_map_path'].endswith('town/a.png')

    def test_labels_beside_the_images_are_not_skipped_images(self, tmp_path, log):
        write_image(tmp_path / 'a_rgb.png')
        write_ids(tmp_path / 'a_id.png', pattern([0, 1]))
        suffixes = dict(img_suffix='_rgb.png', seg_map_suffix='_id.png')
        prefix = dict(img_path='', seg_map_path='')
        assert len(self.build(str(tmp_path), data_prefix=prefix, **suffixes)) == 1 and 'skipped' not in log.text

    def test_colours_are_refused(self, tmp_path):
        root = self.make(tmp_path)
        write_image(tmp_path / 'labels/town/a.png')
        with pytest.raises(UserError, match=r'a\.png: expected one channel'):
            self.build(root, class_map={1: 0})[0]

    def test_mistakes_in_the_config(self, tmp_path):
        root = self.make(tmp_path)
        with pytest.raises(UserError, match='LoadMappedAnnotations'):
            self.build(root, class_map={1: 0}, pipeline=LOAD)
        with pytest.raises(UserError, match=r'\{17: 2\}'):
            self.build(root, class_map={1: 0, 17: 2})
        with pytest.raises(UserError, match=r'metainfo\.classes'):
            self.build(root, metainfo={})
        with pytest.raises(UserError, match='unknown'):
            self.build(root, unknown='drop')
        with pytest.raises(UserError, match='seg_map_suffix'):
            self.build(root, seg_map_suffix='_id.png')


def test_images_left_out(tmp_path):
    convert('gta', make_gta(tmp_path, tuple('123456')), workers=1)

    def names(**options):
        dataset = GTADataset(data_root=str(tmp_path), **options)
        return {dataset.get_data_info(i)['img_path'][-5] for i in range(len(dataset))}

    rest, apart = names(leave_out=2), names(leave_out=2, left_out=True)
    assert len(apart) == 2 and not rest & apart and rest | apart == set('123456')
    assert names(leave_out=2) == rest and apart != set('56')  # the same in every run, not the last ones
    with pytest.raises(UserError, match='leave_out is 6, of 6 images'):
        names(leave_out=6)
    with pytest.raises(UserError, match='left_out=True'):
        names(left_out=True)
