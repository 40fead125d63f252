"""Labels that no class has, found while loading, where the file is still known."""

from mmseg.structures import SegDataSample

from mmseg_uda.errors import UserError


def check_label(sample: dict, num_classes: int, ignored: int = 255) -> None:
    """Refuse a packed sample whose label does not fit; later it would be a crash inside the loss, or silence.

    Args:
        sample: ``inputs`` (3, H, W) and ``data_samples``, as ``PackSegInputs`` makes them; without a label it passes.
        num_classes: Ids are in [0, num_classes), or ``ignored``.
        ignored: Id of pixels without a label.

    Raises:
        UserError: There are other ids, or the label is not (1, H, W); the message names the file.
    """
    data_sample: SegDataSample = sample['data_samples']
    if 'gt_sem_seg' not in data_sample:
        return
    label = data_sample.gt_sem_seg.data.numpy()
    path = data_sample.metainfo.get('seg_map_path') or f'pseudo label of {data_sample.metainfo.get("img_path")}'
    expected = (1, *sample['inputs'].shape[-2:])
    if label.shape != expected:
        raise UserError(
            f'{path}: the label has the shape {label.shape} at the end of the pipeline, expected {expected}: load it '
            'before the steps that resize or crop the image, from a file of one channel of class ids'
        )
    # By NumPy, which compares several times as fast as torch, so that it is lost beside the decoding of the image.
    strangers = (label >= num_classes) & (label != ignored)
    if strangers.any():
        ids = sorted({int(value) for value in label[strangers]})
        raise UserError(
            f'{path}: label ids {ids} are no class: there are {num_classes}, with the ids 0 to {num_classes - 1} '
            f'({ignored} = ignored). Map them with class_map of a FolderDataset and LoadMappedAnnotations, add the '
            'missing names to metainfo.classes, or convert the files'
        )
