"""A config with stages is not one run."""

from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner

from mmseg_uda.errors import UserError


@HOOKS.register_module()
class StagesHook(Hook):
    """Refuse to train a config with ``stages`` as it stands, as MMSeg's own ``tools/train.py`` would.

    It would train one stage without what the others make, such as on labels of an untrained network. Runs of stages
    have no ``stages`` in their configs, and testing is any tool's.
    """

    priority = 'VERY_HIGH'

    def before_train(self, runner: Runner) -> None:
        """Raise a UserError if the run's config has stages."""
        if runner.cfg.get('stages'):
            raise UserError(
                f'{runner.cfg.filename} has the stages {", ".join(runner.cfg.stages)}, which MMSeg does not know: '
                "train it with `mmseg-uda train` or mmseg_uda's own tools/train.py. `--cfg-options stages=None` trains "
                'the config as it stands'
            )
