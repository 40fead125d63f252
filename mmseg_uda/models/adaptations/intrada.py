"""Image-level intra-domain adaptation: IntraDA, Pan et al., CVPR 2020.

https://github.com/feipan664/IntraDA
"""

from mmseg.registry import MODELS

from .output_space_adversary import OutputSpaceAdversary


@MODELS.register_module()
class IntraDomainAdversary(OutputSpaceAdversary):
    """Make predictions of hard target images look like those of easy ones (IntraDA, Sec. 3.3).

    Easy images are the step's source images, with the argmax of the model that ranked them as labels; hard images are
    its target images. In ``train_dataloader.dataset`` both are the target set, an ``UnlabeledDataset`` with
    ``part='easy'`` and one with ``part='hard'``.

    Args:
        labeling: ``dict(selector=dict(type='EntropyRankingSelector', ...))``, where the run ranks and labels them.
        kwargs: See :class:`OutputSpaceAdversary`. The paper's discriminators see entropy maps, ``maps='entropy'``, with
            ADVENT's weights.
    """

    needs_target_labels = True

    def __init__(self, discriminator: dict, labeling: dict | None = None, **kwargs) -> None:
        super().__init__(discriminator, **kwargs)
        self.labeling = labeling
