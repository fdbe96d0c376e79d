"""Studies as files: DICOM or pictures, each image with a mask beside the studies."""

from dataclasses import dataclass
from pathlib import Path

from pydicom import dcmwrite

from dicom_fixtures.pictures import save_grey
from dicom_fixtures.plan import StudyPlan
from dicom_fixtures.studies import build_study
from dicom_fixtures.truth_table import FindingTruth, ImageRecord, StudyRecord

MASKS = "masks"


@dataclass(frozen=True)
class DicomTask:
    """A study to be written as Part 10 files, `study`/1.dcm and so on."""

    plan: StudyPlan
    study: str
    transfer_syntax: str

    def write(self, out: Path) -> StudyRecord:
        """Write the objects and their masks below `out`; return their truth.

        Raises:
            OSError: A file cannot be written.
            ValueError: There is no encoder for the transfer syntax.
        """
        # Names are numbers: nothing that could come from a header reaches the file system.
        built = build_study(self.plan, transfer_syntax=self.transfer_syntax)
        (out / self.study).mkdir(parents=True)
        truth, images = built.truth, []
        for number, (dataset, image) in enumerate(
            zip(built.datasets, truth.images, strict=True), start=1
        ):
            file, mask = f"{self.study}/{number}.dcm", f"{MASKS}/{self.study}/{number}.png"
            dcmwrite(out / file, dataset, enforce_file_format=True)
            save_grey(image.mask, out / mask)
            images.append(
                ImageRecord(
                    file=file,
                    mask=mask,
                    view=image.view,
                    abnormal=image.abnormal,
                    findings=tuple(FindingTruth.of(each) for each in image.findings),
                    finding=image.finding,
                )
            )
        return StudyRecord(
            study=self.study,
            patient=str(built.datasets[0].PatientID),
            study_uid=truth.StudyInstanceUID,
            accession_number=truth.AccessionNumber,
            region=truth.region.value,
            laterality=truth.laterality,
            age_years=truth.age_years,
            child=truth.child,
            abnormal=truth.abnormal,
            stat=truth.stat,
            images=tuple(images),
        )


@dataclass(frozen=True)
class PictureTask:
    """A study to be written as 8 bit pictures, `study`/`stem`1.png and so on."""

    plan: StudyPlan
    study: str
    patient: str
    stem: str = ""

    def write(self, out: Path) -> StudyRecord:
        """Write the pictures and their masks below `out`; return their truth.

        Raises:
            OSError: A file cannot be written.
        """
        images = []
        for number, radiograph in enumerate(self.plan.radiographs(), start=1):
            file = f"{self.study}/{self.stem}{number}.png"
            mask = f"{MASKS}/{file}"
            save_grey(radiograph.image, out / file)
            save_grey(radiograph.mask, out / mask)
            images.append(
                ImageRecord(
                    file=file,
                    mask=mask,
                    view=radiograph.view,
                    abnormal=radiograph.abnormal,
                    findings=tuple(FindingTruth.of(each) for each in radiograph.findings),
                    finding=radiograph.finding,
                )
            )
        return StudyRecord(
            study=self.study,
            patient=self.patient,
            study_uid="",
            accession_number="",
            region=self.plan.region.value,
            laterality=radiograph.laterality,
            age_years=radiograph.age_years,
            child=radiograph.child,
            abnormal=self.plan.abnormal,
            stat=self.plan.stat,
            images=tuple(images),
        )


Task = DicomTask | PictureTask
