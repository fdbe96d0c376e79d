"""Which studies are in scope: what a header says of the object and of the body part."""
