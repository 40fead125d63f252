"""Pictures, curves and reports of finished runs."""

from .charts import line_chart
from .pictures import colour_labels, data_uri, heat_map
from .predictions import Prediction, predict_images
from .runs import Scalars, Selected, StageRun, best_selected, last_selected, read_scalars, stage_runs

__all__ = [
    'Prediction',
    'Scalars',
    'Selected',
    'StageRun',
    'best_selected',
    'colour_labels',
    'data_uri',
    'heat_map',
    'last_selected',
    'line_chart',
    'predict_images',
    'read_scalars',
    'stage_runs',
]
