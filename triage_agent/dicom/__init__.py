"""DICOM in memory: attributes, codes, UIDs, syntaxes and pixels; no file and no network."""
