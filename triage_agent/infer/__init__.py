"""From displayed pixels to image scores, class activation maps and the probability of a study."""
