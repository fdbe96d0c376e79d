"""The languages of the web page: catalogues, and which of them a page is made in."""
