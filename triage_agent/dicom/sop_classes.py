"""Storage SOP Classes that are accepted, and which of them may be triaged.

Everything that a routing rule drags along with a radiograph is accepted and kept, so that no
sender's association fails because of it (PS3.4 Annex B.5, Annex GG.3; PS3.6 Table A-1).
"""

from typing import Final

from pydicom import uid

CANDIDATES: Final = frozenset(
    {
        str(uid.ComputedRadiographyImageStorage),
        str(uid.DigitalXRayImageStorageForPresentation),
        str(uid.DigitalXRayImageStorageForProcessing),
        str(uid.XRayRadiofluoroscopicImageStorage),
    }
)
"""Projection radiography: what may be triaged, if the rest of the header agrees."""

OTHER_IMAGES: Final = frozenset(
    {
        str(uid.DigitalMammographyXRayImageStorageForPresentation),
        str(uid.DigitalMammographyXRayImageStorageForProcessing),
        str(uid.DigitalIntraOralXRayImageStorageForPresentation),
        str(uid.DigitalIntraOralXRayImageStorageForProcessing),
        str(uid.CTImageStorage),
        str(uid.EnhancedCTImageStorage),
        str(uid.LegacyConvertedEnhancedCTImageStorage),
        str(uid.UltrasoundMultiFrameImageStorage),
        str(uid.MRImageStorage),
        str(uid.EnhancedMRImageStorage),
        str(uid.EnhancedMRColorImageStorage),
        str(uid.LegacyConvertedEnhancedMRImageStorage),
        str(uid.UltrasoundImageStorage),
        str(uid.EnhancedUSVolumeStorage),
        str(uid.PhotoacousticImageStorage),
        str(uid.SecondaryCaptureImageStorage),
        str(uid.MultiFrameSingleBitSecondaryCaptureImageStorage),
        str(uid.MultiFrameGrayscaleByteSecondaryCaptureImageStorage),
        str(uid.MultiFrameGrayscaleWordSecondaryCaptureImageStorage),
        str(uid.MultiFrameTrueColorSecondaryCaptureImageStorage),
        str(uid.XRayAngiographicImageStorage),
        str(uid.EnhancedXAImageStorage),
        str(uid.EnhancedXRFImageStorage),
        str(uid.XRay3DAngiographicImageStorage),
        str(uid.XRay3DCraniofacialImageStorage),
        str(uid.BreastTomosynthesisImageStorage),
        str(uid.BreastProjectionXRayImageStorageForPresentation),
        str(uid.BreastProjectionXRayImageStorageForProcessing),
        str(uid.IntravascularOpticalCoherenceTomographyImageStorageForPresentation),
        str(uid.IntravascularOpticalCoherenceTomographyImageStorageForProcessing),
        str(uid.NuclearMedicineImageStorage),
        str(uid.ParametricMapStorage),
        str(uid.SegmentationStorage),
        "1.2.840.10008.5.1.4.1.1.66.7",  # LabelMapSegmentationStorage
        "1.2.840.10008.5.1.4.1.1.66.8",  # HeightMapSegmentationStorage
        str(uid.VLEndoscopicImageStorage),
        str(uid.VideoEndoscopicImageStorage),
        str(uid.VLMicroscopicImageStorage),
        str(uid.VideoMicroscopicImageStorage),
        str(uid.VLSlideCoordinatesMicroscopicImageStorage),
        str(uid.VLPhotographicImageStorage),
        str(uid.VideoPhotographicImageStorage),
        str(uid.OphthalmicPhotography8BitImageStorage),
        str(uid.OphthalmicPhotography16BitImageStorage),
        str(uid.OphthalmicTomographyImageStorage),
        str(uid.WideFieldOphthalmicPhotographyStereographicProjectionImageStorage),
        str(uid.WideFieldOphthalmicPhotography3DCoordinatesImageStorage),
        str(uid.OphthalmicOpticalCoherenceTomographyEnFaceImageStorage),
        str(uid.VLWholeSlideMicroscopyImageStorage),
        str(uid.DermoscopicPhotographyImageStorage),
        str(uid.ConfocalMicroscopyImageStorage),
        str(uid.ConfocalMicroscopyTiledPyramidalImageStorage),
        str(uid.OphthalmicThicknessMapStorage),
        str(uid.CornealTopographyMapStorage),
        str(uid.PositronEmissionTomographyImageStorage),
        str(uid.LegacyConvertedEnhancedPETImageStorage),
        str(uid.EnhancedPETImageStorage),
        str(uid.RTImageStorage),
        str(uid.EnhancedRTImageStorage),
        str(uid.EnhancedContinuousRTImageStorage),
    }
)
"""Accepted and kept, not triaged; their IODs require Pixel Data."""

OTHER_OBJECTS: Final = frozenset(
    {
        str(uid.MRSpectroscopyStorage),
        str(uid.TwelveLeadECGWaveformStorage),
        str(uid.GeneralECGWaveformStorage),
        str(uid.AmbulatoryECGWaveformStorage),
        str(uid.General32bitECGWaveformStorage),
        str(uid.HemodynamicWaveformStorage),
        str(uid.CardiacElectrophysiologyWaveformStorage),
        str(uid.BasicVoiceAudioWaveformStorage),
        str(uid.GeneralAudioWaveformStorage),
        str(uid.ArterialPulseWaveformStorage),
        str(uid.RespiratoryWaveformStorage),
        str(uid.MultichannelRespiratoryWaveformStorage),
        str(uid.RoutineScalpElectroencephalogramWaveformStorage),
        str(uid.ElectromyogramWaveformStorage),
        str(uid.ElectrooculogramWaveformStorage),
        str(uid.SleepElectroencephalogramWaveformStorage),
        str(uid.BodyPositionWaveformStorage),
        "1.2.840.10008.5.1.4.1.1.9.100.1",  # WaveformPresentationStateStorage
        "1.2.840.10008.5.1.4.1.1.9.100.2",  # WaveformAcquisitionPresentationStateStorage
        str(uid.GrayscaleSoftcopyPresentationStateStorage),
        str(uid.ColorSoftcopyPresentationStateStorage),
        str(uid.PseudoColorSoftcopyPresentationStateStorage),
        str(uid.BlendingSoftcopyPresentationStateStorage),
        str(uid.XAXRFGrayscaleSoftcopyPresentationStateStorage),
        str(uid.GrayscalePlanarMPRVolumetricPresentationStateStorage),
        str(uid.CompositingPlanarMPRVolumetricPresentationStateStorage),
        str(uid.AdvancedBlendingPresentationStateStorage),
        str(uid.VolumeRenderingVolumetricPresentationStateStorage),
        str(uid.SegmentedVolumeRenderingVolumetricPresentationStateStorage),
        str(uid.MultipleVolumeRenderingVolumetricPresentationStateStorage),
        str(uid.VariableModalityLUTSoftcopyPresentationStateStorage),
        str(uid.RawDataStorage),
        str(uid.SpatialRegistrationStorage),
        str(uid.SpatialFiducialsStorage),
        str(uid.DeformableSpatialRegistrationStorage),
        str(uid.SurfaceSegmentationStorage),
        str(uid.TractographyResultsStorage),
        str(uid.RealWorldValueMappingStorage),
        str(uid.SurfaceScanMeshStorage),
        str(uid.SurfaceScanPointCloudStorage),
        str(uid.StereometricRelationshipStorage),
        str(uid.OphthalmicOpticalCoherenceTomographyBscanVolumeAnalysisStorage),
        str(uid.LensometryMeasurementsStorage),
        str(uid.AutorefractionMeasurementsStorage),
        str(uid.KeratometryMeasurementsStorage),
        str(uid.SubjectiveRefractionMeasurementsStorage),
        str(uid.VisualAcuityMeasurementsStorage),
        str(uid.SpectaclePrescriptionReportStorage),
        str(uid.OphthalmicAxialMeasurementsStorage),
        str(uid.IntraocularLensCalculationsStorage),
        str(uid.MacularGridThicknessAndVolumeReportStorage),
        str(uid.OphthalmicVisualFieldStaticPerimetryMeasurementsStorage),
        str(uid.BasicTextSRStorage),
        str(uid.EnhancedSRStorage),
        str(uid.ComprehensiveSRStorage),
        str(uid.Comprehensive3DSRStorage),
        str(uid.ExtensibleSRStorage),
        str(uid.ProcedureLogStorage),
        str(uid.MammographyCADSRStorage),
        str(uid.KeyObjectSelectionDocumentStorage),
        str(uid.ChestCADSRStorage),
        str(uid.XRayRadiationDoseSRStorage),
        str(uid.RadiopharmaceuticalRadiationDoseSRStorage),
        str(uid.ColonCADSRStorage),
        str(uid.ImplantationPlanSRStorage),
        str(uid.AcquisitionContextSRStorage),
        str(uid.SimplifiedAdultEchoSRStorage),
        str(uid.PatientRadiationDoseSRStorage),
        str(uid.PlannedImagingAgentAdministrationSRStorage),
        str(uid.PerformedImagingAgentAdministrationSRStorage),
        str(uid.EnhancedXRayRadiationDoseSRStorage),
        str(uid.WaveformAnnotationSRStorage),
        str(uid.ContentAssessmentResultsStorage),
        str(uid.MicroscopyBulkSimpleAnnotationsStorage),
        str(uid.EncapsulatedPDFStorage),
        str(uid.EncapsulatedCDAStorage),
        str(uid.EncapsulatedSTLStorage),
        str(uid.EncapsulatedOBJStorage),
        str(uid.EncapsulatedMTLStorage),
        str(uid.BasicStructuredDisplayStorage),
        str(uid.CTPerformedProcedureProtocolStorage),
        str(uid.XAPerformedProcedureProtocolStorage),
        str(uid.RTDoseStorage),  # its Pixel Data is conditional
        str(uid.RTStructureSetStorage),
        str(uid.RTBeamsTreatmentRecordStorage),
        str(uid.RTPlanStorage),
        str(uid.RTBrachyTreatmentRecordStorage),
        str(uid.RTTreatmentSummaryRecordStorage),
        str(uid.RTIonPlanStorage),
        str(uid.RTIonBeamsTreatmentRecordStorage),
        str(uid.RTPhysicianIntentStorage),
        str(uid.RTSegmentAnnotationStorage),
        str(uid.RTRadiationSetStorage),
        str(uid.CArmPhotonElectronRadiationStorage),
        str(uid.TomotherapeuticRadiationStorage),
        str(uid.RoboticArmRadiationStorage),
        str(uid.RTRadiationRecordSetStorage),
        str(uid.RTRadiationSalvageRecordStorage),
        str(uid.TomotherapeuticRadiationRecordStorage),
        str(uid.CArmPhotonElectronRadiationRecordStorage),
        str(uid.RoboticRadiationRecordStorage),
        str(uid.RTRadiationSetDeliveryInstructionStorage),
        str(uid.RTTreatmentPreparationStorage),
        str(uid.RTPatientPositionAcquisitionInstructionStorage),
        str(uid.RTBeamsDeliveryInstructionStorage),
        str(uid.RTBrachyApplicationSetupDeliveryInstructionStorage),
    }
)
"""Accepted and kept, not triaged; reports, presentation states, waveforms, plans."""

ACCEPTED: Final = CANDIDATES | OTHER_IMAGES | OTHER_OBJECTS
"""Every SOP Class for which a presentation context is accepted."""

VERIFICATION: Final = "1.2.840.10008.1.1"
"""C-ECHO (PS3.4 Annex A)."""


def requires_pixel_data(SOPClassUID: str) -> bool:
    """Say whether an object of this class without Pixel Data is not whole."""
    return SOPClassUID in CANDIDATES or SOPClassUID in OTHER_IMAGES


def name(SOPClassUID: str) -> str:
    """Return the name of PS3.6 Table A-1, or the UID itself if it has none."""
    return str(uid.UID(SOPClassUID, validation_mode=0).name)
