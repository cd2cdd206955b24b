"""Documents that are uploaded, replaced and deleted: their files, and the builds that read them."""
