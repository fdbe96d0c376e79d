"""Real programs that tests talk to: Orthanc and dcmtk. One that is not installed is a failure."""
