from .deeplab_resnet import DeepLabResNet
from .fcn8s_vgg import FCN8S_FEATURES, FCN8sVGG, image_support
from .mit import MiT
from .vgg import DeepLabVGG

__all__ = ['FCN8S_FEATURES', 'DeepLabResNet', 'DeepLabVGG', 'FCN8sVGG', 'MiT', 'image_support']
