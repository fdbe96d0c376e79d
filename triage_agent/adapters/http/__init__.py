"""The web page: the worklist and the studies, as HTML, JSON and metrics."""
