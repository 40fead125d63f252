# Foggy Cityscapes (the densest fog, beta 0.02) as the target, for children of configs on Cityscapes: docs/targets.md.
# Only the images differ, so labels, sizes and pipelines stay.
foggy_cityscapes_target = dict(
    data_prefix=dict(img_path='leftImg8bit_foggy/train'),
    img_suffix='_leftImg8bit_foggy_beta_0.02.png',
)
foggy_cityscapes_labeled = dict(
    data_prefix=dict(img_path='leftImg8bit_foggy/val'),
    img_suffix='_leftImg8bit_foggy_beta_0.02.png',
)
