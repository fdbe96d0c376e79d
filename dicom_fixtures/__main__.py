"""`python -m dicom_fixtures`."""

from dicom_fixtures.command import main

if __name__ == "__main__":
    main(prog_name="python -m dicom_fixtures")
