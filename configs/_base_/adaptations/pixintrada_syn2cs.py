"""PixIntraDA as the paper has it for SYNTHIA: fewer pixels are hard."""

_base_ = './pixintrada.py'

pixintrada = dict(adaptations=dict(pixintrada=dict(labeling=dict(selector=dict(alpha=0.79)))))
