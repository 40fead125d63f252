"""At which size predictions are scored."""

from mmcv.transforms import BaseTransform
from mmseg.registry import TRANSFORMS

from mmseg_uda.errors import UserError


@TRANSFORMS.register_module()
class ScoreAtThisSize(BaseTransform):
    """Take the present size for the original one, to which predictions are brought before they are scored.

    For code that shrinks the labels too: it belongs after ``LoadAnnotations`` and ``Resize``. Modified: ``ori_shape``.
    An image that comes from no data set, as at inference, is not scored and passes.

    Raises:
        UserError: The labels are of another size than the image, or there are none.
    """

    def transform(self, results: dict) -> dict:
        if 'seg_fields' not in results:
            return results
        size = results['img'].shape[:2]
        labels = results.get('gt_seg_map')
        if labels is None or labels.shape != size:
            raise UserError(
                f'ScoreAtThisSize: the image is {size[1]}x{size[0]}, its labels are not: put LoadAnnotations before '
                'Resize'
            )
        results['ori_shape'] = size
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}()'
