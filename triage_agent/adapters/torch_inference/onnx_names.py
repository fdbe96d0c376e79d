"""What the inputs and outputs of an exported network are called."""

IMAGES = "images"
LOGITS = "logits"
CAM = "cam"
FEATURES = "features"
