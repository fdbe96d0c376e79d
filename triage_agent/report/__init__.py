"""From an assessment to the DICOM objects that carry it: structured report and overlay."""
