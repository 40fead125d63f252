"""Table 5: IntraDA with lambda = 0.57."""

_base_ = './intrada_r101_gta2cs.py'

model = dict(adaptations=dict(intrada=dict(labeling=dict(selector=dict(portion=0.57)))))
