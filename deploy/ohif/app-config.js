// OHIF against Orthanc's DICOMweb. nginx.conf serves both from one address, so the roots are paths
// and the browser needs no permission of another origin.
window.config = {
  name: 'deploy/ohif/app-config.js',
  routerBasename: '/',
  extensions: [],
  modes: [],
  customizationService: {},
  showStudyList: true,
  showLoadingIndicator: true,
  showWarningMessageForCrossOrigin: true,
  showCPUFallbackMessage: true,
  strictZSpacingForVolumeViewport: true,
  // Two at a time for thumbnails: Orthanc reads them from the same disk as the images.
  maxNumRequests: { interaction: 20, thumbnail: 2, prefetch: 5 },
  investigationalUseDialog: { option: 'always' },
  defaultDataSourceName: 'orthanc',
  dataSources: [
    {
      namespace: '@ohif/extension-default.dataSourcesModule.dicomweb',
      sourceName: 'orthanc',
      configuration: {
        friendlyName: 'Orthanc',
        name: 'orthanc',
        qidoRoot: '/dicom-web',
        wadoRoot: '/dicom-web',
        wadoUriRoot: '/wado',
        imageRendering: 'wadors',
        thumbnailRendering: 'wadors',
        enableStudyLazyLoad: true,
        supportsFuzzyMatching: false,
        supportsWildcard: true,
        qidoSupportsIncludeField: false,
        // The viewer only reads; nginx.conf refuses everything else too.
        supportsReject: false,
        supportsStow: false,
        dicomUploadEnabled: false,
        omitQuotationForMultipartRequest: true,
        bulkDataURI: { enabled: true },
      },
    },
  ],
};
