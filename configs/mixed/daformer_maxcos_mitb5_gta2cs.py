"""DAFormer whose target features are also drawn to source features by MaxCos: MiT-B5, GTA5 to Cityscapes."""

_base_ = ['../daformer/daformer_mitb5_gta2cs.py', '../_base_/adaptations/maxcos.py']

# The last of the four levels; no pseudo labels lie in a folder, so the prediction alone splits the classes (Eq. 8).
model = dict(adaptations=dict(maxcos=dict(_base_.maxcos.adaptations.maxcos, in_index=[3])))
