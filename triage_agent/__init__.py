"""A DICOM node that reads upper-extremity radiographs and keeps a prioritised worklist."""
