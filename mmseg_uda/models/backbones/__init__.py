from .deeplab_resnet import DeepLabResNet
from .fcn8s_vgg import FCN8S_FEATURES, FCN8sVGG, image_support
from .mit import MiT
from .multi_resolution import MultiResolution
from .vgg import DeepLabVGG

__all__ = ['FCN8S_FEATURES', 'DeepLabResNet', 'DeepLabVGG', 'FCN8sVGG', 'MiT', 'MultiResolution', 'image_support']
