"""Your own pictures: copy this file beside itself and change the lines with an arrow (docs/custom_data.md)."""

_base_ = [
    '_base_/models/mini.py',  # <- the network: a small one that a CPU trains from scratch
    '_base_/datasets/custom.py',
    '_base_/schedules/mini_source.py',  # <- optimiser and rates for this network; brings the runtime
    '_base_/adaptations/self_training.py',
]

# ---- classes ----
classes = ('sky', 'road', 'vehicle')  # <- in the order of the model's outputs
palette = [[70, 130, 180], [128, 64, 128], [0, 0, 142]]  # <- red, green, blue of each, for pictures
metainfo = dict(classes=classes, palette=palette)
# Id in the label files -> position in `classes`, 255 = ignored. None: the files hold positions already.
class_map = {0: 0, 7: 1, 26: 2}  # <-

# ---- images ----
scale = (256, 128)  # <- width, height at which the network sees them; predictions have each image's own size
resize = dict(_base_.resize, scale=scale)
source_pipeline = [*_base_.source_pipeline[:-2], resize, _base_.source_pipeline[-1]]
target_pipeline = [_base_.target_pipeline[0], resize, *_base_.target_pipeline[2:]]
test_pipeline = [dict(type='LoadImageFromFile'), resize, dict(type='PackSegInputs')]  # for predictions
train_dataloader = dict(
    batch_size=4,  # <- images of each domain in a step
    dataset=dict(
        source=dict(
            data_root='data/my_source',  # <-
            data_prefix=dict(img_path='images', seg_map_path='labels'),  # <- folders below it, searched in depth
            seg_map_suffix='.png',  # <- a.png is the label of a.jpg; another img_suffix than all: docs/custom_data.md
            metainfo=metainfo,
            class_map=class_map,
            unknown='error',  # ids that class_map lacks; 'ignore' makes them 255
            pipeline=source_pipeline,
        ),
        target=dict(data_root='data/my_target', metainfo=metainfo, pipeline=target_pipeline),  # <-
    ),
)

# ---- training: on the source, then two rounds on pseudo labels of the target ----
iterations = 1500  # <- of each stage
poly = dict(type='PolyLR', power=0.9, begin=0, end=iterations + 1, eta_min=0, by_epoch=False)
param_scheduler = dict(segmentor=[poly], discriminators=[poly])
train_cfg = dict(max_iters=iterations, val_interval=iterations)
model = dict(decode_head=dict(num_classes=len(classes)), **_base_.self_training)
stages = dict(
    source=dict(
        changes=dict(
            model=dict(adaptations=dict(_delete_=True)),
            train_dataloader=dict(dataset=dict(target=None)),
        )
    ),
    round=dict(load_from='previous', repeat=2),
)
