"""DICOM over the network: the Storage SCP and the destinations, on pynetdicom."""
