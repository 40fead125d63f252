from .daformer_head import DAFormerHead
from .deeplabv2_head import DeepLabV2Head
from .fcn8s_head import FCN8sHead
from .hrda_head import HRDAHead

__all__ = ['DAFormerHead', 'DeepLabV2Head', 'FCN8sHead', 'HRDAHead']
